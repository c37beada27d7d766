// The environment of a test.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

// The number in a variable of the environment, or `otherwise`.
inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

// Sets the given variables, and unsets all other variables that the settings read. The destructor
// restores the old environment.
class Environment {
 public:
  Environment(std::initializer_list<std::pair<const char*, const char*>> values) {
    for (const char* name :
         {"OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "OPENROUTER_HTTP_REFERER",
          "NEXT_PUBLIC_APP_URL", "OPENROUTER_APP_TITLE", "OPENROUTER_APP_CATEGORIES",
          "WAYFARE_LEDGER", "WAYFARE_DIALECT", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"}) {
      const char* value = std::getenv(name);
      if (value) before_.emplace(name, value);
      names_.emplace_back(name);
      unsetenv(name);
    }
    for (const auto& [name, value] : values) setenv(name, value, 1);
  }
  ~Environment() {
    for (const auto& name : names_) {
      const auto value = before_.find(name);
      if (value == before_.end())
        unsetenv(name.c_str());
      else
        setenv(name.c_str(), value->second.c_str(), 1);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::string> before_;
};
