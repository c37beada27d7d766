// What comes back: events while it comes, a Reply when it is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

// Counts as the provider's own tokenizer gives them; a count the server did not send stays unknown.
// `prompt_tokens` includes the cached and the written ones, `completion_tokens` the reasoning.
// Servers are not consistent: assume no sums between them. Source: the `usage` object of the
// response.
struct Usage {
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;
  std::optional<std::int64_t> total_tokens;
  // prompt_tokens_details.cached_tokens: read from the provider's prompt cache
  std::optional<std::int64_t> cached_tokens;
  std::optional<std::int64_t> cache_write_tokens; // prompt_tokens_details.cache_write_tokens
  std::optional<std::int64_t> reasoning_tokens;   // completion_tokens_details.reasoning_tokens

  bool operator==(const Usage&) const = default;
};

struct ToolCall {
  std::string id;
  std::string name;
  // JSON text as the model wrote it, not checked; "{}" where it wrote nothing
  std::string arguments;

  bool operator==(const ToolCall&) const = default;
};

// Microseconds since submit, by the monotonic clock; 0 where it did not happen.
struct Timings {
  std::int64_t reserved_us = 0;    // the reservation was in the ledger
  std::int64_t headers_us = 0;     // the status line was here
  std::int64_t first_delta_us = 0; // the first delta of text, reasoning or a tool call
  std::int64_t total_us = 0;       // the last byte
};

// One HTTP attempt; each has a row in the ledger.
struct Attempt {
  std::string entry;
  std::string model; // that was asked for
  Code code = Code::ok;
  int status = 0; // HTTP status, or the code inside a 200; 0 where there was no answer
  State state = State::reserved;
  std::optional<Amount> cost; // what it was billed, where that is known
  std::int64_t waited_us = 0; // before it, since the one before had failed

  bool operator==(const Attempt&) const = default;
};

struct Reply {
  std::string text;
  std::string reasoning;
  std::vector<ToolCall> tool_calls;
  // stop, length, tool_calls, content_filter, error; empty where none came
  std::string finish_reason;
  std::string native_finish_reason; // the provider's own word
  std::string model;                // that served; the requested one where the server did not say
  // display name, such as "Amazon Bedrock"; empty where the server did not say
  std::string provider;
  Usage usage;
  std::optional<Amount> cost; // US dollars; nothing where it is unknown, which is not zero
  CostSource cost_source = CostSource::none;
  std::optional<Amount> non_token_cost; // contract: Entry::non_token_cost
  std::string generation_id;
  // the ledger's id of the last attempt: 26 characters, sorted by time
  std::string entry;
  std::string request_id; // yours
  // what wayfare added to the body: "model", "stream", "stream_options"
  std::vector<std::string> added;
  // all of the call, in order: the first ones failed. `cost` and `usage` are the last one's
  std::vector<Attempt> attempts;
  std::vector<std::string> warnings; // of soft budgets that are passed, a line each
  // why these models, in this order; null where no policy or max_cost asked for it
  std::shared_ptr<const Selection> selection;
  Timings timings;
  int status = 0; // HTTP

  // JSON texts. `message` is the assistant turn to send back, tool calls and reasoning details
  // included and in order. `raw` is the response body; after a stream, the body that would have
  // come without streaming. `metadata` is for the host's own message:
  // {"v":1, entry, request_id, generation_id, model, provider, prompt_tokens, completion_tokens,
  // cached_tokens, reasoning_tokens,
  //  cost (a decimal string or null), currency, cost_source}.
  std::string message;
  std::string raw;
  std::string metadata;
};

// The result of a query; only the part that was asked for is filled.
struct Report {
  enum class Kind : std::uint8_t {
    usage,
    entries,
    models,
    selection,
    budgets,
    blocks,
    reconciled,
    verification,
    pruned,
    none
  };
  Kind kind = Kind::usage;
  std::vector<std::string> by; // of the usage: the names of each row's `by`
  std::vector<UsageRow> usage;
  EntryPage page;
  ModelList models;
  Selection selection;
  std::vector<BudgetState> budgets; // by name; also what Budget gives: that one
  std::vector<Scope> blocks;
  Reconciled reconciled;
  Verification verification;
  Pruned pruned;
};

// One thing that happened to a call. Each server event with content is one Event, never merged with
// others. Every call ends with exactly one `done` or `error`, and by then the ledger has its row.
struct Event {
  enum class Type : std::uint8_t { text, reasoning, tool, usage, done, error };

  Type type = Type::text;
  // text, reasoning: the delta; tool: the piece of `arguments`
  std::string text;
  int index = 0;                        // tool: which of the reply's tool calls
  std::string tool_id;                  // tool: in the first piece
  std::string tool_name;                // tool: in the first piece
  std::shared_ptr<const Reply> reply;   // done of a call; usage: what is known so far
  std::shared_ptr<const Report> report; // done of a report
  std::shared_ptr<const Error> error;   // error

  // Whether it ends the call: `done` or `error`.
  bool is_final() const noexcept { return type == Type::done || type == Type::error; }
};

// What waiting for a call's events gives.
enum class Next : std::int32_t {
  nothing = 0, // in this time
  events = 1,
  over = 2, // the final event was taken, or the call forgotten, or the id never given
  forked = -1,
  closed = -2,
  no_memory = -4,
  busy = -5, // another thread waits for this call
};

} // namespace wayfare
