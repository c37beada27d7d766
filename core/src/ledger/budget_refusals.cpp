#include "ledger/budget_refusals.hpp"

#include <chrono>

#include "ledger/budgets.hpp"
#include "ledger/stored_values.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

const char* in_words(Window window) {
  switch (window) {
    case Window::hour: return "this hour";
    case Window::day: return "this day";
    case Window::week: return "this week";
    case Window::month: return "this month";
    case Window::lifetime: break;
  }
  return "all time";
}

std::optional<Error> Budgets::judge_block(const Reservation& r) const {
  std::string value;
  for (const Scope& scope : blocks_) {
    if (!matches(scope, {r.charge_to, r.origin->key, r.model, &r.other_names}, value)) continue;
    std::string parts;
    for (const auto& [name, part] : members_of<Scope>)
      if (!(scope.*part).empty())
        parts += (parts.empty() ? "" : ", ") + std::string(name) + " " + scope.*part;
    return Error{.code = Code::blocked,
                 .message = (parts.empty() ? "every call is blocked"
                                           : "calls with " + parts + " are blocked") +
                            std::string("; nothing was sent"),
                 .advice = "lift the block with unblock"};
  }
  return std::nullopt;
}

// The server may serve a router or a preset by any model, also by one that is blocked.
void Budgets::warn_of_blocks(const Reservation& r, Verdict& verdict) const {
  if (!r.names_no_model) return;
  for (const Scope& scope : blocks_) {
    Scope others = scope;
    others.model.clear();
    std::string value;
    if (!scope.model.empty() && matches(others, {r.charge_to, r.origin->key, r.model}, value))
      verdict.warnings.push_back("the block of the model " + scope.model +
                                 " cannot stop this call: the server chooses the model of " +
                                 (r.model.empty() ? "a request without a model" : r.model));
  }
}

Error no_bound(const std::string& budget, const Reservation& r) {
  return Error{
      .code = Code::no_bound,
      .message = "the budget " + budget + " is hard, and there is no bound for " +
                 (r.unbounded.empty() ? "the call" : r.unbounded) + "; nothing was sent",
      .advice = "leave that out, take another model, or give the budget an amount to assume",
      .budget = budget};
}

Error model_unknown(const std::string& budget, const std::string& counted,
                    const std::string& model) {
  return Error{.code = Code::no_bound,
               .message = "the budget " + budget + " counts the model " + counted +
                          ", and the server chooses the model of " +
                          (model.empty() ? "a request without a model" : model) +
                          "; nothing was sent",
               .advice = "name a model",
               .budget = budget};
}

Error lacks_value(const std::string& budget, std::string_view part) {
  const bool is_charged = part != "key" && part != "model";
  const std::string name = (is_charged ? "charge_to." : "") + std::string(part);
  Error error =
      Error::invalid(name + " is missing: the budget " + budget + " needs it; nothing was sent",
                     "give " + name + ", or set missing to share for the budget");
  error.budget = budget;
  return error;
}

static constexpr const char* who_can_change =
    "raise the limit of the budget: whoever may write to the ledger can, with the operation "
    "budget, "
    "or for a while with override";

Error Budgets::exceeded(const Taken& one, const Reservation& r) {
  const Rule& rule = *one.rule;
  sqlite::Statement window = database_.prepare(
      "SELECT spent_p, reserved_p, value, (SELECT count(*) FROM hold h WHERE h.window_id = w.id "
      "AND "
      "h.uid NOT IN (SELECT uid FROM pending WHERE state = 0)) FROM budget_window w WHERE id = ?1");
  window.bind(1, one.window).step();
  const Amount limit{one.limit_p}, spent{window.integer(0)}, reserved{window.integer(1)},
      needed{one.held_p}, left = difference_of(difference_of(Amount{one.limit_p}, spent), reserved);
  const std::string value(window.text(2));
  const std::int64_t unknown = window.integer(3);
  std::string message = "the budget " + rule.name + " of $" + limit.text();
  if (one.limit_p != rule.limit_p)
    message += " ($" + Amount{one.limit_p - rule.limit_p}.text() + " of it by an override)";
  message += std::string(" for ") + in_words(rule.window);
  if (!value.empty()) message += " of " + std::string(each_part(rule.scope)) + " " + value;
  message += " has $" + left.text() + " left: $" + spent.text() + " is spent, $" + reserved.text() +
             " is held for open calls";
  if (unknown > 0)
    message += ", " + std::to_string(unknown) + " of them ended without a known cost";
  message += "; the call may cost $" + needed.text();
  std::string advice;
  if (r.longest_answer) {
    const std::string tokens = std::to_string(*r.longest_answer);
    message += ", because its answer may have " + tokens + " tokens";
    advice += "give max_tokens below " + tokens + ", ";
  }
  message += "; nothing was sent";
  if (unknown > 0) advice += "look up the unknown costs with reconcile, ";
  if (rule.window != Window::lifetime) advice += "wait until the window ends, ";
  Error error{.code = Code::budget_exceeded,
              .message = std::move(message),
              .advice = advice + (advice.empty() ? "" : "or ") + who_can_change,
              .budget = rule.name,
              .left = left,
              .budget_limit = limit,
              .spent = spent,
              .reserved = reserved,
              .needed = needed};
  if (rule.window != Window::lifetime) error.resets_at = stored_time(one.period.end_us);
  return error;
}

// The words about a budget that has spent the share of its limit from which on the call takes
// cheaper models.
std::string Budgets::near_end(const Taken& one, const Reservation& r) {
  constexpr std::int64_t whole = 100;
  if (!r.degrade_at) return {};
  left_.bind(1, one.window).bind(2, one.limit_p).step();
  const std::int64_t used_p = one.limit_p - left_.integer(0);
  left_.reset();
  const std::int64_t share_p =
      one.limit_p / whole * *r.degrade_at + one.limit_p % whole * *r.degrade_at / whole;
  if (used_p < share_p) return {};
  return "the budget " + one.rule->name + " of $" + Amount{one.limit_p}.text() +
         " has spent and holds $" + Amount{used_p}.text();
}

} // namespace wayfare::ledger
