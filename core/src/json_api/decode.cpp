// What is asked in JSON: options and requests. Faults are thrown inside this file, as Exception
// with `invalid` or `unsupported`.
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "client/client_access.hpp"
#include "json_api/json_api.hpp"
#include "json_api/read_value.hpp"

namespace wayfare::json_api {

namespace {

void read_option(Options& options, std::string_view key, const std::string& name, Value value) {
  constexpr std::array<std::string_view, 3> durabilities{"reserve", "power", "process"},
      dialects{"automatic", "openrouter", "openai"};
  if (key == "api_key")
    options.api_key = plain_of(value, name);
  else if (key == "keys")
    options.keys = pairs_of(value, name);
  else if (key == "base_url")
    options.base_url = plain_of(value, name);
  else if (key == "app_url")
    options.app_url = plain_of(value, name);
  else if (key == "app_title")
    options.app_title = plain_of(value, name);
  else if (key == "app_categories")
    options.app_categories = texts_of(value, name);
  else if (key == "env_folder")
    options.env_folder = plain_of(value, name);
  else if (key == "ledger")
    options.ledger = plain_of(value, name);
  else if (key == "durability")
    options.durability = one_of<Durability>(durabilities, value, name);
  else if (key == "dialect")
    options.dialect = one_of<Dialect>(dialects, value, name);
  else if (key == "ca_file")
    options.ca_file = plain_of(value, name);
  else if (key == "proxy")
    options.proxy = plain_of(value, name);
  else if (key == "allow_http")
    options.allow_http = truth_of(value, name);
  else if (key == "connect_timeout")
    options.connect_timeout = duration_of(value, name);
  else if (key == "first_byte_timeout")
    options.first_byte_timeout = duration_of(value, name);
  else if (key == "idle_timeout")
    options.idle_timeout = duration_of(value, name);
  else if (key == "deadline")
    options.deadline = duration_of(value, name);
  else if (key == "retries")
    // judged by the core
    options.retries = static_cast<int>(std::min<std::int64_t>(count_of(value, name), 1000));
  else if (key == "max_open_calls")
    options.max_open_calls = static_cast<std::size_t>(count_of(value, name));
}

// A name, or {"sort":…,"max_price":{…}}.
Policy policy_of(Value given) {
  Policy policy;
  if (given.is_string()) {
    policy.sort = given.string();
    return policy;
  }
  members_of(given, "route.policy.", "route.policy is neither a name nor", {"sort", "max_price"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "sort") {
                 policy.sort = text_of(value, name);
                 return;
               }
               members_of(value, name + ".", name + " is",
                          {"prompt", "completion", "request", "image"},
                          [&](std::string_view part, const std::string& part_name, Value price) {
                            (part == "prompt"       ? policy.prompt_max
                             : part == "completion" ? policy.completion_max
                             : part == "request" ? policy.request_max
                                                 : policy.image_max) = price_of(price, part_name);
                          });
             });
  return policy;
}

Route route_of(Value given) {
  Route route;
  members_of(given, "route.", "route is",
             {"model", "models", "policy", "retries", "deadline", "max_cost", "key"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "model")
                 route.model = text_of(value, name);
               else if (key == "models")
                 route.models = texts_of(value, name);
               else if (key == "policy")
                 route.policy = policy_of(value);
               else if (key == "retries")
                 // judged by the core
                 route.retries =
                     static_cast<int>(std::min<std::int64_t>(count_of(value, name), 1000));
               else if (key == "deadline")
                 route.deadline = duration_of(value, name);
               else if (key == "max_cost")
                 route.max_cost = dollars_of(value, name);
               else
                 route.key = text_of(value, name);
             });
  return route;
}

ChargeTo charge_to_of(Value given) {
  ChargeTo to;
  members_of(given, "charge_to.", "charge_to is", {"app", "agent", "user", "run", "tags"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "app")
                 to.app = text_of(value, name);
               else if (key == "agent")
                 to.agent = text_of(value, name);
               else if (key == "user")
                 to.user = text_of(value, name);
               else if (key == "run")
                 to.run = text_of(value, name);
               else
                 to.tags = texts_of(value, name);
             });
  return to;
}

constexpr auto request_is = "the request is";

// A chat completion, sent; or a question which models it would take.
std::int64_t submit_chat(Client& client, Value root, bool sends) {
  Request request;
  bool stream = false;
  members_of(root, "", request_is, {"op", "body", "route", "charge_to", "headers", "request_id"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "body") {
                 if (!value.is_object()) throw invalid("body is not a JSON object");
                 request.body = value.raw();
                 stream = value["stream"].is_true();
               } else if (key == "route")
                 request.route = route_of(value);
               else if (key == "charge_to")
                 request.charge_to = charge_to_of(value);
               else if (key == "headers")
                 request.headers = pairs_of(value, name);
               else if (key == "request_id")
                 request.request_id = text_of(value, name);
             });
  if (request.body.empty()) throw invalid("body is missing");
  if (!sends && stream)
    throw invalid("body has \"stream\": true, and nothing is sent", "leave it out");
  return sends ? client.submit(std::move(request), stream)
               : client.submit_select(std::move(request));
}

std::int64_t submit_usage(Client& client, Value root) {
  UsageQuery query;
  members_of(root, "", request_is, {"op", "by", "since", "until"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "by")
                 query.by = texts_of(value, name);
               else if (key == "since")
                 query.since = time_of(value, name);
               else if (key == "until")
                 query.until = time_of(value, name);
             });
  return client.submit(std::move(query));
}

std::int64_t submit_entries(Client& client, Value root) {
  EntryQuery query;
  members_of(root, "", request_is, {"op", "since", "until", "after", "limit"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "since")
                 query.since = time_of(value, name);
               else if (key == "until")
                 query.until = time_of(value, name);
               else if (key == "after")
                 query.after = text_of(value, name);
               else if (key == "limit")
                 // judged by the query
                 query.limit =
                     static_cast<int>(std::min<std::int64_t>(count_of(value, name), 1'000'000));
             });
  return client.submit(std::move(query));
}

Amount money_of(Value value, const std::string& name) {
  const auto amount = value.is_string() ? Amount::parse(value.string()) : std::nullopt;
  if (!amount)
    throw invalid(name + " is not an amount of money",
                  "give dollars as a decimal text, such as \"5.00\"");
  return *amount;
}

// True where `key` is a part of a scope, which then has it.
bool read_scope(Scope& scope, std::string_view key, const std::string& name, Value value) {
  for (const auto& [known, part] : Scope::parts()) {
    if (key != known) continue;
    scope.*part = text_of(value, name);
    return true;
  }
  return false;
}

std::int64_t submit_budget(Client& client, Value root) {
  constexpr std::array<std::string_view, 5> windows{"hour", "day", "week", "month", "lifetime"};
  constexpr std::array<std::string_view, 2> modes{"hard", "soft"};
  Budget budget;
  members_of(root, "", request_is,
             {"op", "name", "limit", "window", "mode", "assume", "delete", "app", "agent", "user",
              "run", "tag", "key", "model"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (read_scope(budget.scope, key, name, value)) return;
               if (key == "name")
                 budget.name = text_of(value, name);
               else if (key == "limit")
                 budget.limit = money_of(value, name);
               else if (key == "window")
                 budget.window = one_of<Window>(windows, value, name);
               else if (key == "mode")
                 budget.mode = one_of<BudgetMode>(modes, value, name);
               else if (key == "assume")
                 budget.assume = money_of(value, name);
               else if (key == "delete")
                 budget.remove = truth_of(value, name);
             });
  return client.submit(Order(std::move(budget)));
}

std::int64_t submit_block(Client& client, Value root, bool remove) {
  Block block{.scope = {}, .remove = remove};
  members_of(root, "", request_is, {"op", "app", "agent", "user", "run", "tag", "key", "model"},
             [&](std::string_view key, const std::string& name, Value value) {
               read_scope(block.scope, key, name, value);
             });
  return client.submit(Order(std::move(block)));
}

std::int64_t submit_clock(Client& client, Value root) {
  AcceptClock clock;
  members_of(root, "", request_is, {"op", "accept"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "accept") clock.accept = truth_of(value, name);
             });
  return client.submit(Order(clock));
}

std::int64_t submit_backup(Client& client, Value root) {
  Backup backup;
  members_of(root, "", request_is, {"op", "path"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "path") backup.path = plain_of(value, name);
             });
  return client.submit(Order(std::move(backup)));
}

std::int64_t submit_prune(Client& client, Value root) {
  std::optional<Time> before;
  members_of(root, "", request_is, {"op", "before"},
             [&](std::string_view key, const std::string& name, Value value) {
               if (key == "before") before = time_of(value, name);
             });
  if (!before) throw invalid("prune has no before");
  return client.submit(Order(Prune{*before}));
}

template <class Query>
std::int64_t submit_query(Client& client, Value root, Query query) {
  members_of(root, "", request_is, {"op"}, [](std::string_view, const std::string&, Value) {});
  return client.submit(query);
}

std::int64_t submit_operation(Client& client, std::string_view text) {
  json::Document document;
  if (!document.parse(text)) throw invalid("the request is not JSON: " + document.error());
  const Value root = document.root();
  if (!root.is_object()) throw invalid("the request is not a JSON object");
  const std::string op = root["op"].exists() ? text_of(root["op"], "op") : "chat";
  if (op == "chat" || op == "select") return submit_chat(client, root, op == "chat");
  if (op == "models") return submit_query(client, root, ModelsQuery{});
  if (op == "usage") return submit_usage(client, root);
  if (op == "entries") return submit_entries(client, root);
  if (op == "budget") return submit_budget(client, root);
  if (op == "budgets") return submit_query(client, root, Order(BudgetQuery{}));
  if (op == "block" || op == "unblock") return submit_block(client, root, op == "unblock");
  if (op == "blocks") return submit_query(client, root, Order(BlockQuery{}));
  if (op == "clock") return submit_clock(client, root);
  if (op == "verify") return submit_query(client, root, Order(Verify{}));
  if (op == "backup") return submit_backup(client, root);
  if (op == "prune") return submit_prune(client, root);
  if (op == "reconcile") return submit_query(client, root, ReconcileQuery{});
  throw invalid("the operation " + json::quoted(cut(op)) + " is not known",
                "op is chat, select, models, usage, entries, budget, budgets, block, unblock, "
                "blocks, clock, reconcile, verify, backup or prune");
}

} // namespace

Result<Options> options_of(std::string_view text) {
  Options options;
  if (text.empty()) return options;
  json::Document document;
  if (!document.parse(text))
    return invalid("the options are not JSON: " + document.error()).error();
  try {
    members_of(
        document.root(), "", "the options are",
        {"api_key", "keys", "base_url", "app_url", "app_title", "app_categories", "env_folder",
         "ledger", "durability", "dialect", "ca_file", "proxy", "allow_http", "connect_timeout",
         "first_byte_timeout", "idle_timeout", "deadline", "retries", "max_open_calls"},
        [&](std::string_view key, const std::string& name, Value value) {
          read_option(options, key, name, value);
        });
  } catch (const Exception& refused) {
    return refused.error();
  }
  return options;
}

std::int64_t submit(Client& client, std::string_view text) {
  try {
    return submit_operation(client, text);
  } catch (const Exception& refused) {
    return ClientAccess::refuse(client, refused.error());
  }
}

} // namespace wayfare::json_api
