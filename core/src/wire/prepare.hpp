// A request made ready to send. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/request.hpp>

#include "values/needs.hpp"
#include "values/server.hpp"

namespace wayfare::wire {

struct AgentProfile;

// A member whose value is null counts as left out: an addition takes the place of the null. Other
// additions come before the closing brace.
// This member asks a stream for its usage.
inline constexpr std::string_view usage_options = "stream_options";

struct Splice {
  struct Null { // a member of the object that is null
    std::string name;
    std::size_t at; // the offset of the null
  };
  std::size_t at = 0; // the offset of that brace
  bool empty = true;  // whether the object has no members yet
  std::vector<Null> nulls;
  std::vector<std::pair<std::string, std::string>> members; // names, and values as JSON

  void add(std::string name, std::string value) {
    members.emplace_back(std::move(name), std::move(value));
  }
  struct Edit {
    std::size_t at, size; // the bytes in whose place the text comes
    std::string text;
  };
  void append_edits(std::vector<Edit>& edits) const;
};

// The additions for one of the models of a call: the limits of its cost, and which providers may
// serve.
struct Caps {
  // of provider, beside max_price: those that the body lacks
  std::vector<std::pair<std::string, std::string>> provider;
  // of provider.max_price: those that the body lacks
  std::vector<std::pair<std::string, std::string>> max_price;
  // as max_completion_tokens, where the body has no limit
  std::optional<std::int64_t> completion_tokens;

  bool operator==(const Caps&) const = default;
};

// A body as it is sent: the caller's text with what was added, and without a null that is left out.
struct Body {
  struct Addition {
    std::size_t at, size; // in `text`
    std::string replaced; // what stands there in the caller's text
  };
  std::shared_ptr<const std::string> text;
  std::vector<Addition> added; // in order

  std::string source() const; // the caller's text
};

struct Prepared {
  std::string source;             // the caller's text, until the first body takes it
  Needs needs;                    // of the body
  Splice top;                     // what is added to it for every model
  std::optional<Splice> options;  // to its stream_options
  std::vector<std::string> added; // the names of what is added for every model
  // to try, in this order. One that is empty: the server is to choose (a preset, a list of models)
  std::vector<std::string> models;
  bool names_model = false; // the body names it itself
  // The server has another name for that model: it takes the place of the body's.
  std::optional<Splice::Edit> model_here;
  bool chosen_elsewhere = false;  // or leaves it to the server
  std::optional<Splice> provider; // the body's own provider object, and the max_price in it
  std::optional<Splice> max_price;
  bool takes_max_price = true; // false: its provider is no object, to which nothing can be added
  bool streamed = false;
  std::vector<std::string> odd_names; // lines for the warnings
  // The body's stream_options is null: neither the null nor anything in its place is sent.
  std::optional<Splice::Edit> null_options;
  // The system message of the agent, before the body's own messages.
  std::optional<Splice::Edit> system;
  // The run whose calls are to stay with one provider; "": there is none.
  std::string session;
  std::string agent_provider; // the provider object of the agent; "": the body's own, or none
  // A stream of a server that tells its usage only if it is asked, and is not asked.
  bool usage_unasked = false;

  // Adds the session_id of `session`, which only this ledger can tell from the run.
  void add_session(std::string_view ledger);

  // The body for a model: byte for byte the caller's text with what is added. `text` is that text.
  // `asks_usage`: false leaves out the stream_options that wayfare would add.
  Body body_of(std::string text, const std::string& model, const Caps& caps,
               bool asks_usage = true) const;
  // The names of what is added for a model.
  std::vector<std::string> added_for(const std::string& model, const Caps& caps) const;
};

// Judges a chat completion and adds what is missing: the model, `stream` (if `stream`; where it is
// not given, the body says), and `stream_options.include_usage` to a server that sends no usage
// unasked, unless the body's stream_options is null, what the profile of its agent has (null: it
// has none), and what `request.defaults` has. Takes the body out of the request, and the default
// model into its route. Errors are `invalid` or `unsupported` and name the part.
Result<Prepared> prepare(Request&& request, std::optional<bool> stream, const Server& server,
                         const AgentProfile* profile = nullptr);

} // namespace wayfare::wire
