#include "request.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encode.hpp"
#include "errors.hpp"

namespace wayfare::python {

namespace {

std::string kind_of(py::handle value) { return Py_TYPE(value.ptr())->tp_name; }

std::string text_of(py::handle value, const std::string& name) {
  if (!PyUnicode_Check(value.ptr()))
    throw invalid(name + " is of type " + kind_of(value), "give it as a str");
  Py_ssize_t size = 0;
  const char* utf8 = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (utf8) return {utf8, static_cast<std::size_t>(size)};
  if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) throw py::error_already_set();
  PyErr_Clear();
  throw invalid(name + " has a lone surrogate in it, which is no text");
}

std::vector<std::string> texts_of(py::handle value, const std::string& name) {
  if (!PyList_Check(value.ptr()) && !PyTuple_Check(value.ptr()))
    throw invalid(name + " is of type " + kind_of(value), "give it as a list of str");
  std::vector<std::string> texts;
  for (const py::handle item : value)
    texts.push_back(text_of(item, name + "[" + std::to_string(texts.size()) + "]"));
  return texts;
}

// The members of a dict with str keys, or nothing for None.
std::vector<std::pair<std::string, py::object>> members_of(py::handle value,
                                                           const std::string& name) {
  std::vector<std::pair<std::string, py::object>> members;
  if (value.is_none()) return members;
  if (!PyDict_Check(value.ptr()))
    throw invalid(name + " is of type " + kind_of(value), "give it as a dict");
  for (const auto& [key, item] : py::reinterpret_borrow<py::dict>(value))
    members.emplace_back(text_of(key, "a key of " + name),
                         py::reinterpret_borrow<py::object>(item));
  return members;
}

// Seconds, rounded up so that what is above zero stays so.
std::chrono::milliseconds duration_of(py::handle value, const std::string& name) {
  if (PyBool_Check(value.ptr()) || !(PyLong_Check(value.ptr()) || PyFloat_Check(value.ptr())))
    throw invalid(name + " is of type " + kind_of(value), "give it as a number of seconds");
  // -1 with an error for an int beyond all doubles
  const double seconds = PyFloat_AsDouble(value.ptr());
  PyErr_Clear();
  constexpr double longest = 1e9; // 31 years: nothing that the core adds it to can overflow
  if (!(std::abs(seconds) <= longest))
    throw invalid(name + " is not a number of seconds that can be waited for");
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

// A str, bytes or os.PathLike, as bytes of the file system.
std::string path_of(py::handle value, const std::string& name) {
  PyObject* bytes = nullptr;
  if (PyUnicode_FSConverter(value.ptr(), &bytes) != 0)
    return py::reinterpret_steal<py::bytes>(bytes);
  PyErr_Clear();
  throw invalid(name + " is not a path", "give it as a str or an os.PathLike");
}

bool truth_of(py::handle value, const std::string& name) {
  if (!PyBool_Check(value.ptr()))
    throw invalid(name + " is of type " + kind_of(value), "give it as a bool");
  return value.ptr() == Py_True;
}

std::size_t size_of(py::handle value, const std::string& name, const char* what) {
  const std::size_t size = PyLong_Check(value.ptr()) && !PyBool_Check(value.ptr())
                               ? PyLong_AsSize_t(value.ptr())
                               : static_cast<std::size_t>(-1);
  PyErr_Clear();
  if (size == static_cast<std::size_t>(-1)) throw invalid(name + " is not a number of " + what);
  return size;
}

// Exact: the digits of a str, an int or a decimal.Decimal.
std::string digits_of(py::handle value, const std::string& name) {
  const bool whole = PyLong_Check(value.ptr()) && !PyBool_Check(value.ptr());
  if (!whole && !PyUnicode_Check(value.ptr()) && kind_of(value) != "decimal.Decimal")
    throw invalid(name + " is of type " + kind_of(value),
                  "give it as a str, an int or a Decimal: a float is not exact");
  return text_of(py::str(value), name);
}

Price price_of(py::handle value, const std::string& name) {
  const auto price = Price::parse(digits_of(value, name));
  if (!price) throw invalid(name + " is not a price in dollars");
  return *price;
}

Amount dollars_of(py::handle value, const std::string& name) {
  const auto amount = Amount::parse(digits_of(value, name));
  if (!amount) throw invalid(name + " is not an amount of dollars");
  return *amount;
}

// The enumerator whose name it is: `names` stand in the order of the enumeration.
template <class Enum, std::size_t count>
Enum one_of(const std::array<const char*, count>& names, py::handle value,
            const std::string& name) {
  const std::string given = text_of(value, name);
  std::string all;
  for (std::size_t at = 0; at < count; ++at) {
    if (given == names[at]) return static_cast<Enum>(at);
    all += (at == 0 ? "" : at + 1 == count ? " or " : ", ") + std::string(names[at]);
  }
  throw invalid(name + " is none that there is", "use " + all);
}

// A name, or {"sort": …, "max_price": {…}}.
Policy policy_of(py::handle given) {
  Policy policy;
  if (PyUnicode_Check(given.ptr())) {
    policy.sort = text_of(given, "route.policy");
    return policy;
  }
  for (const auto& [key, value] : members_of(given, "route.policy")) {
    const std::string name = "route.policy." + key;
    if (key == "sort")
      policy.sort = text_of(value, name);
    else if (key == "max_price")
      for (const auto& [part, price] : members_of(value, name)) {
        const auto field = part == "prompt"       ? &Policy::prompt_max
                           : part == "completion" ? &Policy::completion_max
                           : part == "request"    ? &Policy::request_max
                           : part == "image"      ? &Policy::image_max
                                                  : nullptr;
        if (!field)
          throw invalid(name + "." + part.substr(0, 100) + " is not known",
                        "max_price takes prompt, completion, request and image");
        policy.*field = price_of(price, name + "." + part);
      }
    else
      throw invalid(name.substr(0, 100) + " is not known",
                    "a policy is a name, or takes sort and max_price");
  }
  return policy;
}

Route route_of(py::handle given) {
  Route route;
  for (const auto& [key, value] : members_of(given, "route")) {
    const std::string name = "route." + key;
    if (key == "model")
      route.model = text_of(value, name);
    else if (key == "models")
      route.models = texts_of(value, name);
    else if (value.is_none())
      continue;
    else if (key == "retries")
      // judged by the core
      route.retries =
          static_cast<int>(std::min<std::size_t>(size_of(value, name, "retries"), 1000));
    else if (key == "deadline")
      route.deadline = duration_of(value, name);
    else if (key == "max_cost")
      route.max_cost = dollars_of(value, name);
    else if (key == "key")
      route.key = text_of(value, name);
    else if (key == "policy")
      route.policy = policy_of(value);
    else
      throw invalid(name.substr(0, 100) + " is not known",
                    "route takes model, models, policy, retries, deadline, max_cost and key");
  }
  return route;
}

ChargeTo charge_to_of(py::handle given) {
  ChargeTo to;
  for (const auto& [key, value] : members_of(given, "charge_to")) {
    const std::string name = "charge_to." + key;
    if (key == "app")
      to.app = text_of(value, name);
    else if (key == "agent")
      to.agent = text_of(value, name);
    else if (key == "user")
      to.user = text_of(value, name);
    else if (key == "run")
      to.run = text_of(value, name);
    else if (key == "tags")
      to.tags = texts_of(value, name);
    else
      throw invalid(name.substr(0, 100) + " is not known",
                    "charge_to takes app, agent, user, run and tags");
  }
  return to;
}

std::optional<Time> time_of(py::handle micros) {
  if (micros.is_none()) return std::nullopt;
  return Time(std::chrono::microseconds(micros.cast<std::int64_t>()));
}

} // namespace

Options options_of(py::dict given) {
  constexpr std::array durabilities{"reserve", "power", "process"};
  constexpr std::array dialects{"automatic", "openrouter", "openai"};
  Options options;
  for (const auto& [key, value] : members_of(given, "options")) {
    if (value.is_none()) continue;
    if (key == "api_key")
      options.api_key = text_of(value, key);
    else if (key == "keys")
      for (const auto& [name, one] : members_of(value, key))
        options.keys.emplace_back(name, text_of(one, "a value of keys"));
    else if (key == "base_url")
      options.base_url = text_of(value, key);
    else if (key == "app_url")
      options.app_url = text_of(value, key);
    else if (key == "app_title")
      options.app_title = text_of(value, key);
    else if (key == "app_categories")
      options.app_categories = texts_of(value, key);
    else if (key == "env_folder")
      options.env_folder = path_of(value, key);
    else if (key == "ledger")
      options.ledger = path_of(value, key);
    else if (key == "durability")
      options.durability = one_of<Durability>(durabilities, value, key);
    else if (key == "dialect")
      options.dialect = one_of<Dialect>(dialects, value, key);
    else if (key == "ca_file")
      options.ca_file = path_of(value, key);
    else if (key == "proxy")
      options.proxy = text_of(value, key);
    else if (key == "allow_http")
      options.allow_http = truth_of(value, key);
    else if (key == "connect_timeout")
      options.connect_timeout = duration_of(value, key);
    else if (key == "first_byte_timeout")
      options.first_byte_timeout = duration_of(value, key);
    else if (key == "idle_timeout")
      options.idle_timeout = duration_of(value, key);
    else if (key == "deadline")
      options.deadline = duration_of(value, key);
    else if (key == "retries")
      // judged by the core
      options.retries =
          static_cast<int>(std::min<std::size_t>(size_of(value, key, "retries"), 1000));
    else if (key == "max_open_calls")
      options.max_open_calls = size_of(value, key, "calls");
    else
      throw py::type_error("there is no option " + key);
  }
  return options;
}

std::string* body_of(PyObject* given) {
  if (PyDict_Check(given)) return encode(given);
  return guarded([&] {
    if (PyBytes_Check(given))
      return new std::string(PyBytes_AS_STRING(given),
                             static_cast<std::size_t>(PyBytes_GET_SIZE(given)));
    return new std::string(text_of(given, "body_json"));
  });
}

Request request_of(py::handle route, py::handle charge_to, py::handle headers,
                   py::handle request_id) {
  Request request;
  request.route = route_of(route);
  request.charge_to = charge_to_of(charge_to);
  for (const auto& [name, value] : members_of(headers, "headers"))
    request.headers.emplace_back(name, text_of(value, "headers." + name));
  if (!request_id.is_none()) request.request_id = text_of(request_id, "request_id");
  return request;
}

UsageQuery usage_query_of(py::handle by, py::handle since, py::handle until) {
  return {.by = texts_of(by, "by"), .since = time_of(since), .until = time_of(until)};
}

EntryQuery entry_query_of(py::handle since, py::handle until, py::handle after) {
  return {.since = time_of(since), .until = time_of(until), .after = text_of(after, "after")};
}

static Amount money_of(py::handle value, const std::string& name) {
  const auto amount = Amount::parse(text_of(value, name));
  if (!amount)
    throw invalid(name + " is not an amount of money",
                  "give dollars, not below 0, as a str, an int or a Decimal");
  return *amount;
}

static bool read_scope(Scope& scope, const std::string& key, py::handle value) {
  for (const auto& [known, part] : Scope::parts()) {
    if (key != known) continue;
    scope.*part = text_of(value, key);
    return true;
  }
  return false;
}

static Budget budget_of(py::handle given) {
  constexpr std::array windows{"hour", "day", "week", "month", "lifetime"};
  constexpr std::array modes{"hard", "soft"};
  Budget budget;
  for (const auto& [key, value] : members_of(given, "budget")) {
    if (value.is_none() || read_scope(budget.scope, key, value)) continue;
    if (key == "name")
      budget.name = text_of(value, key);
    else if (key == "limit")
      budget.limit = money_of(value, key);
    else if (key == "window")
      budget.window = one_of<Window>(windows, value, key);
    else if (key == "mode")
      budget.mode = one_of<BudgetMode>(modes, value, key);
    else if (key == "assume")
      budget.assume = money_of(value, key);
    else if (key == "delete")
      budget.remove = truth_of(value, key);
  }
  return budget;
}

Order order_of(py::handle op, py::handle arguments) {
  const std::string name = text_of(op, "op");
  if (name == "budget") return budget_of(arguments);
  if (name == "budgets") return BudgetQuery{};
  if (name == "blocks") return BlockQuery{};
  if (name == "verify") return Verify{};
  if (name == "backup" || name == "prune") {
    Order order;
    for (const auto& [key, value] : members_of(arguments, name)) {
      if (key == "path") order = Backup{path_of(value, key)};
      if (key == "before")
        order = Prune{Time(std::chrono::microseconds(value.cast<std::int64_t>()))};
    }
    return order;
  }
  if (name == "clock") return AcceptClock{.accept = true};
  Block block{.scope = {}, .remove = name == "unblock"};
  for (const auto& [key, value] : members_of(arguments, name))
    if (!value.is_none()) read_scope(block.scope, key, value);
  return block;
}

} // namespace wayfare::python
