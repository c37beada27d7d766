// The same answer, streamed in random pieces and whole, gives the same turn, usage and cost: of
// every sample, of recordings where they are present, and of answers that are drawn by a seed.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "support/environment.hpp"
#include "support/read_answer.hpp"
#include "support/samples.hpp"

using namespace wayfare;
using answers::Read;
using json::Value;

namespace {

using Dice = std::mt19937_64;

// Where a text may be cut into two: between characters.
std::vector<std::string> cut(Dice& dice, std::string_view text) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    std::size_t size = 1 + dice() % std::min<std::size_t>(text.size(), 12);
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0u) == 0x80u) ++size;
    pieces.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  if (pieces.empty()) pieces.emplace_back();
  return pieces;
}

bool is_text_that_grows(std::string_view key) {
  return key == "text" || key == "summary" || key == "arguments" || key == "input" ||
         key == "transcript" || (key == "data");
}

// Objects that together are `whole`: one text of it in pieces, all else with the first. `inner` is
// the member that has the text in turn.
std::vector<std::string> pieces_of(Dice& dice, Value whole, std::string_view inner,
                                   const std::vector<std::string>& repeated) {
  std::vector<std::string> pieces;
  const bool is_encrypted = whole["type"].string() == "reasoning.encrypted";
  std::string grows;
  for (Value member = whole.first(); member.exists(); member = member.next())
    if (grows.empty() && !is_encrypted &&
        (member.key() == inner || (member.is_string() && is_text_that_grows(member.key()))))
      grows = member.key();
  const std::vector<std::string> cuts = grows.empty() ? std::vector<std::string>{""}
                                        : whole[grows].is_object()
                                            ? pieces_of(dice, whole[grows], "", {})
                                            : cut(dice, whole[grows].string());
  for (std::size_t at = 0; at < cuts.size(); ++at) {
    std::string piece;
    {
      json::ObjectWriter object(piece);
      for (Value member = whole.first(); member.exists(); member = member.next()) {
        const std::string key(member.key());
        const bool is_last = key == "signature"; // it comes behind the text
        if (key == grows)
          whole[grows].is_object() ? object.json(key, cuts[at]) : object.text(key, cuts[at]);
        else if ((is_last ? at + 1 == cuts.size() : at == 0) ||
                 std::ranges::find(repeated, key) != repeated.end())
          object.json(key, member.raw());
      }
    }
    pieces.push_back(piece);
  }
  return pieces;
}

// The deltas of a message: each has a piece of one member.
std::vector<std::string> deltas_of(Dice& dice, Value message) {
  std::vector<std::string> deltas{R"({"role":"assistant","content":""})"};
  const auto add = [&](const std::string& key, const std::string& value) {
    deltas.push_back("{" + json::quoted(key) + ":" + value + "}");
  };
  for (Value member = message.first(); member.exists(); member = member.next()) {
    const std::string key(member.key());
    if (key == "role" || member.is_null()) continue;
    if (member.is_string()) {
      for (const auto& piece : cut(dice, member.string())) add(key, json::quoted(piece));
    } else if (key == "tool_calls") {
      std::int64_t index = 0;
      for (Value call = member.first(); call.exists(); call = call.next(), ++index)
        for (std::string piece :
             pieces_of(dice, call, call["custom"].exists() ? "custom" : "function", {})) {
          if (!call["index"].exists() || piece.find("\"index\"") == piece.npos)
            piece = R"({"index":)" + std::to_string(index) + (piece == "{}" ? "" : ",") +
                    piece.substr(1);
          add(key, "[" + piece + "]");
        }
    } else if (key == "reasoning_details" || key == "content") {
      for (Value part = member.first(); part.exists(); part = part.next())
        for (const auto& piece : pieces_of(dice, part, "", {"type", "index", "id", "format"}))
          add(key, "[" + piece + "]");
    } else if (member.is_array()) {
      for (Value item = member.first(); item.exists(); item = item.next())
        add(key, "[" + std::string(item.raw()) + "]");
    } else {
      add(key, std::string(member.raw()));
    }
  }
  return deltas;
}

// The answer `body` as a stream.
std::string as_stream(Dice& dice, Value body) {
  const Value choice = body["choices"].first();
  const auto more = [&](const std::string& name) {
    const Value value = body[name];
    return value.exists() ? ",\"" + name + "\":" + std::string(value.raw()) : std::string();
  };
  const std::string head = R"({"id":)" + std::string(body["id"].raw()) + R"(,"model":)" +
                           std::string(body["model"].raw()) + more("provider") +
                           more("service_tier") + R"(,"choices":[{"index":0,"delta":)";
  std::string stream;
  for (const auto& delta : deltas_of(dice, choice["message"])) {
    if (dice() % 8 == 0) stream += ": wait\n\n";
    stream += answers::event(head + delta + R"(,"finish_reason":null}]})");
  }
  std::string last = head + R"({},"finish_reason":)" + std::string(choice["finish_reason"].raw());
  if (choice["native_finish_reason"].exists())
    last += R"(,"native_finish_reason":)" + std::string(choice["native_finish_reason"].raw());
  last += "}]";
  if (body["usage"].is_object()) last += R"(,"usage":)" + std::string(body["usage"].raw());
  return stream + answers::event(last + "}") + answers::event("[DONE]");
}

// A JSON text in one form: names in order, and without what says nothing: nulls, empty texts and
// lists, no arguments, and the index of a tool call, which only a stream needs.
std::string in_order(Value value, bool is_call = false) {
  if (value.is_string()) return json::quoted(value.string());
  if (!value.is_array() && !value.is_object()) return std::string(value.raw());
  std::vector<std::string> items;
  for (Value item = value.first(); item.exists(); item = item.next()) {
    if (value.is_array()) {
      items.push_back(in_order(item, is_call));
      continue;
    }
    const bool is_nothing = item.is_null() || item.raw() == "\"\"" || item.raw() == "[]" ||
                            (item.key() == "arguments" && item.raw() == "\"{}\"");
    if (is_nothing || (is_call && item.key() == "index")) continue;
    items.push_back(json::quoted(item.key()) + ":" + in_order(item, item.key() == "tool_calls"));
  }
  if (value.is_object()) std::ranges::sort(items);
  std::string all = value.is_array() ? "[" : "{";
  for (const auto& item : items) all += item + ",";
  return all;
}
std::string in_order(const std::string& text) {
  json::Document document;
  REQUIRE(document.parse(text));
  return in_order(document.root());
}

void compare(Dice& dice, std::string body) {
  std::ranges::replace(body, '\n', ' '); // an event has one line
  json::Document document;
  REQUIRE(document.parse(body));
  const std::string stream = as_stream(dice, document.root());
  INFO(body);
  INFO(stream);
  const Read whole = answers::read(body, false), streamed = answers::read(stream, true);
  CHECK_FALSE(whole.error);
  CHECK_FALSE(streamed.error);
  CHECK(in_order(streamed.reply.message) == in_order(whole.reply.message));
  CHECK(streamed.reply.text == whole.reply.text);
  CHECK(streamed.reply.reasoning == whole.reply.reasoning);
  CHECK(streamed.reply.refusal == whole.reply.refusal);
  CHECK(streamed.calls() == whole.calls());
  CHECK(streamed.reply.usage == whole.reply.usage);
  CHECK((static_cast<const Billing&>(streamed.reply) == static_cast<const Billing&>(whole.reply)));
  CHECK(streamed.told(EventType::text) == whole.reply.text);
  // `raw` of the stream is such an answer again.
  const Read again = answers::read(streamed.reply.raw, false);
  CHECK(in_order(again.reply.message) == in_order(whole.reply.message));
  CHECK(again.calls() == whole.calls());
}

// An answer that is drawn.
std::string draw(Dice& dice) {
  const auto pick = [&](const std::vector<std::string>& of) { return of[dice() % of.size()]; };
  const auto chance = [&](unsigned of) { return dice() % of == 0; };
  const auto words = [&] {
    const std::vector<std::string> parts{"ha", " ha",       "é",       "😀", "\n", "\"",
                                         "\\", "{\"a\":1}", "data: x", "漢", " "};
    std::string text;
    for (auto left = dice() % 8; left > 0; --left) text += pick(parts);
    return text;
  };
  std::string message;
  {
    json::ObjectWriter object(message);
    object.text("role", "assistant");
    const bool has_parts = chance(4); // then the reasoning is one of them
    if (has_parts) {
      std::string parts = R"([{"type":"thinking","thinking":[{"type":"text","text":)" +
                          json::quoted("t" + words()) + R"(}]},{"type":"text","text":)" +
                          json::quoted("c" + words()) + "}";
      if (chance(2)) parts += R"(,{"type":"image_url","image_url":{"url":"data:,"}})";
      object.json("content", parts + "]");
    } else {
      object.text("content", words());
      if (chance(3)) object.text(pick({"reasoning", "reasoning_content", "thinking"}), words());
    }
    if (chance(6)) object.text("refusal", words());
    if (!has_parts && chance(3)) {
      std::string details;
      for (auto left = 1 + dice() % 3; left > 0; --left) {
        const std::string index = R"(,"index":)" + std::to_string(3 - left);
        details +=
            (details.empty() ? "" : ",") +
            (chance(3) ? R"({"type":"reasoning.encrypted","data":"AbC=","id":"e)" +
                             std::to_string(left) + "\"" + index + "}"
                       : R"({"type":"reasoning.text","text":)" + json::quoted("d" + words()) +
                             (chance(2) ? R"(,"signature":"c2ln")" : "") + index + "}");
      }
      object.json("reasoning_details", "[" + details + "]");
    }
    if (chance(2)) {
      std::string calls;
      for (auto left = 1 + dice() % 3; left > 0; --left) {
        const std::string id = R"({"id":"c)" + std::to_string(left) + "\"";
        const std::string more =
            chance(3) ? R"(,"extra_content":{"google":{"thought_signature":"U0lH"}})" : "";
        calls += (calls.empty() ? "" : ",") + id +
                 (chance(4) ? R"(,"type":"custom","custom":{"name":"shell","input":)" +
                                  json::quoted("i" + words())
                            : R"(,"type":"function","function":{"name":"f","arguments":)" +
                                  json::quoted("{\"a\":" + json::quoted(words()) + "}")) +
                 "}" + more + "}";
      }
      object.json("tool_calls", "[" + calls + "]");
    }
    if (chance(5))
      object.json("annotations", R"([{"type":"url_citation","n":1},{"type":"file","n":2}])");
    if (chance(5)) object.json("x_member", R"({"a":[1,{"b":null}],"c":"once"})");
  }
  return R"({"id":"gen-1","model":"m/n","choices":[{"index":0,"message":)" + message +
         R"(,"finish_reason":")" + pick({"stop", "tool_calls", "length"}) +
         R"("}],"usage":{"prompt_tokens":)" + std::to_string(dice() % 100) +
         R"(,"completion_tokens":7,"cost":0.00)" + std::to_string(1 + dice() % 9) + "}}";
}

} // namespace

TEST_CASE("an answer gives the same turn, streamed in pieces and whole: samples and recordings") {
  Dice dice(std::random_device{}());
  int compared = 0;
  for (const auto& sample : samples::named("json_200_")) {
    json::Document document;
    if (!document.parse(sample.body)) continue;
    const Value choice = document.root()["choices"].first();
    if (!choice["message"].is_object() || !choice["finish_reason"].is_string()) continue;
    for (int times = 0; times < 5; ++times) compare(dice, sample.body);
    ++compared;
  }
  CHECK(compared >= 20);
}

TEST_CASE("an answer gives the same turn, streamed in pieces and whole: drawn by a seed") {
  const std::uint64_t seed = number_from("WAYFARE_SEED", std::random_device{}());
  INFO("WAYFARE_SEED=" << seed);
  Dice dice(seed);
  for (int times = 0; times < 2000; ++times) compare(dice, draw(dice));
}
