// The report on caches and hops. It runs on the reader's connection and throws sqlite::Failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <wayfare/caching.hpp>

#include "ledger/sqlite.hpp"
#include "values/hop.hpp"

namespace wayfare::ledger {

// The query with what prices its hops.
struct CachingReport {
  using Result = Caching;
  CachingQuery query;
  HopPrice price;
  std::optional<CatalogueState> catalogue; // for the result
};

// A cache is taken to live for so long after the end of the attempt that used it.
inline constexpr std::int64_t cache_lifetime_us = 300'000'000;
// The runs whose last attempt is kept while the entries are read. Beyond them, the one that came
// first is forgotten, and its next attempt is no hop.
inline constexpr std::size_t runs_max = 100'000;

// Returns "" or the value of the query that cannot be used.
std::string fault_of(const CachingQuery& query);

// Reads each entry of the period once. Rows of the result are in the order of their dimensions.
Caching caching(sqlite::Database& database, const CachingReport& report);

} // namespace wayfare::ledger
