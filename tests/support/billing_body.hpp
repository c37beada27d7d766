// The body on the wire, as the billing model reads it: by names and values that bear on the bill.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "support/billing_prices.hpp"

namespace billing {

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The bytes of a value written again without blanks and escapes.
inline std::int64_t compact_bytes(Value value) {
  if (value.is_string()) return static_cast<std::int64_t>(value.string().size()) + 2;
  if (!value.is_array() && !value.is_object()) return static_cast<std::int64_t>(value.raw().size());
  std::int64_t bytes = 2;
  for (Value one = value.first(); one.exists(); one = one.next()) {
    if (value.is_object()) bytes += static_cast<std::int64_t>(one.key().size()) + 3;
    bytes += compact_bytes(one) + 1;
  }
  return bytes;
}
inline std::int64_t text_bytes(Value value) {
  return value.is_string()                    ? static_cast<std::int64_t>(value.string().size())
         : value.exists() && !value.is_null() ? compact_bytes(value)
                                              : 0;
}

struct Body {
  std::string named, model; // as it stands, and without the suffixes that only steer
  bool elsewhere = false, priority = false, fast = false, online = false;
  std::int64_t text = 0, messages = 0;
  std::int64_t passed_through = 0; // the text of members that only some providers know
  std::int64_t tools = 0, images = 0, files = 0, other_media = 0;
  bool server_tools = false, has_format = false, is_safe_prompt = false;
  bool asks_search = false, asks_live_search = false, enables_search = false;
  bool writes_1h = false;
  std::optional<std::int64_t> cap, smaller_cap;
  bool has_unread_cap = false; // there is one that may be left out
  std::int64_t choices = 1;
  std::optional<Money> prompt_max, answer_max, request_max; // of max_price
  bool web = false, fetches = false, parses = false, unknown_plugin = false;
};

inline void read_media(std::string_view type, Body& body) {
  constexpr std::array<std::string_view, 3> images{"image_url", "image", "input_image"};
  constexpr std::array<std::string_view, 3> files{"file", "input_file", "document"};
  constexpr std::array<std::string_view, 6> others{"input_audio", "audio_url",   "audio",
                                                   "video_url",   "input_video", "video"};
  if (is_one_of(type, images)) ++body.images;
  if (is_one_of(type, files)) ++body.files;
  if (is_one_of(type, others)) ++body.other_media;
}

inline void read_content(Value content, Body& body) {
  for (Value part = content.first(); content.is_array() && part.exists(); part = part.next()) {
    const auto type = last(part, "type").string();
    const auto before = body.images + body.files + body.other_media;
    read_media(type, body);
    read_content(last(part, "content"), body); // of a tool's result
    if (body.images + body.files + body.other_media != before) continue;
    body.text += type == "text" ? text_bytes(last(part, "text")) : text_bytes(part);
  }
}

inline void read_messages(Value messages, Body& body) {
  for (Value one = messages.first(); messages.is_array() && one.exists(); one = one.next()) {
    ++body.messages;
    for (Value member = one.first(); one.is_object() && member.exists(); member = member.next()) {
      if (last(one, member.key()).begin_offset() != member.begin_offset()) continue;
      if (member.key() == "content" && member.is_array())
        read_content(member, body);
      else if (member.key() == "images" && member.is_array())
        body.images += static_cast<std::int64_t>(member.size());
      else if (member.key() == "audio" && member.is_object())
        ++body.other_media; // an id stands for what was said before
      else if (member.key() != "cache_control")
        body.text += text_bytes(member);
    }
  }
}

inline void read_tools(Value root, Body& body) {
  const Value tools = last(root, "tools"), choice = last(root, "tool_choice");
  for (Value one = tools.first(); tools.is_array() && one.exists(); one = one.next()) {
    ++body.tools;
    const Value type = last(one, "type");
    if (type.is_string() && type.string() != "function") body.server_tools = true;
  }
  if (tools.is_array()) body.text += text_bytes(tools);
  if (last(choice, "type").string().starts_with("openrouter:")) body.server_tools = true;
  const Value functions = last(root, "functions"); // their old name
  if (functions.is_array()) body.tools += static_cast<std::int64_t>(functions.size());
  if (const Value format = last(root, "response_format"); format.is_object())
    if (const auto type = last(format, "type").string(); type != "text") {
      body.has_format = true;
      body.text += text_bytes(format);
    }
}

inline void read_plugins(Value plugins, Body& body) {
  for (Value one = plugins.first(); plugins.is_array() && one.exists(); one = one.next()) {
    const auto id = last(one, "id").string();
    const Value enabled = last(one, "enabled");
    if (enabled.kind() == Kind::boolean && !enabled.is_true()) continue;
    constexpr std::array<std::string_view, 5> harmless{"response-healing", "context-compression",
                                                       "auto-router", "auto-beta-router",
                                                       "pareto-router"};
    if (id == "web")
      body.web = true;
    else if (id == "web-fetch")
      body.fetches = true;
    else if (id == "file-parser")
      body.parses = true;
    else if (!is_one_of(id, harmless))
      body.unknown_plugin = true;
  }
}

inline void read_caps(Value root, Body& body) {
  for (const char* name : {"max_completion_tokens", "max_tokens"}) {
    const Value given = last(root, name);
    if (!given.exists() || given.is_null()) continue;
    const auto count = count_of(given);
    if (count && *count > 0) {
      body.smaller_cap = std::min(body.cap.value_or(*count), *count);
      body.cap = std::max(body.cap.value_or(0), *count);
    }
    if (!given.integer() || *given.integer() < 1) body.has_unread_cap = true;
  }
  for (const char* name : {"n", "best_of"})
    body.choices = std::max(body.choices, count_of(last(root, name)).value_or(1));
}

inline void read_limits(Value provider, Body& body) {
  const Value limits = last(provider, "max_price");
  body.prompt_max = decimal_of(last(limits, "prompt"), digits_of_dollar - 6);
  body.answer_max = decimal_of(last(limits, "completion"), digits_of_dollar - 6);
  body.request_max = decimal_of(last(limits, "request"), digits_of_dollar);
}

inline void read_model(Value root, Body& body) {
  std::string_view name = last(root, "model").string();
  body.named = name;
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view suffix : {":nitro", ":floor", ":exacto", ":online"})
      if (name.ends_with(suffix)) {
        body.priority = body.priority || suffix == ":nitro";
        body.online = body.online || suffix == ":online";
        name.remove_suffix(suffix.size());
        more = true;
      }
  }
  body.model = name;
  const Value models = last(root, "models"), preset = last(root, "preset");
  for (Value one = models.first(); models.is_array() && one.exists(); one = one.next())
    if (one.string() != body.named) body.elsewhere = true;
  if (name.empty() || models.is_string() || !preset.string().empty()) body.elsewhere = true;
}

// Whether a cache_control, at whatever depth, asks for an hour.
inline bool asks_an_hour(Value value) {
  if (!value.is_array() && !value.is_object()) return false;
  for (Value one = value.first(); one.exists(); one = one.next()) {
    if (one.key() == "cache_control" && last(one, "ttl").string() == "1h") return true;
    if (asks_an_hour(one)) return true;
  }
  return false;
}

// The row has its own price for such a name, or for the name without some of its last suffixes. A
// suffix that only steers may belong to a row: "qwen/qwen3-coder:exacto" is listed with a price.
inline bool names(const Body& body, const Row& row) {
  const std::string_view named = body.named;
  const bool is_begun = row.id.starts_with(body.model) && named.starts_with(row.id);
  return row.slug == body.model ||
         (is_begun && (named.size() == row.id.size() || named[row.id.size()] == ':'));
}

inline Body read_body(Value root) {
  Body body;
  read_model(root, body);
  read_messages(last(root, "messages"), body);
  read_tools(root, body);
  read_plugins(last(root, "plugins"), body);
  read_caps(root, body);
  read_limits(last(root, "provider"), body);
  body.text += text_bytes(last(root, "prompt"));
  for (const char* name : {"functions", "documents", "system", "instructions", "suffix",
                           "chat_template_kwargs", "guided_json"})
    body.passed_through += text_bytes(last(root, name));
  body.is_safe_prompt = last(root, "safe_prompt").is_true();
  for (const char* name : {"web_search_options", "x_search_filter"})
    body.asks_search = body.asks_search || last(root, name).is_object();
  body.asks_live_search = last(root, "search_parameters").is_object(); // of xAI
  body.enables_search = last(root, "enable_search").is_true();         // of Alibaba
  const auto tier = last(root, "service_tier").string();
  body.priority = body.priority || tier == "priority" || tier == "fast" || tier == "scale";
  body.fast = last(root, "speed").string() == "fast";
  body.writes_1h = asks_an_hour(root);
  return body;
}

} // namespace billing
