// What the server tells about a key: each amount is exact, and what is read is read again from an
// answer that is written from it. The input is the answer of GET /key, or of GET /credits.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time_text.hpp"
#include "fuzz/check.hpp"
#include "fuzz/decimals.hpp"
#include "fuzz/targets.hpp"
#include "json_api/json_api.hpp"
#include "wire/key_info.hpp"

namespace fuzz {

namespace {

using namespace wayfare;
using wayfare::json::Document;
using wayfare::json::Value;

// The members of the answers that are amounts.
using Amounts = std::vector<std::pair<std::string_view, std::optional<Amount> KeyInfo::*>>;
const Amounts key_amounts = {{"limit", &KeyInfo::limit},
                             {"limit_remaining", &KeyInfo::limit_remaining},
                             {"usage", &KeyInfo::usage},
                             {"usage_daily", &KeyInfo::usage_daily},
                             {"usage_weekly", &KeyInfo::usage_weekly},
                             {"usage_monthly", &KeyInfo::usage_monthly},
                             {"byok_usage", &KeyInfo::byok_usage}};
const Amounts credit_amounts = {{"total_credits", &KeyInfo::credits_bought},
                                {"total_usage", &KeyInfo::credits_used}};

// As the caller gets it.
std::string told(const KeyInfo& info) {
  const Event event{.type = EventType::done,
                    .result = std::make_shared<const OperationResult>(info)};
  std::string json = json_api::to_json(1, {event});
  check_json(json, "what is told about a key");
  return json;
}

// Every member has a value, so that one that a reader leaves alone is seen.
KeyInfo full() {
  KeyInfo info{.label = "old",
               .limit_reset = "old",
               .counts_byok = true,
               .is_free_tier = true,
               .is_management_key = true,
               .expires_at = Time(std::chrono::seconds(1)),
               .free_requests_used = 1,
               .free_requests_limit = 1};
  for (const Amounts* list : {&key_amounts, &credit_amounts})
    for (const auto& [name, member] : *list) info.*member = Amount{1};
  return info;
}

void check_amounts(const Amounts& amounts, Value data, const KeyInfo& info) {
  for (const auto& [name, member] : amounts) {
    const Value value = data[name];
    std::string_view digits = value.is_string() ? value.string() : value.number();
    const bool is_negative = digits.starts_with('-');
    digits.remove_prefix(is_negative ? 1 : 0);
    const auto decimal = Decimal::read(digits);
    const auto picounits = decimal ? decimal->picounits() : std::nullopt;
    const auto& found = info.*member;
    check(found.has_value() == picounits.has_value(),
          found ? "an amount is read that is none" : "an amount is not read", value.raw());
    if (found)
      check(found->picodollars == (is_negative ? -*picounits : *picounits),
            "an amount is read wrong", value.raw());
  }
}

void check_truths(Value data, const KeyInfo& info) {
  const auto truth = [&](std::string_view name) {
    const std::string_view word = data[name].raw();
    return word == "true"    ? std::optional(true)
           : word == "false" ? std::optional(false)
                             : std::nullopt;
  };
  check(info.counts_byok == truth("include_byok_in_limit"), "counts_byok is wrong");
  check(info.is_free_tier == truth("is_free_tier"), "is_free_tier is wrong");
  const auto manages = truth("is_management_key"), before = truth("is_provisioning_key");
  check(info.is_management_key == (manages ? manages : before), "is_management_key is wrong");
}

// Written as an answer of the server.
class Answer {
 public:
  void add(std::string_view name, const std::string& json) {
    members_ += (members_.empty() ? "" : ",") + json::quoted(name) + ":" + json;
  }
  void add(std::string_view name, std::optional<bool> truth) {
    if (truth) add(name, std::string(*truth ? "true" : "false"));
  }
  void add(const Amounts& amounts, const KeyInfo& info) {
    for (const auto& [name, member] : amounts)
      if (info.*member) add(name, (info.*member)->text());
  }
  std::string text() const { return "{\"data\":{" + members_ + "}}"; }

 private:
  std::string members_;
};

std::string key_answer(const KeyInfo& info) {
  Answer answer;
  answer.add(key_amounts, info);
  answer.add("label", json::quoted(info.label));
  answer.add("limit_reset", json::quoted(info.limit_reset));
  answer.add("include_byok_in_limit", info.counts_byok);
  answer.add("is_free_tier", info.is_free_tier);
  answer.add("is_management_key", info.is_management_key);
  if (info.expires_at) answer.add("expires_at", json::quoted(time_text(*info.expires_at)));
  std::string counts;
  for (const auto& [name, count] :
       {std::pair("used", info.free_requests_used), std::pair("limit", info.free_requests_limit)})
    if (count)
      counts +=
          (counts.empty() ? "\"" : ",\"") + std::string(name) + "\":" + std::to_string(*count);
  answer.add("free_model_daily_requests", "{" + counts + "}");
  return answer.text();
}

// An offset may lead out of the years of four digits, which are not read again.
bool is_readable(const std::optional<Time>& time) {
  return !time || parse_time(time_text(*time)) == time;
}

void key(std::string_view body, Value data) {
  KeyInfo info, over = full();
  const bool is_key = wire::read_key(body, info);
  check(is_key == data.is_object(), "the answer for a key is judged wrong");
  check(wire::read_key(body, over) == is_key, "the answer for a key is judged by what was there");
  if (!is_key) {
    check_equal(told(info), told({}), "an answer that is none is read");
    return check_equal(told(over), told(full()), "an answer that is none changes something");
  }
  over.credits_bought = over.credits_used = std::nullopt; // which another answer tells
  check_equal(told(info), told(over), "what was there before stays");
  check_amounts(key_amounts, data, info);
  check_truths(data, info);
  for (const std::string& text : {info.label, info.limit_reset}) {
    check_utf8(text, "a text of a key");
    check(text.size() <= 512, "a text of a key is too long", text);
  }
  for (const auto& count : {info.free_requests_used, info.free_requests_limit})
    check(!count || *count >= 0, "a count is below zero");
  if (!is_readable(info.expires_at)) return;
  KeyInfo again;
  check(wire::read_key(key_answer(info), again), "an answer is not read again", key_answer(info));
  check_equal(told(info), told(again), "an answer changes when it is written");
}

void credits(std::string_view body, Value data) {
  KeyInfo info, over = full();
  wire::read_credits(body, info);
  wire::read_credits(body, over);
  if (!data.is_object())
    return check_equal(told(over), told(full()), "an answer without credits changes something");
  check_amounts(credit_amounts, data, info);
  for (const auto& [name, member] : credit_amounts)
    check(info.*member == over.*member, "what was there before stays");
  Answer answer;
  answer.add(credit_amounts, info);
  KeyInfo again;
  wire::read_credits(answer.text(), again);
  check_equal(told(info), told(again), "an answer changes when it is written");
}

} // namespace

void accounts(std::string_view input) {
  Document document;
  const Value data = document.parse_repaired(input) ? document.root()["data"] : Value();
  key(input, data);
  credits(input, data);
}

} // namespace fuzz
