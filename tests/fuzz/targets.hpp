// The fuzz targets. Each takes any bytes, gives them to one part of wayfare, and checks what comes
// of them. A target that finds a fault says what differs and aborts.
#pragma once

#include <array>
#include <string_view>

namespace fuzz {

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
};

void accounts(std::string_view input);
void answers(std::string_view input);
void c_abi(std::string_view input);
void calls(std::string_view input);
void damaged_ledgers(std::string_view input);
void defaults(std::string_view input);
void events(std::string_view input);
void figures(std::string_view input);
void json(std::string_view input);
void options(std::string_view input);
void plans(std::string_view input);
void profiles(std::string_view input);
void requests(std::string_view input);
void texts(std::string_view input);
void time_zones(std::string_view input);

inline constexpr std::array<Target, 15> targets{{{"accounts", accounts},
                                                 {"answers", answers},
                                                 {"c_abi", c_abi},
                                                 {"calls", calls},
                                                 {"damaged_ledgers", damaged_ledgers},
                                                 {"defaults", defaults},
                                                 {"events", events},
                                                 {"figures", figures},
                                                 {"json", json},
                                                 {"options", options},
                                                 {"plans", plans},
                                                 {"profiles", profiles},
                                                 {"requests", requests},
                                                 {"texts", texts},
                                                 {"time_zones", time_zones}}};

// Null where no target has the name.
constexpr const Target* target_of(std::string_view name) {
  for (const Target& target : targets)
    if (target.name == name) return &target;
  return nullptr;
}

} // namespace fuzz
