// The data that a call and the ledger exchange.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/billing.hpp>
#include <wayfare/reply.hpp>
#include <wayfare/request.hpp>

#include "values/health.hpp"
#include "values/ledger_view.hpp"

namespace wayfare {

// The id of an attempt: a ULID with 48 bits of UTC milliseconds and 80 random bits. It is made
// before the ledger has the row, so that the row can be referred to.
struct Uid {
  std::array<std::uint8_t, 16> bytes{};

  static Uid make(std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& chance) noexcept;
  static std::optional<Uid> parse(std::string_view text) noexcept;
  static constexpr std::size_t text_size = 26;
  std::string text() const; // 26 characters in Crockford's base 32, which sort like the bytes
  void write(char* to) const noexcept; // writes the 26 characters of text()

  auto operator<=>(const Uid&) const = default;
};

// The server and the key of attempts. Many attempts share one Origin.
struct Origin {
  std::string server; // base URL
  std::string endpoint;
  std::string key;      // SHA-256 of the API key in hex; empty without a key
  bool looks_up = true; // the server tells the cost of an attempt later, by its generation id
};

// An attempt that is about to be sent.
struct Reservation {
  Uid uid;
  Uid call; // the uid of the call's first attempt
  ChargeTo charge_to;
  std::string model;                  // as the request named it
  std::vector<OtherName> other_names; // the further names that the budgets of a model may count
  bool names_no_model = false;        // `model` is a router or a preset: the server chooses
  bool names_sought = true;           // `other_names` has what the models list tells
  std::shared_ptr<const Origin> origin = std::make_shared<const Origin>();
  std::string request_id;
  // Whether the plan computed the bound. A hard budget needs it.
  bool bound_sought = true;
  std::optional<Amount> bound; // the most that the attempt can cost
  // The request limits its answer in no way, and the model may answer with so many tokens.
  std::optional<std::int64_t> longest_answer;
  // without a bound: the part whose cost has no upper bound, such as "web_search"
  std::string unbounded;
  // The version of the agent charge_to.agent with which the call was planned.
  std::optional<std::int64_t> agent_version;
  // Why the model was selected, as JSON. Null: it is not kept.
  std::shared_ptr<const std::string> decision;
  // If a budget that counts the attempt has spent and holds that share of its limit in percent, the
  // call is planned with cheaper models. Nothing: it is not, or it was.
  std::optional<std::int32_t> degrade_at;
  // Tells a call that waits for a budget whether no other call was there before it. Called on the
  // thread of the ledger. Empty for a call that does not wait.
  std::function<bool(const std::string& budget)> has_turn;
  std::int64_t tokens = 0; // that the attempt is expected to take, at most
  // A model that cools down is not tried: the call has another one, or asked for that.
  bool skip_cooling = false;
  // Providers of the model that cool down are to be left out of the request. `left_out`: the slugs
  // that it leaves out already.
  bool avoids_providers = false;
  std::vector<std::string> left_out;
};

// The ledger's answer to a reservation: it is refused, or the model cools down, or the call must be
// planned again or begin anew, or else it is granted.
struct Verdict {
  std::optional<Error> refused;
  // The plan lacks a bound or the names of a model, and the ledger needs them: the view for the new
  // plan. Nothing was reserved.
  std::shared_ptr<const LedgerView> plan_again;
  // A refusal by a budget in which the attempt may fit later. Only where the call can wait.
  std::string waits_for;
  // A refusal by a rate limit in which the attempt fits after this time, if no other takes the
  // room.
  std::optional<std::int64_t> room_after_us;
  // The agent of the call has another version by now, or was archived. Nothing was reserved.
  bool agent_changed = false;
  // The budget near whose end the call steps down to cheaper models, and what is told of it.
  // Nothing was reserved.
  std::string near_end;
  // The model cools down. Only where the reservation is to skip such models. Nothing was reserved.
  std::optional<Cooling> cooling;
  // Providers that cool down and that the request has to leave out, too. Nothing was reserved.
  std::vector<LedgerView::Cooldown> avoid;
  std::vector<std::string> warnings; // one for each soft budget that is exceeded
  bool hard = false;                 // a hard budget holds an amount for the attempt

  bool is_granted() const noexcept {
    return !refused && !plan_again && !agent_changed && near_end.empty() && !cooling &&
           avoid.empty();
  }
};

// The end of an attempt.
struct Ending {
  State state = State::unknown; // settled, voided or unknown
  Billing billing;
  Usage usage;
  Code error = Code::ok;
  int status = 0;
  std::int64_t total_us = 0;
  std::optional<std::int64_t> first_us; // of a streamed answer with content
  // The cost could not be learned: settled at the bound, or without a cost if there is no bound.
  bool given_up = false;
  std::string reason; // why a person gave the cost
  Outcome outcome{};  // what it tells about the model and its providers
};

} // namespace wayfare
