// The request of a call: its body, its route, and the accounts to which it is charged.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>
#include <wayfare/policy.hpp>

namespace wayfare {

// The model for a request that names no model.
inline constexpr std::string_view default_model = "openai/gpt-4o-mini";

enum class OnBudget : std::uint8_t { refuse, wait };
template <>
inline constexpr auto values_of<OnBudget> = enumeration<OnBudget>(
    "OnBudget", "What a call does if a hard budget has too little left for it.",
    {
        {OnBudget::refuse, "refuse", "The call fails at once with budget_exceeded."},
        {OnBudget::wait, "wait",
         "The call waits until the budget has enough left, if it can ever fit. Meanwhile it holds "
         "nothing in any budget."},
    });

enum class OnRateLimit : std::uint8_t { refuse, wait };
template <>
inline constexpr auto values_of<OnRateLimit> = enumeration<OnRateLimit>(
    "OnRateLimit", "What a call does if a rate limit of the ledger has no room for it now.",
    {
        {OnRateLimit::refuse, "refuse", "The call fails at once with over_rate."},
        {OnRateLimit::wait, "wait",
         "The call waits until there is room, if it can ever fit. Meanwhile it holds nothing."},
    });

enum class OnCooldown : std::uint8_t { skip, refuse, ignore };
template <>
inline constexpr auto values_of<OnCooldown> = enumeration<OnCooldown>(
    "OnCooldown", "What a call does with a model that cools down. See the operation cooldowns.",
    {
        {OnCooldown::skip, "skip",
         "The call goes on with its next model. Its last model is tried all the same."},
        {OnCooldown::refuse, "refuse",
         "As skip, but the last model is not tried either: the call fails with cooling_down."},
        {OnCooldown::ignore, "ignore", "The call looks at no cool-down."},
    });

struct Route {
  std::string model{};
  std::vector<std::string> models{};
  Policy policy{};
  std::optional<std::int32_t> retries{};
  std::optional<std::chrono::milliseconds> deadline{};
  std::optional<Amount> max_cost{};
  std::string key{};
  std::vector<std::string> servers{};
  std::optional<OnBudget> on_budget{};
  std::optional<std::chrono::milliseconds> budget_wait{};
  std::optional<bool> affinity{}, affinity_order{};
  std::optional<bool> pin{};
  std::optional<bool> keep_decision{};
  std::optional<OnCooldown> cooldown{};
  std::optional<OnRateLimit> on_rate_limit{};

  bool operator==(const Route&) const = default;
};
template <>
inline constexpr auto fields_of<Route> = record(
    "Route", "How wayfare carries out a call. The route is not sent to the server.",
    field("model", &Route::model,
          "The model, if the body has no `model`. A model in both places is refused.",
          Shape::null_if_empty),
    field("models", &Route::models,
          "The models to try, in this order or in the order of the policy, at most 32. If a "
          "model fails before its first piece of content, the next model is tried."),
    field("policy", &Route::policy, "How the model is selected."),
    field("retries", &Route::retries,
          "How often the last model is tried again: 0 to 10. Else the option `retries`."),
    field("deadline", &Route::deadline,
          "The longest time from the start of the call to the last byte of the answer: "
          "above 0 and at most a week. Else the option `deadline`."),
    field("max_cost", &Route::max_cost,
          "The most that the whole call may cost, failed attempts included. With "
          "OpenRouter, wayfare adds limits to the request so that its cost stays within "
          "this bound. With other servers it is checked against an estimate."),
    field("key", &Route::key, "The name of a key in the option `keys`. Else the option `api_key`.",
          Shape::null_if_empty),
    field("servers", &Route::servers,
          "The servers to ask, in this order: names of the option `servers`, and `default` for the "
          "server at the option base_url. At most 9. Without it: default alone. The call goes on "
          "with the next server where it would go on with its next model, and also if the server "
          "cannot be reached or does not accept the key. Each server has its own key, names of "
          "models and prices. `key` is that of the default server."),
    field("on_budget", &Route::on_budget,
          "What the call does if a hard budget has too little left for it. Without it: refuse. The "
          "waiting calls of one process are asked in the order in which they came, one at a time "
          "for each budget. Between processes there is no order. A call does not wait if it "
          "may cost more than the whole limit."),
    field("budget_wait", &Route::budget_wait,
          "The longest time that an attempt waits for a budget or for a rate limit: above 0 and at "
          "most a week. 60 seconds without it. The deadline of the call ends the wait too. Only "
          "with on_budget wait or on_rate_limit wait."),
    field(
        "affinity", &Route::affinity,
        "Whether the calls of one charge_to.run stay with the provider that has their prompt in "
        "its cache, which makes long conversations cheaper. Without it: true. wayfare then adds a "
        "session_id: a hash of the run and of the ledger's own id, from which nobody can tell the "
        "run. Only with OpenRouter, and not if the call has a session_id, a prompt_cache_key or "
        "the header x-session-id."),
    field("affinity_order", &Route::affinity_order,
          "Whether such a call also asks for the provider that has its prompt in its cache, by "
          "provider.order. Without it: false, since OpenRouter then balances no load and keeps no "
          "session: core/src/select/AFFINITY.md tells what it saves. wayfare asks for it only "
          "after an answer of the same run that read or wrote a cache, in the 5 minutes after it, "
          "if the request costs less there than at any other provider, and not if the body's "
          "`provider` chooses one."),
    field("pin", &Route::pin,
          "Whether only the model that the request names may serve. Without it: false. The call "
          "then ends with `served_otherwise` if another model has served: of a stream before its "
          "first piece, but the attempt is paid. A router, a preset and `models` of the body are "
          "refused before anything is sent. Each model of route.models is a model of its own."),
    field("keep_decision", &Route::keep_decision,
          "Whether the entry of each attempt keeps why its model was selected. Without it: false. "
          "The operation explain tells it. It has no text of the prompt and no charge_to. The call "
          "then needs the models list."),
    field("cooldown", &Route::cooldown,
          "What the call does with a model that cools down, because it failed in a process of this "
          "ledger. Without it: skip. The operation cooldowns lists these models."),
    field("on_rate_limit", &Route::on_rate_limit,
          "What the call does if a rate limit of the ledger has no room for it now. Without it: "
          "refuse. Calls that wait have no order."));

struct ChargeTo {
  std::string app{}, agent{}, user{}, run{};
  std::vector<std::string> tags{};

  bool operator==(const ChargeTo&) const = default;
};
template <>
inline constexpr auto fields_of<ChargeTo> = record(
    "ChargeTo",
    "The accounts to which a call is charged. The ledger stores them. They are never sent to the "
    "server. Each text has at most 128 bytes. A text that is given without a value is refused.",
    field("app", &ChargeTo::app, "The application.", Shape::null_if_empty | Shape::never_empty),
    field("agent", &ChargeTo::agent, "The agent.", Shape::null_if_empty | Shape::never_empty),
    field("user", &ChargeTo::user, "The user.", Shape::null_if_empty | Shape::never_empty),
    field("run", &ChargeTo::run, "The run, such as a session or a job.",
          Shape::null_if_empty | Shape::never_empty),
    field("tags", &ChargeTo::tags, "At most 16 tags."));

enum class ChargePart : std::uint8_t { app, agent, user, run, tags };
template <>
inline constexpr auto values_of<ChargePart> =
    enumeration<ChargePart>("ChargePart", "A part of charge_to.",
                            {
                                {ChargePart::app, "app", "The application."},
                                {ChargePart::agent, "agent", "The agent."},
                                {ChargePart::user, "user", "The user."},
                                {ChargePart::run, "run", "The run."},
                                {ChargePart::tags, "tags", "The tags: at least one."},
                            });

struct Defaults {
  std::string model{};
  std::optional<std::int64_t> max_tokens{};
  Route route{};
  ChargeTo charge_to{};

  bool operator==(const Defaults&) const = default;
};
template <>
inline constexpr auto fields_of<Defaults> = record(
    "Defaults", "What a call uses for the parts that it leaves out.",
    field("model", &Defaults::model,
          "The model of a call that names no model, in its body or in its route, and whose route "
          "has no policy with a `sort`. Without it: openai/gpt-4o-mini.",
          Shape::null_if_empty),
    field("max_tokens", &Defaults::max_tokens,
          "The most tokens of the answer: 1 to 2147483647. It is sent as `max_tokens` if the body "
          "has neither max_tokens nor max_completion_tokens."),
    field("route", &Defaults::route,
          "Members for the route of the call. A member that the call gives itself goes before it. "
          "`model`, `models` and the `sort` of the policy go together: they count only where "
          "`model` would.",
          Shape::sparse),
    field("charge_to", &Defaults::charge_to,
          "Parts for the charge_to of the call. A part that the call gives itself goes before it. "
          "The tags are one part.",
          Shape::sparse));

struct Request {
  std::string body{};
  Route route{};
  ChargeTo charge_to{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string request_id{};
  std::vector<Defaults> defaults{};
  std::string agent{};
};
template <>
inline constexpr auto fields_of<Request> = record(
    "Request", "A chat completion.",
    field("body", &Request::body,
          "The body, a JSON object of at most 64 MiB and 128 levels. The server gets it "
          "byte for byte. wayfare adds fields such as `model` or `stream` at its end and "
          "names them in the reply's `added`. wayfare replaces no value.",
          Shape::json | Shape::required),
    field("route", &Request::route, "How wayfare carries out the call."),
    field("charge_to", &Request::charge_to, "The accounts to which the call is charged."),
    field("headers", &Request::headers,
          "More HTTP headers. A header that wayfare writes itself, such as Authorization, "
          "is refused."),
    field("request_id", &Request::request_id,
          "An id of your own, at most 128 bytes. The ledger stores it, and the reply has "
          "it. Two calls with the same id are two calls."),
    field("defaults", &Request::defaults,
          "What the call uses for the parts that it leaves out: at most 8, and the first one "
          "that has a part gives it. The defaults among the options of the client come "
          "last."),
    field(
        "agent", &Request::agent,
        "The agent that the call is of. What the call leaves out comes from the agent's profile, "
        "before all defaults. charge_to.agent becomes its name: if the call gives another one, it "
        "is refused, and one among the defaults yields. An agent that is not there, or is "
        "archived, is refused with `no_agent`.",
        Shape::never_empty));

// Returns {"messages":[{"role":"user","content":text}]}, the body of the simplest request. If the
// text is not UTF-8, the operation fails with `invalid`.
std::string user_message(std::string_view text);

} // namespace wayfare
