// The models that can be asked for, their prices, and which of them a request takes.
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
inline constexpr auto fields_of<Prices> = record(
    "Prices",
    "US dollars for each unit. A price that the models list does not have, or that varies, is not "
    "known.",
    field("prompt", &Prices::prompt, "For a token of the prompt."),
    field("completion", &Prices::completion, "For a token of the answer."),
    field("cache_read", &Prices::cache_read, "For a token read from the provider's cache."),
    field("cache_write", &Prices::cache_write, "For a token written to the provider's cache."),
    field("cache_write_1h", &Prices::cache_write_1h,
          "For a token written to the provider's cache for an hour."),
    field("reasoning", &Prices::reasoning,
          "For a token of reasoning, where it differs from `completion`."),
    field("audio", &Prices::audio, "For a token of audio in the prompt."),
    field("audio_output", &Prices::audio_output, "For a token of audio in the answer."),
    field("audio_cache", &Prices::audio_cache, "For a token of audio read from the cache."),
    field("image", &Prices::image,
          "For an image, or a token of an image: the list does not tell which."),
    field("image_output", &Prices::image_output, "For an image of the answer, or a token of it."),
    field("request", &Prices::request, "For a request."),
    field("web_search", &Prices::web_search, "For a web search."));

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
    "Prices that stand in for the model's own while all the conditions hold. Of several such "
    "prices the last one counts.",
    field("above_prompt_tokens", &PriceOverride::above_prompt_tokens,
          "The condition: the prompt has more tokens than this. The price is then that of the "
          "whole request."),
    field("utc_start", &PriceOverride::utc_start,
          "The condition: the time is at or after this one, as HHMM in UTC."),
    field("utc_end", &PriceOverride::utc_end,
          "The condition: the time is before this one, as HHMM in UTC. The period may pass "
          "midnight."),
    field("utc_days", &PriceOverride::utc_days,
          "The condition: the day of the week, such as monday. Empty: every day."),
    field("understood", &PriceOverride::understood,
          "False where there is a condition that this version does not know."),
    field("prices", &PriceOverride::prices, "The prices that differ."));

enum class ModelKind : std::uint8_t { model, router, alias, batch };
template <>
inline constexpr auto values_of<ModelKind> = enumeration<ModelKind>(
    "ModelKind", "What a row of the models list is.",
    {
        {ModelKind::model, "model", "A model."},
        {ModelKind::router, "router", "It selects a model itself and has no price of its own."},
        {ModelKind::alias, "alias", "Another name of the model `alias_of`."},
        {ModelKind::batch, "batch", "A price of the batch interface. It cannot be called."},
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

  bool operator==(const Model&) const = default;
};
// Source: GET /models of the server.
template <>
inline constexpr auto fields_of<Model> = record(
    "Model", "A model of the models list.", field("id", &Model::id, "What a request names."),
    field("canonical_slug", &Model::canonical_slug, "A dated name that stays. It is not unique.",
          Shape::null_if_empty),
    field("name", &Model::name, "The name for people.", Shape::null_if_empty),
    field("kind", &Model::kind, "What it is."),
    field("alias_of", &Model::alias_of, "The model that an alias stands for.",
          Shape::null_if_empty),
    field("free", &Model::free,
          "Whether its id says that it is free. A price of zero does not say so: some models are "
          "billed in another way."),
    field("created", &Model::created, "Seconds since 1970, in UTC."),
    field("expires", &Model::expires, "Its last day, such as 2026-12-31.", Shape::null_if_empty),
    field("context_tokens", &Model::context_tokens, "The most that prompt and answer may have."),
    field("completion_tokens_max", &Model::completion_tokens_max, "The most an answer may have."),
    field("input_modalities", &Model::input_modalities, "Such as text, image, file or audio."),
    field("output_modalities", &Model::output_modalities, "Such as text or image."),
    field("parameters", &Model::parameters,
          "Parameters that at least one provider supports, such as tools."),
    field("prices", &Model::prices, "Its prices."),
    field("overrides", &Model::overrides, "Prices that hold under conditions."));

enum class CatalogueSource : std::uint8_t { built_in, kept, fetched };
template <>
inline constexpr auto values_of<CatalogueSource> = enumeration<CatalogueSource>(
    "CatalogueSource", "Where a models list comes from.",
    {
        {CatalogueSource::built_in, "built_in",
         "Five models that stand in where no list was ever fetched."},
        {CatalogueSource::kept, "kept", "The file that the processes of the machine share."},
        {CatalogueSource::fetched, "fetched", "The server."},
    });

struct CatalogueState {
  CatalogueSource source = CatalogueSource::built_in;
  bool stale = false;
  std::optional<Time> fetched;
};
template <>
inline constexpr auto fields_of<CatalogueState> =
    record("CatalogueState", "Where a models list comes from, and how old it is.",
           field("source", &CatalogueState::source, "Where it comes from."),
           field("stale", &CatalogueState::stale,
                 "Whether it is older than the server allows and could not be fetched again."),
           field("fetched", &CatalogueState::fetched,
                 "When it was fetched. Not known of the built-in list."));

struct ModelList {
  std::vector<Model> models;
  CatalogueState catalogue;
};
template <>
inline constexpr auto fields_of<ModelList> =
    record("ModelList", "The models that can be asked for.",
           field("models", &ModelList::models, "The models, in the server's order."),
           field("catalogue", &ModelList::catalogue, "Where the list comes from."));

struct Candidate {
  std::string model;
  std::string reason;
  std::optional<Amount> expected, bound;
  std::string unbounded;
};
template <>
inline constexpr auto fields_of<Candidate> = record(
    "Candidate", "A model, as it was judged for one request.",
    field("model", &Candidate::model, "Its id."),
    field("reason", &Candidate::reason, "Why it stands here, or why it is out, in one line."),
    field("expected", &Candidate::expected,
          "US dollars: the estimated cost of the request. Not known where a price is not."),
    field("bound", &Candidate::bound, "US dollars: what the request can cost at most."),
    field("unbounded", &Candidate::unbounded,
          "The part of the request that may cost anything, such as plugins.",
          Shape::null_if_empty));

struct Selection {
  Sort policy = Sort::ordered;
  std::vector<Candidate> ranked, out;
  CatalogueState catalogue;
};
template <>
inline constexpr auto fields_of<Selection> =
    record("Selection", "The models that a request takes, with the reasons.",
           field("policy", &Selection::policy, "How the models were put in order."),
           field("ranked", &Selection::ranked, "The models in the order in which they are tried."),
           field("out", &Selection::out, "The models that cannot serve the request."),
           field("catalogue", &Selection::catalogue, "Where the models list comes from."));

} // namespace wayfare
