#include "engine/hide_keys.hpp"

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "wire/redact_prompt.hpp"

namespace wayfare {

namespace {

template <class T>
struct Kind {
  static constexpr bool is_list = false, is_shared = false, is_optional = false;
};
template <class T>
struct Kind<std::vector<T>> {
  static constexpr bool is_list = true, is_shared = false, is_optional = false;
};
template <class T>
struct Kind<std::shared_ptr<const T>> {
  static constexpr bool is_list = false, is_shared = true, is_optional = false;
};
template <class T>
struct Kind<std::optional<T>> {
  static constexpr bool is_list = false, is_shared = false, is_optional = true;
};

// Whether a key stands in a text of the value, by the tables of fields.
template <class Value>
bool has_key(const Keys& keys, const Value& value) {
  bool found = false;
  if constexpr (std::is_same_v<Value, std::string>) {
    found = keys.stand_in(value);
  } else if constexpr (Kind<Value>::is_list) {
    for (const auto& one : value) found = found || has_key(keys, one);
  } else if constexpr (Kind<Value>::is_shared || Kind<Value>::is_optional) {
    found = value && has_key(keys, *value);
  } else if constexpr (Described<Value>) {
    for_each_field<Value>(
        [&](const auto& leaf) { found = found || has_key(keys, leaf.get(value)); });
  }
  return found;
}

template <class Value>
void hide_in(const Keys& keys, Value& value) {
  if constexpr (std::is_same_v<Value, std::string>) {
    keys.hide(value);
  } else if constexpr (Kind<Value>::is_list) {
    for (auto& one : value) hide_in(keys, one);
  } else if constexpr (Kind<Value>::is_shared) {
    if (!value || !has_key(keys, *value)) return; // nearly always
    auto copy = std::make_shared<std::remove_const_t<typename Value::element_type>>(*value);
    hide_in(keys, *copy);
    value = std::move(copy);
  } else if constexpr (Kind<Value>::is_optional) {
    if (value) hide_in(keys, *value);
  } else if constexpr (Described<Value>) {
    for_each_field<Value>([&](const auto& leaf) { hide_in(keys, leaf.get(value)); });
  }
}

} // namespace

void hide_keys(const Keys& keys, call::Actions& actions) {
  if (actions.note) hide_in(keys, *actions.note);
  if (actions.book) {
    hide_in(keys, actions.book->billing);
    keys.hide(actions.book->outcome.provider);
  }
  for (Event& event : actions.events) {
    keys.hide(event.text);
    if (event.type == EventType::tool) hide_in(keys, event.tool_call);
    if (event.reply) hide_in(keys, event.reply);
    if (event.error) hide_in(keys, event.error);
  }
}

void hide_quotations(const Keys& keys, const Key* key, std::string_view body,
                     call::Actions& actions) {
  for (Event& event : actions.events) {
    if (event.type != EventType::error) continue;
    auto clean = std::make_shared<Error>(*event.error);
    for (std::string* text : {&clean->message, &clean->provider}) keys.hide_parts(*text);
    if (clean->status != 0) wire::hide_prompt(clean->message, body);
    if (clean->code == Code::unauthorized && key)
      clean->advice += "; the key that was sent came from " + key->place;
    event.error = std::move(clean);
  }
}

} // namespace wayfare
