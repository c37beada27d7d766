// What can be asked: the catalogue's models and their prices, and which of them a request would
// take.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/ledger.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

// Dollars per unit: a token, or one image, search or request. Nothing where the catalogue has no
// such price or says that it varies.
struct Rates {
  std::optional<Price> prompt, completion; // per token
  // per token read from or written to the provider's prompt cache
  std::optional<Price> cache_read, cache_write, cache_write_1h;
  // per token, where it differs from completion
  std::optional<Price> reasoning;
  std::optional<Price> audio, audio_output, audio_cache; // per token
  // per image, or per image token: the catalogue does not tell which
  std::optional<Price> image, image_output;
  std::optional<Price> request, web_search; // each

  bool operator==(const Rates&) const = default;
};

// The members of Rates by their names: "prompt", "cache_read", …
inline constexpr std::array<std::pair<std::string_view, std::optional<Price> Rates::*>, 13>
    rate_names{{
        {"prompt", &Rates::prompt},
        {"completion", &Rates::completion},
        {"cache_read", &Rates::cache_read},
        {"cache_write", &Rates::cache_write},
        {"cache_write_1h", &Rates::cache_write_1h},
        {"reasoning", &Rates::reasoning},
        {"audio", &Rates::audio},
        {"audio_output", &Rates::audio_output},
        {"audio_cache", &Rates::audio_cache},
        {"image", &Rates::image},
        {"image_output", &Rates::image_output},
        {"request", &Rates::request},
        {"web_search", &Rates::web_search},
    }};

// Prices that stand in for the model's own while all the conditions hold; of several, the later
// ones go before.
struct Override {
  // applies to the whole request when its prompt has more
  std::optional<std::int64_t> above_prompt_tokens;
  std::optional<int> utc_start, utc_end; // HHMM, half-open, may pass midnight
  std::vector<std::string> utc_days;     // "monday", …; empty: every day
  // false: it has a condition that this version does not know
  bool understood = true;
  Rates rates; // those that differ

  bool operator==(const Override&) const = default;
};

// Source: the models list of the server, GET /models.
struct Model {
  enum class Kind : std::uint8_t {
    model,
    router, // chooses a model itself: no price of its own
    alias,  // another name of `alias_of`
    batch,  // a price row of the batch interface: cannot be called
  };

  std::string id;             // what is sent
  std::string canonical_slug; // dated and permanent, not unique
  std::string name;
  std::string alias_of; // of an alias
  Kind kind = Kind::model;
  bool free = false; // its id says so. A price of zero does not: some are billed by the piece
  std::int64_t created = 0;
  std::string expires; // "2026-12-31"; empty where no end is known

  std::optional<std::int64_t> context_tokens;        // prompt and completion together
  std::optional<std::int64_t> completion_tokens_max; // of one answer
  // text, image, file, audio, video, …
  std::vector<std::string> input_modalities, output_modalities;
  // that at least one of its providers supports: tools, response_format, …
  std::vector<std::string> parameters;

  Rates rates;
  std::vector<Override> overrides;

  bool operator==(const Model&) const = default;
};

// Where the catalogue of an answer comes from.
struct CatalogueState {
  enum class Source : std::uint8_t {
    built_in, // five models that stand in where none was ever fetched
    kept,     // from the file that the machine's processes share
    fetched,
  };
  Source source = Source::built_in;
  bool stale = false;          // older than the server's word for it, and could not be refreshed
  std::optional<Time> fetched; // nothing of the built-in one
};

// "model", "router", "alias", "batch"
std::string_view name(Model::Kind kind) noexcept;
std::string_view name(CatalogueState::Source source) noexcept; // "built_in", "kept", "fetched"

// One model, as a policy sees it for one request.
struct Candidate {
  std::string model;
  std::string reason; // one line: why it stands here, or why it is out
  // cost of this very request, estimated; nothing where a price is not known
  std::optional<Amount> expected;
  std::optional<Amount> bound; // what it can cost at most; nothing where there is no bound
  // the part that has none, such as "plugins"; empty where `bound` is
  std::string unbounded;
};

struct ModelList {
  std::vector<Model> models;
  CatalogueState catalogue;
};

// What a policy makes of a request.
struct Selection {
  std::string policy;            // "model", "ordered" or "cheapest"
  std::vector<Candidate> ranked; // best first: the order in which they are tried
  std::vector<Candidate> out;    // those that cannot serve it, with the reason
  CatalogueState catalogue;
};

struct ModelsQuery {};

} // namespace wayfare
