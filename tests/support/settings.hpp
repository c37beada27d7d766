// Resolves options: returns the settings, or the error.
#pragma once

#include <string>

#include "config/settings.hpp"
#include "support/catch.hpp"

inline wayfare::Settings settled(const wayfare::Options& options) {
  return wayfare::resolve(options).value();
}

inline std::string refused(const wayfare::Options& options) {
  const auto settings = wayfare::resolve(options);
  if (settings.ok()) return "";
  CHECK(settings.error().code == wayfare::Code::invalid);
  CHECK_FALSE(settings.error().advice.empty());
  return settings.error().message;
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}
