// The JSON of events, replies, entries and errors: every field is compared with
// tests/golden/operations. WAYFARE_GOLDEN_WRITE=1 writes the files again.

#include <cstdlib>
#include <fstream>

#include "base/json.hpp"
#include "json_api/json_api.hpp"
#include "base/time_text.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace wayfare;

namespace {

std::shared_ptr<const Reply> full_reply() {
  Reply reply;
  reply.text = "He said \"hi\"\n";
  reply.reasoning = "greet";
  reply.tool_calls = {{"call_1", "look_up", R"({"q":"fare"})"}};
  reply.finish_reason = "tool_calls";
  reply.native_finish_reason = "tool_use";
  reply.model = "openai/gpt-4o-mini";
  reply.provider = "OpenAI";
  reply.usage = {10, 20, 30, 4, 5, 6};
  reply.cost = Amount::parse("0.00215798");
  reply.cost_source = CostSource::response;
  reply.generation_id = "gen-1";
  reply.entry = "01KAVQ0000000000000000000A";
  reply.request_id = "r-1";
  reply.added = {"model"};
  reply.attempts = {{"01KAVQ00000000000000000009", "default", "a/b", Code::overloaded, 529,
                     State::voided, std::nullopt, 0},
                    {"01KAVQ0000000000000000000A", "local", "openai/gpt-4o-mini", Code::ok, 200,
                     State::settled, Amount{2'157'980'000}, 512'000}};
  reply.selection = std::make_shared<const Selection>(Selection{
      .policy = Sort::ordered, .ranked = {{.model = "a/b", .reason = "named by the request"}}});
  reply.timings = {100, 200, 300, 400};
  reply.status = 200;
  reply.message = R"({"role":"assistant","content":"He said \"hi\"\n"})";
  reply.metadata = R"({"v":1})";
  reply.raw = R"({"id":"gen-1"})";
  return std::make_shared<const Reply>(std::move(reply));
}

std::shared_ptr<const Reply> empty_reply() {
  Reply reply;
  reply.message = reply.metadata = "{}";
  reply.raw = "null";
  reply.attempts = {
      {"01KAVQ0000000000000000000B", "", "a/b", Code::rate_limited, 429, State::voided, Amount{0}}};
  return std::make_shared<const Reply>(std::move(reply));
}

Event of(EventType type, std::string text) { return {.type = type, .text = std::move(text)}; }

EntryPage entries() {
  Entry full;
  full.entry = "01KAVQ0000000000000000000A";
  full.state = State::settled;
  full.reserved = *parse_time("2026-11-23T09:46:52.000123Z");
  full.booked = *parse_time("2026-11-23T09:46:53Z");
  full.charge_to = {"shop", "support", "42", "7", {"a", "b"}};
  full.requested_model = "openai/gpt-4o-mini";
  static_cast<Billing&>(full) = {.model = "openai/gpt-4o-mini-2024",
                                 .provider = "OpenAI",
                                 .generation_id = "gen-1",
                                 .finish_reason = "stop",
                                 .cost = Amount{0},
                                 .cost_source = CostSource::response,
                                 .non_token_cost = Amount{-1}};
  full.request_id = "r-1";
  full.prompt_tokens = 10;
  full.completion_tokens = 20;
  full.cached_tokens = 4;
  full.cache_write_tokens = 5;
  full.reasoning_tokens = 6;
  full.status = 200;
  full.total_us = 400;
  Entry bare;
  bare.entry = "01KAVQ0000000000000000000B";
  bare.state = State::unknown;
  bare.error = Code::cancelled;
  return {{full, bare}, "e2"};
}

std::vector<UsageRow> usage() {
  return {{.day = "2026-11-23",
           .agent = "",
           .model = "openai/gpt-4o-mini",
           .calls = 3,
           .unknown = 1,
           .prompt_tokens = 10,
           .completion_tokens = 20,
           .cached_tokens = 4,
           .cache_write_tokens = 5,
           .reasoning_tokens = 6,
           .cost = Amount{500'000'000'000},
           .held = Amount{1}}};
}

Selection selection() {
  return {.policy = Sort::cheapest,
          .ranked = {{"a/b", "expected to cost 0.001 USD", Amount{1'000'000'000},
                      Amount{2'000'000'000}, ""}},
          .out = {{"c/d", "a router: it chooses a model itself", {}, {}, "the router c/d"}},
          .catalogue = {CatalogueSource::kept, true, parse_time("2026-11-23T09:46:52Z")}};
}

ModelList models() {
  Model model{.id = "a/b",
              .canonical_slug = "a/b-2026",
              .name = "A: B",
              .created = 1'700'000'000,
              .expires = "2026-12-31",
              .context_tokens = 8000,
              .completion_tokens_max = 1000,
              .input_modalities = {"text", "image"},
              .output_modalities = {"text"},
              .parameters = {"tools"},
              .prices = {.prompt = Price::parse("0.0000000208333333333333"),
                         .completion = Price::parse("0")}};
  model.overrides = {{.above_prompt_tokens = 32'000,
                      .utc_start = 2200,
                      .utc_end = 600,
                      .utc_days = {"monday"},
                      .prices = {.prompt = Price::parse("1")}}};
  Model bare{.id = "~a/b-latest", .kind = ModelKind::alias, .alias_of = "a/b", .free = true};
  return {{model, bare}, {}};
}

std::vector<Budget> budgets() {
  const Budget full{
      .name = "support-day",
      .limit = Amount{5'000'000'000'000},
      .spent = Amount{1},
      .reserved = Amount{2},
      .left = Amount{4'999'999'999'997},
      .excess = Amount{3},
      .resets_at = *parse_time("2026-11-24"),
      .mode = BudgetMode::soft,
      .window = Window::day,
      .assume = Amount{4},
      .value = "42",
      .scope = {"shop", "support", "*", "7", "a", "0123456789ab", "openai/gpt-4o-mini"},
      .extra = Amount{8},
      .extra_until = *parse_time("2026-11-25"),
      .thresholds = {50, 100}};
  const Budget bare{.name = "all", .window = Window::lifetime};
  return {full, bare};
}

UnknownPage unknown() {
  Unknown full{.entry = "01KAVQ0000000000000000000A",
               .state = State::unknown,
               .reserved = *parse_time("2026-11-23"),
               .since = *parse_time("2026-11-24"),
               .charge_to = {.agent = "support", .tags = {"a"}},
               .model = "a/b",
               .request_id = "mine",
               .generation_id = "gen-1",
               .cost = Amount{1},
               .bound = Amount{2},
               .held = Amount{3},
               .is_looked_up = true,
               .gives_up_at = *parse_time("2026-11-25")};
  return {{full, {.state = State::settled}}, "01KAVQ0000000000000000000B"};
}

Event done(OperationResult result) {
  return {.type = EventType::done,
          .result = std::make_shared<const OperationResult>(std::move(result))};
}

std::vector<Event> every_event() {
  Event tool{.type = EventType::tool, .tool_call = {0, "call_1", "look_up", "{\"q\""}};
  Event more{.type = EventType::tool, .tool_call = {.arguments = ":1}"}};
  Event usage_so_far{.type = EventType::usage, .reply = full_reply()};
  Event answered{.type = EventType::done, .reply = full_reply()};
  Event over_budget{
      .type = EventType::error,
      .error = std::make_shared<const Error>(Error{.code = Code::budget_exceeded,
                                                   .message = "too dear",
                                                   .budget = "support-day",
                                                   .left = Amount{7},
                                                   .resets_at = *parse_time("2026-11-24")})};
  Event failed{
      .type = EventType::error,
      .error = std::make_shared<const Error>(Error{.code = Code::rate_limited,
                                                   .message = "too many",
                                                   .advice = "wait",
                                                   .retryable = true,
                                                   .status = 429,
                                                   .generation_id = "gen-1",
                                                   .provider = "OpenAI",
                                                   .limit = "provider",
                                                   .retry_after = std::chrono::milliseconds(1500),
                                                   .reply = empty_reply()})};
  Event refused{.type = EventType::error,
                .error = std::make_shared<const Error>(error_of(Code::closed))};
  return {of(EventType::text, "He \"said\"\n\xC3\xA9"),
          of(EventType::reasoning, "greet"),
          tool,
          more,
          usage_so_far,
          answered,
          done(entries()),
          done(usage()),
          done(models()),
          done(selection()),
          done(budgets()),
          done(std::optional(budgets()[0])),
          done(std::optional<Budget>()),
          done(std::vector<Block>{{.scope = {.agent = "support"}}}),
          done(Done{}),
          done(Reconciled{1, 2, 3, 4, Amount{5}, Amount{6}, "the server is away"}),
          done(Verification{false, 1, 2, {"a line"}}),
          done(Pruned{1, 2}),
          done(unknown()),
          done(std::vector<Crossing>{{.name = "b",
                                      .value = "42",
                                      .start = *parse_time("2026-11-23"),
                                      .percent = 50,
                                      .crossed = *parse_time("2026-11-24"),
                                      .limit = Amount{2},
                                      .spent = Amount{1}},
                                     {}}),
          done(budgets()[0]),
          done(Versions{"0.1.0", "8.22.0", "AWS-LC/5.12.0", "3.54.1", "1.68.1", "1.3.2"}),
          done(Versions{}),
          over_budget,
          failed,
          refused};
}

} // namespace

TEST_CASE("the JSON of every event is the golden one, and is JSON") {
  std::string lines;
  json::Document document;
  for (const Event& event : every_event()) {
    const std::string line = json_api::to_json(7, {event});
    CHECK(document.parse(line));
    lines += line.substr(1, line.size() - 2) + "\n";
  }
  const auto path = golden::folder() / "operations" / "events.jsonl";
  if (std::getenv("WAYFARE_GOLDEN_WRITE")) std::ofstream(path, std::ios::binary) << lines;
  CHECK(lines == golden::read(path));
  CHECK(document.parse(json_api::to_json(7, every_event())));
  CHECK(document.root().size() == every_event().size());
  CHECK(json_api::to_json(7, {}) == "[]");
}

TEST_CASE("every option is read from JSON") {
  const auto options = json_api::options_of(
      R"({"api_key":"k","keys":{"b":"k2"},"base_url":"u","app_url":"a","app_title":"t",
      "app_categories":["c"],
    "env_folder":"e","ledger":"l","durability":"sync_all","dialect":"openai","ca_file":"f",
    "proxy":"p","allow_http":true,"connect_timeout":1,
    "first_byte_timeout":0.5,"idle_timeout":1e1,"deadline":0.0001,"retries":3,
    "max_open_calls":9})");
  REQUIRE(options);
  CHECK(options->api_key == "k");
  CHECK(options->keys == std::vector<std::pair<std::string, std::string>>{{"b", "k2"}});
  CHECK(options->base_url == "u");
  CHECK(options->app_url == "a");
  CHECK(options->app_title == "t");
  CHECK(options->app_categories == std::vector<std::string>{"c"});
  CHECK(options->env_folder == "e");
  CHECK(options->ledger == "l");
  CHECK(options->durability == Durability::sync_all);
  CHECK(options->dialect == Dialect::openai);
  CHECK(options->ca_file == "f");
  CHECK(options->proxy == "p");
  CHECK(options->allow_http);
  CHECK(options->connect_timeout.count() == 1000);
  CHECK(options->first_byte_timeout.count() == 500);
  CHECK(options->idle_timeout.count() == 10'000);
  CHECK(options->deadline.count() == 1); // rounded up, so that a time above zero stays above zero
  CHECK(options->retries == 3);
  CHECK(options->max_open_calls == 9);
}

TEST_CASE("the error names an option that cannot be read") {
  const auto message_of = [](const char* json) {
    const auto options = json_api::options_of(json);
    return options ? std::string("taken") : options.error().message;
  };
  CHECK(message_of(R"({"colour":1})") == "\"colour\" is not known");
  CHECK(message_of(R"({"colour":null})") == "\"colour\" is not known");
  CHECK(message_of(R"({"api_key":null})") == "taken"); // null counts as left out
  CHECK(message_of(R"({"api_key":1})") == "api_key is not a text: it is a number");
  CHECK(message_of(R"({"keys":{"b":1}})") == "keys.b is not a text: it is a number");
  // The message does not show a key in the place of a name.
  CHECK(message_of(R"({"keys":{"sk-or-v1-0123":1}})") ==
        "a value of keys is not a text: it is a number");
  CHECK(message_of(R"({"sk-or-v1-0123":1})") == "one of the names is not known");
  CHECK(message_of(R"({"keys":[]})") == "keys is not an object: it is an array");
  CHECK(message_of(R"({"app_categories":"a"})") == "app_categories is not a list: it is a string");
  CHECK(message_of(R"({"allow_http":1})") == "allow_http is not true or false: it is a number");
  CHECK(message_of(R"({"deadline":"1"})") == "deadline is not a number of seconds: it is a string");
  CHECK(message_of(R"({"deadline":1e99})") == "deadline is not a number of seconds up to 1e9");
  CHECK(message_of(R"({"deadline":1e999})") ==
        "deadline is not a number of seconds: it is a number");
  CHECK(message_of(R"({"max_open_calls":1.5})") ==
        "max_open_calls is not a whole number: it is a number");
  CHECK(message_of(R"({"max_open_calls":-1})") == "max_open_calls is below 0");
  CHECK(message_of(R"({"durability":"none"})") == "durability is not a known value");
  CHECK(message_of("[1]") == "the options are not a JSON object");
  CHECK(message_of("{").starts_with("the options are not JSON: "));
  CHECK(message_of("") == "taken");
}

TEST_CASE("times are written as text and read back") {
  for (const char* text : {"2026-11-23T09:46:52.000123Z", "1970-01-01T00:00:00.000000Z",
                           "1969-12-31T23:59:59.999999Z", "2000-02-29T23:59:59.000000Z"})
    CHECK(time_text(*parse_time(text)) == text);
  CHECK(time_text(*parse_time("2026-11-23")) == "2026-11-23T00:00:00.000000Z");
  CHECK(time_text(*parse_time("2026-11-23T01:30:00.5+02:00")) == "2026-11-22T23:30:00.500000Z");
  CHECK(time_text(*parse_time("2026-11-23 01:30:00-00:30")) == "2026-11-23T02:00:00.000000Z");
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-29", "2026-11-23T", "2026-11-23T10:00",
        "2026-11-23T10:00:00", "2026-11-23T24:00:00Z", "2026-11-23T10:00:60Z",
        "2026-11-23T10:00:00.Z", "2026-11-23T10:00:00.1234567Z", "2026-11-23T10:00:00Z ",
        "2026-11-23T10:00:00+1", "2026-11-23T10:00:00+24:00", "yesterday"})
    CHECK(!parse_time(text));
}
