// How the model of a call is selected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

enum class Sort : std::uint8_t { ordered, cheapest, fastest, best, fixed };
template <>
inline constexpr auto values_of<Sort> = enumeration<Sort>(
    "Sort", "The order in which a call tries its models.",
    {
        {Sort::ordered, "ordered", "In the order of the route's models."},
        {Sort::cheapest, "cheapest",
         "By the expected cost of this request, lowest first. If the route names no models, every "
         "model of the models list that can serve the request takes part."},
        {Sort::fastest, "fastest",
         "By the speed of the model's providers, see `speed`: as the ledger has seen it in the "
         "last 24 hours, from 10 streamed answers on, else as OpenRouter tells it. Of all models, "
         "OpenRouter is asked about 16 at most: the first ones by the expected cost. The request "
         "to OpenRouter also asks for the fastest provider, unless its `provider` chooses one."},
        {Sort::best, "best",
         "By the quality, highest first, see `quality` and `scores`. Models of the same quality "
         "are ordered by the expected cost. Models without a known quality come last."},
        {Sort::fixed, "fixed", "The first model that the request names, and no other model."},
    });

enum class Speed : std::uint8_t { first_token, throughput };
template <>
inline constexpr auto values_of<Speed> = enumeration<Speed>(
    "Speed", "The speed by which the policy `fastest` orders models.",
    {
        {Speed::first_token, "first_token",
         "The median time to the first token of the fastest provider, shortest first. OpenRouter "
         "tells that of the last 30 minutes."},
        {Speed::throughput, "throughput",
         "The median of the tokens of an answer a second of the fastest provider, most first."},
    });

enum class Quality : std::uint8_t { intelligence, coding, agentic };
template <>
inline constexpr auto values_of<Quality> = enumeration<Quality>(
    "Quality",
    "An index of the models list by which models are compared. Source: Artificial Analysis, as "
    "OpenRouter's list has it. Not every model has one.",
    {
        {Quality::intelligence, "intelligence", "The intelligence index."},
        {Quality::coding, "coding", "The coding index."},
        {Quality::agentic, "agentic", "The agentic index."},
    });

struct Score {
  std::string model{};
  double score = 0;

  bool operator==(const Score&) const = default;
};
template <>
inline constexpr auto fields_of<Score> =
    record("Score", "A quality of your own for models.",
           field("model", &Score::model,
                 "A name of a model, or a pattern such as anthropic/*. The * stands for any "
                 "characters.",
                 Shape::required),
           field("score", &Score::score, "The quality. A higher one is better.", Shape::required));

enum class DataCollection : std::uint8_t { allow, deny };
template <>
inline constexpr auto values_of<DataCollection> = enumeration<DataCollection>(
    "DataCollection", "Whether providers may serve that store prompts or train with them.",
    {
        {DataCollection::allow, "allow", "They may."},
        {DataCollection::deny, "deny", "They may not."},
    });

struct ProviderRules {
  std::vector<std::string> only{}, ignore{}, quantizations{};
  std::optional<bool> zdr{};
  std::optional<DataCollection> data_collection{};

  bool operator==(const ProviderRules&) const = default;
};
template <>
inline constexpr auto fields_of<ProviderRules> = record(
    "ProviderRules",
    "Which providers of a model may serve. Only with OpenRouter. wayfare adds these rules to the "
    "request's `provider`, and leaves out each model of which no provider passes them. A rule "
    "that the body's `provider` has too is refused.",
    field("only", &ProviderRules::only,
          "The providers that may serve, by their slugs, such as google-vertex: at most 32. A slug "
          "stands for all regions and variants of the provider, but not for its service tiers. A * "
          "stands for any characters: google-vertex/europe-* are the regions of Europe. wayfare "
          "then puts the slugs that match in its place."),
    field("ignore", &ProviderRules::ignore,
          "The providers that may not serve: at most 32. They are given as in `only`."),
    field("quantizations", &ProviderRules::quantizations,
          "The quantizations that may serve, such as fp8 or bf16: at most 32."),
    field("zdr", &ProviderRules::zdr,
          "Whether only providers may serve that keep no data (zero data retention)."),
    field("data_collection", &ProviderRules::data_collection,
          "Whether providers may serve that store prompts or train with them. With deny, no free "
          "model is selected."));

// Where a program names some members of such a struct and leaves out the others, gcc warns of each
// that has no {} here.
struct MaxPrice {
  std::optional<Price> prompt{}, completion{}, request{}, image{};

  bool operator==(const MaxPrice&) const = default;
};
template <>
inline constexpr auto fields_of<MaxPrice> =
    record("MaxPrice",
           "The highest prices that a model may have. A more expensive model is left out, and "
           "OpenRouter is told to refuse a more expensive provider.",
           field("prompt", &MaxPrice::prompt, "US dollars per million tokens."),
           field("completion", &MaxPrice::completion, "US dollars per million tokens."),
           field("request", &MaxPrice::request, "US dollars per request."),
           field("image", &MaxPrice::image, "US dollars per image."));

struct Degrade {
  std::optional<std::int32_t> at{};
  std::vector<std::string> models{};

  bool operator==(const Degrade&) const = default;
};
template <>
inline constexpr auto fields_of<Degrade> = record(
    "Degrade",
    "Takes cheaper models near the end of a budget. The reply then warns of it and names the "
    "budget. The value of `at` alone may be given in its place.",
    field("at", &Degrade::at,
          "The share of a limit in percent, 1 to 100. If a budget that counts the call has spent "
          "and holds that much, the call tries the models by their expected cost, lowest first.",
          Shape::short_form),
    field("models", &Degrade::models,
          "The models that the call then tries, at most 32. Without them, it tries the same models "
          "as before."));

struct Policy {
  Sort sort = Sort::ordered;
  MaxPrice max_price{};
  std::vector<std::string> allow{}, deny{};
  std::optional<Speed> speed{};
  std::optional<Quality> quality{};
  std::vector<Score> scores{};
  std::optional<double> min_quality{};
  ProviderRules providers{};
  Degrade degrade{};

  bool operator==(const Policy&) const = default;
};
template <>
inline constexpr auto fields_of<Policy> = record(
    "Policy",
    "How the model of a call is selected. The value of `sort` alone may be given in its place.",
    field("sort", &Policy::sort, "The order in which the call tries the models.",
          Shape::short_form),
    field("max_price", &Policy::max_price, "The highest prices."),
    field(
        "allow", &Policy::allow,
        "Patterns of the models that may serve, such as anthropic/*: at most 32. The * stands for "
        "any characters. Without patterns, every model may serve. A name is refused if the server "
        "chooses the model for it, such as a router."),
    field("deny", &Policy::deny,
          "Patterns of the models that may not serve, such as *:free: at most 32. They go before "
          "`allow`."),
    field("speed", &Policy::speed,
          "The speed by which the models are ordered. Without it: first_token. Only with the sort "
          "fastest."),
    field("quality", &Policy::quality,
          "The index of the models list that tells the quality of a model. Without it: "
          "intelligence."),
    field("scores", &Policy::scores,
          "The quality of models by scores of your own, at most 256. The first one that matches a "
          "model counts. With scores, the models list tells no quality."),
    field("min_quality", &Policy::min_quality,
          "The least quality that a model may have. A model without a known quality is left out."),
    field("providers", &Policy::providers, "Which providers of the models may serve."),
    field("degrade", &Policy::degrade, "What the call does near the end of a budget."));

} // namespace wayfare
