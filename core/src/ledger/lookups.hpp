// Attempts that may have been billed, and for how much is not known: whom to ask about which, when,
// and what becomes of the answer. Every method of Lookups runs inside a transaction of the
// caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/operations.hpp>

#include "values/booking.hpp"
#include "ledger/rows.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Says what a client can ask about: its server keeps what was sent to it with one of its keys.
struct Asker {
  std::string server;            // base URL
  std::vector<std::string> keys; // fingerprints
};

struct Lookup {
  std::string uid, generation_id;
  std::string key; // the fingerprint of the one it was sent with
};

struct LookupResult { // of a lookup, or of giving up
  std::int64_t settled = 0, given_up = 0;
  Amount cost, charged;     // of those
  std::int64_t unknown = 0; // give_up_old: those that stay so
  bool more = false;        // give_up_old: there are more
};

// When what became unknown at `marked_us` is looked up next: 15 s, 1, 3, 10 and 60 min after it,
// each hour until 24 h, each day from then on.
std::int64_t next_lookup(std::int64_t marked_us, std::int64_t now_us);
inline constexpr std::int64_t give_up_us = 86'400'000'000;

// The earliest time at which one is due; nothing where there is none. A read.
std::optional<std::int64_t> next_due(sqlite::Database& database, const Asker& asker);

class Lookups {
 public:
  Lookups(sqlite::Database& database, Rows& rows) : database_(database), rows_(rows) {}

  // At most so many that are due (or, of `all`, whether or not they are), of uids behind `after`;
  // each is due next at its next time, so that no other process asks as well.
  std::vector<Lookup> take(const Asker& asker, bool all, const std::string& after, int limit,
                           std::int64_t now_us);
  // The server tells: settles it, or corrects what was settled without a cost. `told` has a cost.
  LookupResult found(const std::string& uid, const Ending& told, std::int64_t now_us);
  // The server tells a cost that cannot be right: it is kept, and the cost is as one that the
  // server does not know.
  LookupResult refused(const std::string& uid, const std::string& figures, std::int64_t now_us);
  // A person tells the cost of an attempt that unknown() lists.
  Result<Done> settle(const SettleCost& settle, std::int64_t now_us);
  // The server knows it not: after a day it is given up.
  LookupResult absent(const std::string& uid, std::int64_t now_us);
  // Gives up, after a day, those that no server can be asked about.
  LookupResult give_up_old(std::int64_t now_us);

 private:
  std::optional<Error> settle_ended(const SettleCost& settle, const Ending& told,
                                    std::int64_t now_us);
  LookupResult give_up(const std::string& uid, std::int64_t now_us);
  sqlite::Database& database_;
  Rows& rows_;
};

// "" or what cannot be used.
std::string fault_of(const SettleCost& settle);

// Whether give_up_old() has anything to do. A read.
bool has_old(sqlite::Database& database, std::int64_t now_us);

} // namespace wayfare::ledger
