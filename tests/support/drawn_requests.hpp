// Requests by chance: a plain one, with up to four shapes of those that the API has, or that
// callers send.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/request.hpp>

#include "support/drawn_rows.hpp"

namespace drawn {

// A body while it is made: names and values as JSON. A name may come twice.
struct Body {
  std::vector<std::pair<std::string, std::string>> members;
  std::vector<std::string> messages;
  std::vector<std::string> limits;    // of provider.max_price
  std::vector<std::string> providers; // other members of provider
  std::string suffix;                 // of the model

  void add(std::string name, std::string value) {
    members.emplace_back(std::move(name), std::move(value));
  }
};

inline std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& one : list) out += (out.empty() ? "" : ",") + one;
  return out;
}

inline std::string words(Dice& dice) {
  std::string out;
  for (auto left = dice.one_in(10) ? dice.up_to(400) : dice.up_to(5); left > 0; --left)
    out += dice.pick({"a", "route ", "é", "\xF0\x9F\x98\x80", "\\u00e9", "\\n", "\\\"", "  ",
                      "\xE6\xBC\xA2", "ﷺ"});
  return out;
}
inline std::string message(const std::string& role, const std::string& content) {
  return R"({"role":")" + role + R"(","content":)" + content + "}";
}

inline std::string function_tool(Dice& dice) {
  return R"({"type":"function","function":{"name":"f)" + std::to_string(dice.up_to(99)) +
         R"(","description":")" + words(dice) +
         R"(","parameters":{"type":"object","properties":{}}})" +
         (dice.one_in(8) ? R"(,"cache_control":{"type":"ephemeral","ttl":"1h"}})" : "}");
}

inline void tools(Dice& dice, Body& body) {
  std::vector<std::string> list;
  for (auto left = 1 + (dice.one_in(4) ? dice.up_to(6) : 0); left > 0; --left)
    list.push_back(function_tool(dice));
  body.add("tools", "[" + joined(list) + "]");
  if (dice.one_in(3))
    body.add("tool_choice", dice.pick({R"("none")", R"("auto")", R"("required")", "null",
                                       R"({"type":"function","function":{"name":"f1"}})"}));
}

inline void server_tools(Dice& dice, Body& body) {
  if (dice.one_in(6)) return body.add("tool_choice", R"({"type":"openrouter:web_search"})");
  const std::string type = dice.pick({"openrouter:web_search", "openrouter:image_generation",
                                      "openrouter:datetime", "web_search", "bash_20250124"});
  std::string tool = R"({"type":")" + type + R"(","parameters":{}})";
  if (dice.one_in(5)) tool = R"({"type":"function","type":")" + type + R"("})";
  body.add("tools", "[" + (dice.one_in(2) ? function_tool(dice) + "," : "") + tool + "]");
  if (dice.one_in(4)) body.add("max_tool_calls", "1");
}

inline void plugins(Dice& dice, Body& body) {
  const std::string id = dice.pick({"web", "web-fetch", "file-parser", "response-healing",
                                    "context-compression", "fusion", "auto-router", "new-one"});
  const std::string plugin = R"({"id":")" + id + "\"" +
                             dice.pick({"", "", R"(,"enabled":false)", R"(,"enabled":true)",
                                        R"(,"enabled":false,"enabled":true)"}) +
                             "}";
  body.add("plugins", dice.one_in(6) ? dice.pick({"[]", "null"}) : "[" + plugin + "]");
}

inline void cap(Dice& dice, Body& body) {
  body.add(dice.pick({"max_tokens", "max_completion_tokens"}),
           dice.pick({"1", "8", "512", "4096", "100000", "1000000000"}));
}
inline void both_caps(Dice& dice, Body& body) {
  const char* names[] = {"max_completion_tokens", "max_tokens"};
  const bool turned = dice.one_in(2);
  body.add(names[turned ? 1 : 0], dice.pick({"10", "null", "100000"}));
  body.add(names[turned ? 0 : 1], dice.pick({"10", "20", "100000"}));
}
inline void odd_cap(Dice& dice, Body& body) {
  body.add(dice.pick({"max_tokens", "max_completion_tokens"}),
           dice.pick({"null", "0", "-1", "10.0", "1e1", "1e300", "10.5", "\"10\"", "true", "[]",
                      "9223372036854775807", "99999999999999999999"}));
}
inline void choices(Dice& dice, Body& body) {
  body.add(dice.pick({"n", "n", "best_of"}),
           dice.pick({"1", "2", "5", "null", "3.0", "\"4\"", "0", "-2", "2e0"}));
}

inline void own_limit(Dice& dice, Body& body) {
  const std::string value = dice.pick(
      {"1", "\"2\"", "\"9\"",   "40", "null", "\"\"", "\"1e3\"", "1e2",  "-1",        "\"-1\"",
       "0", "1e16",  "\"abc\"", "[]", "{}",   "true", "1E-3",    "0.25", "\"1e400\"", "\" 5 \""});
  const std::string name = dice.pick({"prompt", "completion", "request", "image", "prompt"});
  body.limits.push_back(in_quotes(name) + ":" + value);
  if (dice.one_in(6)) body.limits.push_back(in_quotes(name) + ":900");
}
inline void odd_provider(Dice& dice, Body& body) {
  body.add("provider",
           dice.pick({"null", "{}", "\"x\"", "[]", R"({"max_price":null})", R"({"max_price":{}})",
                      R"({"max_price":5})", R"({"max_price":{"prompt":null,"completion":null}})",
                      R"({"max_price":{"prompt":"1"},"max_price":{"prompt":"800"}})",
                      R"({"max_price":{"prompt":1},"max_price":null})"}));
  if (dice.one_in(4)) body.add("provider", R"({"max_price":{"completion":"700"}})");
}
inline void provider(Dice& dice, Body& body) {
  body.providers.push_back(dice.pick(
      {R"("order":["x"])", R"("allow_fallbacks":false)", R"("sort":"price")", R"("zdr":true)",
       R"("sort":{"by":"price","partition":"none"})", R"("only":["openai/priority"])",
       R"("require_parameters":true)", R"("quantizations":["fp8"])"}));
}

inline void media(Dice& dice, Body& body) {
  const std::string part = dice.pick(
      {R"({"type":"image_url","image_url":{"url":"https://a/b.png"}})",
       R"({"type":"file","file":{"file_data":"https://a/b.pdf"}})",
       R"({"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}})",
       R"({"type":"video_url","video_url":{"url":"https://a/b"}})",
       R"({"type":"image","source":{"type":"url","url":"https://a/b"}})",
       R"({"type":"input_image","image_url":"https://a/b"})",
       R"({"type":"document","source":{"type":"url","url":"https://a/b"}})",
       R"({"type":"audio_url","audio_url":{"url":"https://a/b"}})",
       R"({"type":"text","type":"image_url","image_url":{"url":"https://a/b"}})",
       R"({"type":"tool_result","content":[{"type":"image","source":{"url":"https://a"}}]})"});
  body.messages.push_back(
      message("user", R"([{"type":"text","text":")" + words(dice) + "\"}," + part + "]"));
}
inline void odd_message(Dice& dice, Body& body) {
  body.messages.push_back(dice.pick(
      {R"({"role":"assistant","content":"x","images":[{"image_url":{"url":"https://a/b"}}]})",
       R"({"role":"assistant","audio":{"id":"audio_1"}})", R"({"role":"user","content":null})",
       R"({"role":"assistant","content":"","reasoning":"I think"})", "{}", "null", "\"hello\"",
       R"({"role":"assistant","tool_calls":[{"id":"c","type":"function",)"
       R"("function":{"name":"f","arguments":"{}"}}]})",
       R"({"role":"tool","tool_call_id":"c","content":"42"})",
       R"({"role":"user","content":"x","content":"a longer one, that counts"})",
       R"({"role":"developer","name":"n","content":"x"})",
       R"({"role":"assistant","reasoning_details":)"
       R"([{"type":"reasoning.encrypted","data":"QUJD"}]})"}));
}
inline void many_messages(Dice& dice, Body& body) {
  for (auto left = dice.up_to(40); left > 0; --left)
    body.messages.push_back(message(dice.pick({"user", "system", "assistant"}), "\"\""));
}

inline void caching(Dice& dice, Body& body) {
  const std::string ttl = dice.pick({"", R"(,"ttl":"1h")", R"(,"ttl":"5m")"});
  const std::string control = R"({"type":"ephemeral")" + ttl + "}";
  if (dice.one_in(2)) return body.add("cache_control", control);
  if (dice.one_in(3))
    body.messages.push_back(R"({"role":"user","content":"x","cache_control":)" + control + "}");
  else
    body.messages.push_back(message(
        "user", R"([{"type":"text","text":"long and cached","cache_control":)" + control + "}]"));
}

inline void format(Dice& dice, Body& body) {
  body.add("response_format",
           dice.pick({R"({"type":"text"})", R"({"type":"json_object"})", "null",
                      R"({"type":"json_schema","json_schema":{"name":"s","schema":{}}})",
                      R"({"type":"grammar","grammar":"root ::= 1"})"}));
}
inline void reasoning(Dice& dice, Body& body) {
  body.add("reasoning", dice.pick({R"({"effort":"high"})", R"({"max_tokens":2000})", "{}",
                                   R"({"enabled":true,"exclude":true})", "null"}));
}
inline void tier(Dice& dice, Body& body) {
  if (dice.one_in(8)) return body.add("speed", "\"fast\"");
  body.add("service_tier", dice.pick({"\"auto\"", "\"default\"", "\"flex\"", "\"priority\"",
                                      "\"fast\"", "\"scale\"", "null"}));
}
inline void elsewhere(Dice& dice, Body& body) {
  if (dice.one_in(2))
    return body.add("models", dice.pick({R"(["z/dear"])", "[]", "null", R"(["z/a","z/b"])"}));
  body.add("preset", dice.pick({"\"p\"", "null", "\"\""}));
}
inline void suffixes(Dice& dice, Body& body) {
  body.suffix = dice.pick({":nitro", ":floor", ":exacto", ":online", ":nitro:online",
                           ":floor:nitro", ":online:floor", "@preset/p", ":new"});
}
inline void search(Dice& dice, Body& body) {
  body.add(dice.pick({"web_search_options", "x_search_filter", "search_parameters"}),
           dice.pick({"{}", R"({"search_context_size":"high"})", "null"}));
  if (dice.one_in(5)) body.add("enable_search", "true");
}
inline void passed_through(Dice& dice, Body& body) {
  switch (dice.up_to(4)) {
    case 0: return body.add("documents", R"([{"title":"t","snippet":")" + words(dice) + "\"}]");
    case 1: return body.add("functions", R"([{"name":"f","parameters":{"type":"object"}}])");
    case 2: return body.add("safe_prompt", "true");
    case 3: return body.add("prompt", "\"" + words(dice) + "\"");
    default: return body.add("system", "\"" + words(dice) + "\"");
  }
}
inline void modalities(Dice& dice, Body& body) {
  body.add("modalities",
           dice.pick({R"(["text"])", R"(["image","text"])", R"(["text","audio"])", "[]", "null"}));
}
inline void harmless(Dice& dice, Body& body) {
  const std::pair<const char*, const char*> members[] = {
      {"temperature", "0.5"},   {"seed", "7"},
      {"stop", "[\"x\"]"},      {"logprobs", "true"},
      {"user", "\"u\""},        {"metadata", "{}"},
      {"usage", "{}"},          {"stream_options", "{}"},
      {"verbosity", "\"max\""}, {"route", "\"fallback\""},
      {"transforms", "[]"},     {"tools", "[]"}};
  const auto& [name, value] = members[dice.up_to(std::size(members) - 1)];
  body.add(name, value);
}
// A name that is there once more, or is written in another way.
inline void twice(Dice& dice, Body& body) {
  const std::pair<const char*, const char*> members[] = {
      {"max_tokens", "100000"},
      {"max_completion_tokens", "100000"},
      {"max\\u005ftokens", "90000"},
      {"messages", "[]"},
      {"n", "6"},
      {"service_tier", "\"fast\""},
      {"cache_control", "null"},
      {"plugins", R"([{"id":"web"}])"},
      {"preset", "\"p\""},
      {"tools", R"([{"type":"openrouter:web_search"}])"}};
  const auto& [name, value] = members[dice.up_to(std::size(members) - 1)];
  body.add(name, dice.one_in(2) ? "null" : "1");
  body.add(name, value);
}

using Shape = void (*)(Dice&, Body&);
inline constexpr std::array<Shape, 28> shapes{
    tools,         tools,     server_tools,   plugins,      cap,       both_caps, odd_cap,
    choices,       own_limit, own_limit,      odd_provider, provider,  media,     odd_message,
    many_messages, caching,   caching,        format,       reasoning, tier,      elsewhere,
    suffixes,      search,    passed_through, modalities,   harmless,  harmless,  twice};

struct Request {
  std::string body;
  wayfare::Route route;
};

inline std::string text_of(const Body& body, Dice& dice) {
  std::vector<std::string> members;
  for (const auto& [name, value] : body.members) members.push_back(in_quotes(name) + ":" + value);
  members.push_back("\"messages\":[" + joined(body.messages) + "]");
  std::vector<std::string> provider = body.providers;
  if (!body.limits.empty()) provider.push_back("\"max_price\":{" + joined(body.limits) + "}");
  if (!provider.empty()) members.push_back("\"provider\":{" + joined(provider) + "}");
  for (std::size_t at = members.size(); at > 1; --at)
    std::swap(members[at - 1], members[dice.up_to(at - 1)]);
  return "{" + joined(members) + "}";
}

// `ids`: of the rows, which are one to three.
inline Request request(Dice& dice, const std::vector<std::string>& ids) {
  Body body;
  body.messages.push_back(message("user", "\"" + words(dice) + "\""));
  if (!dice.one_in(3)) body.add("max_tokens", dice.pick({"1", "16", "300", "2000"}));
  for (auto left = dice.up_to(4); left > 0; --left)
    shapes[dice.up_to(shapes.size() - 1)](dice, body);

  Request request;
  const std::string id = ids.front() + body.suffix;
  if (dice.one_in(2))
    request.route.model = id;
  else if (dice.one_in(3))
    request.route.models = ids;
  else
    body.add("model", in_quotes(id));
  if (dice.one_in(60)) body.add("model", in_quotes(ids.back()));
  if (dice.one_in(25)) request.route.policy.sort = wayfare::Sort::cheapest;
  if (dice.one_in(25)) {
    request.route.policy.max_price.prompt = wayfare::Price::parse("3");
    if (dice.one_in(2)) request.route.policy.max_price.completion = wayfare::Price::parse("9");
  }
  if (dice.one_in(40)) request.route.max_cost = wayfare::Amount::parse("0.01");
  request.body = text_of(body, dice);
  return request;
}

} // namespace drawn
