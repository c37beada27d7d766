// A ledger with calls of every kind, and helpers to check and damage its file.
#pragma once

#include <sqlite3.h>

#include <random>
#include <string>

#include "support/catch.hpp"
#include "support/ledger.hpp"

namespace keeping_words {

using namespace ledger_words;

constexpr std::int64_t day = 86'400'000'000;

inline Verification verify(Ledger& ledger) { return ask(ledger, Verify{}).value(); }
inline Result<Done> back_up(Ledger& ledger, const std::string& path) {
  return ask(ledger, Backup{path});
}
inline Result<Pruned> prune(Ledger& ledger, std::int64_t before_us) {
  return ask(ledger, Prune{Time(std::chrono::microseconds(before_us))});
}

// Runs SQL directly in SQLite, without the protections of the file.
inline void damage(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  const std::string all =
      "DROP TRIGGER IF EXISTS entry_stands; DROP TRIGGER IF EXISTS entry_stays; " + sql;
  INFO(sql);
  REQUIRE(sqlite3_exec(database, all.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

inline void age(const std::string& path, std::int64_t us) { // makes all entries so far older
  const std::string by = std::to_string(us);
  damage(path, "UPDATE entry SET booked_us = booked_us - " + by + ", reserved_us = reserved_us - " +
                   by + "; UPDATE budget_window SET start_us = start_us - " + by +
                   ", end_us = end_us - " + by + " WHERE end_us < 9000000000000000000");
  for (const char* table :
       {"rollup_day", "rollup_user", "rollup_tag", "byok_day", "byok_user", "byok_tag"})
    damage(path, std::string("UPDATE ") + table + " SET day = day - " + std::to_string(us / day));
}

// The columns of an entry that every ledger has.
inline const std::string entry_columns =
    "(id, uid, call, kind, reserved_us, booked_us, server, key, endpoint, app, agent, user, run, "
    "tags, request_id, requested, served, provider, gen_id, prompt, completion, cached, "
    "cache_write, reasoning, cost_p, cost_source, finish, error, status, total_us, bound_p, "
    "non_token_p) ";

// Calls of every kind and state, under several budgets. `byok`: some are paid directly.
inline void fill(Ledger& ledger, int calls, std::uint64_t seed = 1, bool byok = true) {
  std::mt19937_64 chance(seed);
  REQUIRE(ask(ledger, SetBudget{.name = "all",
                                .limit = Amount{1'000'000'000},
                                .window = Window::lifetime,
                                .assume = Amount{5}})
              .ok());
  SetBudget each{
      .name = "each", .limit = Amount{1'000'000'000}, .window = Window::day, .assume = Amount{5}};
  each.scope.user = "*";
  each.missing = BudgetMissing::share;
  REQUIRE(ask(ledger, each).ok());
  for (int at = 0; at < calls; ++at) {
    Reservation r = reservation(at % 2 ? "x" : "y");
    r.charge_to.user = std::string(chance() % 3, 'u');
    r.charge_to.run = at % 3 ? "r" : "";
    if (at % 4) r.charge_to.tags = {"s", "t", "s"};
    r.bound = Amount{100};
    REQUIRE_FALSE(reserve(ledger, r));
    Ending ending = settled(static_cast<std::int64_t>(chance() % 120));
    if (at % 7 == 3) ending = Ending{.state = State::voided};
    if (at % 11 == 5) ending = Ending{.state = State::unknown};
    if (at % 13 == 6)
      ending.billing = {.model = "m/served", .generation_id = "gen-" + std::to_string(at)};
    if (byok && at % 5 == 2) ending.billing.is_byok = true;
    if (byok && at % 5 == 2 && at % 20 != 2) ending.billing.upstream_cost = Amount{9};
    book(ledger, r.uid, ending);
  }
}

} // namespace keeping_words
