#include "base/refused_figures.hpp"

#include <algorithm>

#include "base/cut_text.hpp"
#include "base/json_writer.hpp"

namespace wayfare {

namespace {

// The characters of a number or of a string, and the source of any other value.
std::string said_in(json::Value value) {
  const std::string_view text = value.is_string() ? value.string() : value.raw();
  if (text.size() <= RefusedFigures::text_max) return std::string(text);
  if (value.kind() == json::Kind::number) return cut_text(text, RefusedFigures::text_max);
  return "(" + std::to_string(text.size()) + " bytes)";
}

} // namespace

void RefusedFigures::keep(std::string_view name, json::Value said, Place place) {
  forget(name);
  all_.emplace(place == Place::first ? all_.begin() : all_.end(), name, said_in(said));
}

void RefusedFigures::forget(std::string_view name) {
  std::erase_if(all_, [name](const auto& one) { return one.first == name; });
}

bool RefusedFigures::has(std::string_view name) const {
  return std::ranges::any_of(all_, [name](const auto& one) { return one.first == name; });
}

void RefusedFigures::take(const RefusedFigures& later) {
  std::erase_if(all_, [&](const auto& one) { return later.has(one.first); });
  all_.insert(all_.begin(), later.all_.begin(), later.all_.end());
}

void RefusedFigures::add_earlier(std::string_view text) {
  json::Document document;
  if (text.empty() || !document.parse(text) || !document.root().is_object()) return;
  for (json::Value one = document.root().first(); one.exists(); one = one.next())
    if (!has(one.key())) keep(one.key(), one);
}

std::string RefusedFigures::text() const {
  std::string out;
  for (const auto& [name, said] : all_) {
    std::string longer = out.empty() ? "{" : out.substr(0, out.size() - 1) + ",";
    json::append_string(longer, name);
    longer += ':';
    json::append_string(longer, said);
    longer += '}';
    if (longer.size() <= all_max) out = std::move(longer);
  }
  return out;
}

} // namespace wayfare
