// What a call asks for, where it may go, and whom it is charged to.
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

namespace wayfare {

// The model of a request that names none.
inline constexpr std::string_view default_model = "openai/gpt-4o-mini";

enum class Sort : std::uint8_t { ordered, cheapest };
template <>
inline constexpr auto values_of<Sort> = enumeration<Sort>(
    "Sort", "How the models of a call are put in order.",
    {
        {Sort::ordered, "ordered", "In the order of the route's models."},
        {Sort::cheapest, "cheapest",
         "By what this request is expected to cost. Without models in the route, every model of "
         "the models list that can serve the request takes part."},
    });

// Where a program names some members of such a struct and leaves out the others, gcc warns of each
// that has no {} here.
struct MaxPrice {
  std::optional<Price> prompt{}, completion{}, request{}, image{};

  bool operator==(const MaxPrice&) const = default;
};
template <>
inline constexpr auto fields_of<MaxPrice> = record(
    "MaxPrice",
    "The highest prices that a model may have. A dearer model is left out, and OpenRouter is told "
    "to refuse a dearer provider.",
    field("prompt", &MaxPrice::prompt, "US dollars per million tokens."),
    field("completion", &MaxPrice::completion, "US dollars per million tokens."),
    field("request", &MaxPrice::request, "US dollars per request."),
    field("image", &MaxPrice::image, "US dollars per image."));

struct Policy {
  Sort sort = Sort::ordered;
  MaxPrice max_price{};

  bool operator==(const Policy&) const = default;
};
template <>
inline constexpr auto fields_of<Policy> =
    record("Policy", "How the model of a call is selected. The name of a sort stands for it alone.",
           field("sort", &Policy::sort, "The order in which models are tried.", Shape::short_form),
           field("max_price", &Policy::max_price, "The highest prices."));

struct Route {
  std::string model{};
  std::vector<std::string> models{};
  Policy policy{};
  std::optional<std::int32_t> retries{};
  std::optional<std::chrono::milliseconds> deadline{};
  std::optional<Amount> max_cost{};
  std::string key{};
};
template <>
inline constexpr auto fields_of<Route> = record(
    "Route", "How wayfare carries a call out. It is not sent.",
    field("model", &Route::model,
          "The model, in place of the body's own `model`. Naming it in both is refused."),
    field("models", &Route::models,
          "Models that are tried in this order, or in the policy's. The next model is tried where "
          "one fails before its first piece of content. At most 32."),
    field("policy", &Route::policy, "How the model is selected."),
    field("retries", &Route::retries,
          "How often the last model is tried again: 0 to 10, else the option `retries`."),
    field("deadline", &Route::deadline,
          "The longest time from the call to the last byte of the answer, above 0 and at most a "
          "week. Else the option `deadline`."),
    field("max_cost", &Route::max_cost,
          "What the whole call may cost at most, failed attempts included. At OpenRouter the "
          "request is made to keep a bound. Elsewhere it is an estimate."),
    field("key", &Route::key, "The name of one of the option `keys`, else the option `api_key`."));

struct ChargeTo {
  std::string app{}, agent{}, user{}, run{};
  std::vector<std::string> tags{};

  bool operator==(const ChargeTo&) const = default;
};
template <>
inline constexpr auto fields_of<ChargeTo> = record(
    "ChargeTo",
    "Whom a call is charged to. The ledger keeps it, and it is never sent. Each text has at most "
    "128 bytes.",
    field("app", &ChargeTo::app, "The application.", Shape::null_if_empty),
    field("agent", &ChargeTo::agent, "The agent.", Shape::null_if_empty),
    field("user", &ChargeTo::user, "The user.", Shape::null_if_empty),
    field("run", &ChargeTo::run, "The run, such as a session or a job.", Shape::null_if_empty),
    field("tags", &ChargeTo::tags, "At most 16 tags."));

struct Request {
  std::string body{};
  Route route{};
  ChargeTo charge_to{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string request_id{};
};
template <>
inline constexpr auto fields_of<Request> = record(
    "Request", "A chat completion.",
    field("body", &Request::body,
          "The body, a JSON object. It reaches the server byte for byte. What wayfare adds (such "
          "as `model` or `stream`) goes to its end and is named in the reply's `added`. No value "
          "is replaced. At most 64 MiB and 128 levels deep.",
          Shape::json | Shape::required),
    field("route", &Request::route, "How the call is carried out."),
    field("charge_to", &Request::charge_to, "Whom the call is charged to."),
    field("headers", &Request::headers,
          "More HTTP headers. Those that wayfare writes itself are refused, such as "
          "Authorization."),
    field("request_id", &Request::request_id,
          "An id of your own, at most 128 bytes. The ledger keeps it, and the reply has it. Calls "
          "of the same id are separate calls."));

// {"messages":[{"role":"user","content":text}]}: the body of the simplest request. A text that is
// not UTF-8 is refused when the request is submitted.
std::string user_message(std::string_view text);

} // namespace wayfare
