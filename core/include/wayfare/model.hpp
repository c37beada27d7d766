// The models that a request can name, their prices, and the selection of models for a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

struct Prices {
  std::optional<Price> prompt, completion;
  std::optional<Price> cache_read, cache_write, cache_write_1h;
  std::optional<Price> reasoning;
  std::optional<Price> audio, audio_output, audio_cache;
  std::optional<Price> image, image_output;
  std::optional<Price> request, web_search;

  bool operator==(const Prices&) const = default;
};
template <>
inline constexpr auto fields_of<Prices> =
    record("Prices",
           "US dollars per unit. A price is not known if the models list does not have it, or if "
           "it varies.",
           field("prompt", &Prices::prompt, "Per token of the prompt."),
           field("completion", &Prices::completion, "Per token of the answer."),
           field("cache_read", &Prices::cache_read, "Per token read from the provider's cache."),
           field("cache_write", &Prices::cache_write, "Per token written to the provider's cache."),
           field("cache_write_1h", &Prices::cache_write_1h,
                 "Per token written to the provider's cache for an hour."),
           field("reasoning", &Prices::reasoning,
                 "Per token of reasoning, if it differs from `completion`."),
           field("audio", &Prices::audio, "Per token of audio in the prompt."),
           field("audio_output", &Prices::audio_output, "Per token of audio in the answer."),
           field("audio_cache", &Prices::audio_cache,
                 "Per token of audio read from the provider's cache."),
           field("image", &Prices::image,
                 "Per image, or per token of an image: the list does not tell which."),
           field("image_output", &Prices::image_output,
                 "Per image of the answer, or per token of it: the list does not tell which."),
           field("request", &Prices::request, "Per request."),
           field("web_search", &Prices::web_search, "Per web search."));

struct PriceOverride {
  std::optional<std::int64_t> above_prompt_tokens;
  std::optional<std::int32_t> utc_start, utc_end;
  std::vector<std::string> utc_days;
  bool understood = true;
  Prices prices;

  bool operator==(const PriceOverride&) const = default;
};
template <>
inline constexpr auto fields_of<PriceOverride> = record(
    "PriceOverride",
    "Prices that replace the model's own prices while all conditions hold. If several overrides "
    "hold, the last one in the list counts.",
    field("above_prompt_tokens", &PriceOverride::above_prompt_tokens,
          "Condition: the prompt has more tokens than this. The prices then apply to the whole "
          "request."),
    field("utc_start", &PriceOverride::utc_start,
          "Condition: the time is not before this time, as HHMM in UTC."),
    field(
        "utc_end", &PriceOverride::utc_end,
        "Condition: the time is before this time, as HHMM in UTC. The period may cross midnight."),
    field("utc_days", &PriceOverride::utc_days,
          "Condition: the day of the week is one of these, such as monday. Empty: every day."),
    field(
        "understood", &PriceOverride::understood,
        "False if there is a condition that this version does not know, or a price that it cannot "
        "read."),
    field("prices", &PriceOverride::prices, "The prices that replace the model's own."));

enum class ModelKind : std::uint8_t { model, router, alias, batch };
template <>
inline constexpr auto values_of<ModelKind> = enumeration<ModelKind>(
    "ModelKind", "The kind of a row of the models list.",
    {
        {ModelKind::model, "model", "A model."},
        {ModelKind::router, "router",
         "A router. It selects a model itself and has no price of its own."},
        {ModelKind::alias, "alias", "Another name of the model `alias_of`."},
        {ModelKind::batch, "batch", "A price of the batch interface. A request cannot name it."},
    });

struct Model {
  std::string id, canonical_slug, name;
  ModelKind kind = ModelKind::model;
  std::string alias_of;
  bool free = false;
  std::int64_t created = 0;
  std::string expires;
  std::optional<std::int64_t> context_tokens, completion_tokens_max;
  std::vector<std::string> input_modalities, output_modalities, parameters;
  Prices prices;
  std::vector<PriceOverride> overrides;
  std::optional<double> intelligence, coding, agentic;

  bool operator==(const Model&) const = default;
};
// Source: GET /models of the server.
template <>
inline constexpr auto fields_of<Model> = record(
    "Model", "A model of the models list.", field("id", &Model::id, "The id that a request names."),
    field("canonical_slug", &Model::canonical_slug,
          "A dated name that never changes. It is not unique.", Shape::null_if_empty),
    field("name", &Model::name, "The name to display.", Shape::null_if_empty),
    field("kind", &Model::kind, "The kind of the row."),
    field("alias_of", &Model::alias_of, "The model that an alias stands for.",
          Shape::null_if_empty),
    field("free", &Model::free,
          "Whether the id says that the model is free. A price of zero does not mean free: some "
          "models are billed in another way."),
    field("created", &Model::created,
          "When the model was created, in seconds since 1970-01-01 UTC."),
    field("expires", &Model::expires, "The last day of the model, such as 2026-12-31.",
          Shape::null_if_empty),
    field("context_tokens", &Model::context_tokens,
          "The most tokens that prompt and answer may have together."),
    field("completion_tokens_max", &Model::completion_tokens_max,
          "The most tokens that an answer may have."),
    field("input_modalities", &Model::input_modalities,
          "The kinds of input, such as text, image, file or audio."),
    field("output_modalities", &Model::output_modalities,
          "The kinds of output, such as text or image."),
    field("parameters", &Model::parameters,
          "Parameters that at least one provider supports, such as tools."),
    field("prices", &Model::prices, "The prices of the model."),
    field("overrides", &Model::overrides, "Prices that apply under conditions."),
    field("intelligence", &Model::intelligence, "The intelligence index of Artificial Analysis."),
    field("coding", &Model::coding, "The coding index of Artificial Analysis."),
    field("agentic", &Model::agentic, "The agentic index of Artificial Analysis."));

enum class CatalogueSource : std::uint8_t { built_in, kept, fetched };
template <>
inline constexpr auto values_of<CatalogueSource> = enumeration<CatalogueSource>(
    "CatalogueSource", "The source of a models list.",
    {
        {CatalogueSource::built_in, "built_in",
         "A built-in list of five models. It is used while no list was ever fetched."},
        {CatalogueSource::kept, "kept",
         "The file on disk that all processes of the machine share."},
        {CatalogueSource::fetched, "fetched", "The server."},
    });

struct CatalogueState {
  CatalogueSource source = CatalogueSource::built_in;
  bool stale = false;
  std::optional<Time> fetched;
};
template <>
inline constexpr auto fields_of<CatalogueState> = record(
    "CatalogueState", "The source and the age of a models list.",
    field("source", &CatalogueState::source, "The source of the list."),
    field(
        "stale", &CatalogueState::stale,
        "Whether the list is older than the server allows because it could not be fetched again."),
    field("fetched", &CatalogueState::fetched,
          "When the list was fetched. Not known for the built-in list."));

struct DefaultModel {
  std::string id;
  bool gone = false;
  std::string expires, instead;
  std::optional<Price> prompt, completion;
};
template <>
inline constexpr auto fields_of<DefaultModel> =
    record("DefaultModel", "A well-known model, as a first choice for a new agent.",
           field("id", &DefaultModel::id, "The id that a request names."),
           field("gone", &DefaultModel::gone,
                 "Whether the models list lacks it, or its last day has passed."),
           field("expires", &DefaultModel::expires,
                 "The last day of the model, such as 2026-12-31.", Shape::null_if_empty),
           field("instead", &DefaultModel::instead,
                 "The most similar model that stays, if this one is gone or has a last day.",
                 Shape::null_if_empty),
           field("prompt", &DefaultModel::prompt, "US dollars per token of the prompt."),
           field("completion", &DefaultModel::completion, "US dollars per token of the answer."));

struct ModelList {
  std::vector<Model> models;
  CatalogueState catalogue;
  std::vector<DefaultModel> defaults;
};
template <>
inline constexpr auto fields_of<ModelList> = record(
    "ModelList", "The models that a request can name.",
    field("models", &ModelList::models,
          "The models, in the server's order. With defaults_first: those of the five "
          "well-known models that stay and pass the filters come first."),
    field("catalogue", &ModelList::catalogue, "The source and the age of the list."),
    field("defaults", &ModelList::defaults,
          "With defaults_first: the five well-known models, also those that are gone or that "
          "the filters leave out. See the operation default_models."));

// Which models of the models list an operation gives: those that pass all filters.
struct ModelFilter {
  std::string text{};
  std::vector<std::string> parameters{}, inputs{}, outputs{};
  std::optional<std::int64_t> context_tokens{};
  MaxPrice max_price{};
  bool defaults_first = false;
};
template <>
inline constexpr auto fields_of<ModelFilter> = record(
    "ModelFilter", "Which models of the models list are given: those that pass all filters.",
    field("text", &ModelFilter::text,
          "A part of the id or the name. The case of ASCII letters does not count.",
          Shape::never_empty),
    field("parameters", &ModelFilter::parameters,
          "Parameters that at least one provider of the model supports, such as tools or "
          "structured_outputs."),
    field("inputs", &ModelFilter::inputs, "Kinds of input that the model takes, such as image."),
    field("outputs", &ModelFilter::outputs, "Kinds of output that the model gives."),
    field("context_tokens", &ModelFilter::context_tokens,
          "The least context that the model has. A model with an unknown context does not pass."),
    field("max_price", &ModelFilter::max_price,
          "The highest prices. A model whose price is not known does not pass."),
    field("defaults_first", &ModelFilter::defaults_first,
          "Whether the five well-known models come first, as a first choice for a new agent."));

struct ModelEndpoint {
  std::string provider, tag, quantization;
  std::int64_t status = 0;
  std::optional<std::int64_t> context_tokens, prompt_tokens_max, completion_tokens_max;
  std::vector<std::string> parameters;
  Prices prices;
  std::vector<PriceOverride> overrides;
  std::optional<double> uptime, first_token_ms, throughput;
  bool caches_by_itself = false;

  bool operator==(const ModelEndpoint&) const = default;
};
// Source: GET /models/{author}/{slug}/endpoints of OpenRouter.
template <>
inline constexpr auto fields_of<ModelEndpoint> = record(
    "ModelEndpoint", "A provider that serves a model.",
    field("provider", &ModelEndpoint::provider, "The name of the provider, as a reply has it."),
    field("tag", &ModelEndpoint::tag,
          "The slug that a request names in its `provider`, such as google-vertex/us-east5."),
    field("quantization", &ModelEndpoint::quantization, "The quantization, such as fp8.",
          Shape::null_if_empty),
    field("status", &ModelEndpoint::status,
          "0 if the provider works. Below 0 if it is degraded or down."),
    field("context_tokens", &ModelEndpoint::context_tokens,
          "The most tokens that prompt and answer may have together."),
    field("prompt_tokens_max", &ModelEndpoint::prompt_tokens_max,
          "The most tokens that a prompt may have."),
    field("completion_tokens_max", &ModelEndpoint::completion_tokens_max,
          "The most tokens that an answer may have."),
    field("parameters", &ModelEndpoint::parameters, "The parameters that the provider supports."),
    field("prices", &ModelEndpoint::prices, "The prices of the provider."),
    field("overrides", &ModelEndpoint::overrides, "Prices that apply under conditions."),
    field("uptime", &ModelEndpoint::uptime,
          "The percentage of requests in the last 30 minutes that did not fail."),
    field("first_token_ms", &ModelEndpoint::first_token_ms,
          "Milliseconds to the first token: the median of the last 30 minutes."),
    field("throughput", &ModelEndpoint::throughput,
          "Tokens of the answer a second: the median of the last 30 minutes."),
    field("caches_by_itself", &ModelEndpoint::caches_by_itself,
          "Whether the provider caches prompts without being asked."));

struct EndpointList {
  std::string model;
  std::vector<ModelEndpoint> endpoints;
  CatalogueState catalogue;
};
template <>
inline constexpr auto fields_of<EndpointList> =
    record("EndpointList", "The providers of a model.",
           field("model", &EndpointList::model, "The id of the model."),
           field("endpoints", &EndpointList::endpoints, "The providers, in the server's order."),
           field("catalogue", &EndpointList::catalogue, "The source and the age of the list."));

struct Candidate {
  std::string model;
  std::string reason;
  std::optional<Amount> expected, bound;
  std::string unbounded;
  std::optional<double> quality, first_token_ms, throughput;
};
template <>
inline constexpr auto fields_of<Candidate> = record(
    "Candidate", "The judgement of one model for one request.",
    field("model", &Candidate::model, "The id of the model."),
    field("reason", &Candidate::reason,
          "Why the model has this rank, or why it cannot serve the request, in one line."),
    field("expected", &Candidate::expected,
          "US dollars: the estimated cost of the request. Not known if a price is not known."),
    field("bound", &Candidate::bound, "US dollars: the most that the request can cost."),
    field("unbounded", &Candidate::unbounded,
          "The part of the request whose cost has no upper bound, such as plugins.",
          Shape::null_if_empty),
    field("quality", &Candidate::quality, "The quality by the policy's scores or index."),
    field("first_token_ms", &Candidate::first_token_ms,
          "Milliseconds to the first token, of the fastest provider that may serve. Known only if "
          "the policy judges providers or their speed."),
    field("throughput", &Candidate::throughput,
          "Tokens of the answer a second, of the fastest provider that may serve: as "
          "`first_token_ms`."));

struct Selection {
  Sort policy = Sort::ordered;
  std::vector<Candidate> ranked, out;
  CatalogueState catalogue;
};
template <>
inline constexpr auto fields_of<Selection> = record(
    "Selection", "The models for a request, with the reasons.",
    field("policy", &Selection::policy, "The rule for the order of the models."),
    field("ranked", &Selection::ranked, "The models in the order in which the call tries them."),
    field("out", &Selection::out, "The models that cannot serve the request."),
    field("catalogue", &Selection::catalogue, "The source and the age of the models list."));

// ---- The operations.

struct ListModels {
  using Result = ModelList;
  bool of_key = false;
  std::string key{};
  ModelFilter filter{};
};
template <>
inline constexpr auto fields_of<ListModels> = record(
    "models",
    "Lists the models that a request can name, with their prices. The server's list is stored on "
    "the disk and shared by all processes of the machine. It is fetched when it is first needed, "
    "and again in the background when it is no longer fresh. While the server cannot be reached, "
    "the stored list is used. If no list was ever fetched, the operation waits for the network, at "
    "most 10 seconds. After that it uses a built-in list of five models.",
    field("of_key", &ListModels::of_key,
          "Lists only the models that the key may call, by the privacy settings, the providers and "
          "the limits of its account. Asks the server each time, and stores nothing."),
    field("key", &ListModels::key,
          "The name of a key in the option `keys`, for of_key. Else the option `api_key`."),
    inlined(&ListModels::filter));

struct ListEndpoints {
  using Result = EndpointList;
  std::string model{};
};
template <>
inline constexpr auto fields_of<ListEndpoints> = record(
    "endpoints",
    "Lists the providers of a model with their prices, limits and speeds. Only with OpenRouter. "
    "The list is stored on the disk and shared by all processes of the machine, and fetched again "
    "when it is no longer fresh. Speeds are told only if the client has a key.",
    field("model", &ListEndpoints::model, "The id of the model.", Shape::required));

struct ListDefaultModels {
  using Result = std::vector<DefaultModel>;
};
template <>
inline constexpr auto fields_of<ListDefaultModels> = record(
    "default_models",
    "Lists five well-known models with their prices, as a first choice for a new agent. A model "
    "that is gone, or that has a last day, names the most similar model that stays. Waits for the "
    "models list as the operation models does.");

} // namespace wayfare
