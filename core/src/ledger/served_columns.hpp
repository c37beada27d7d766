// The columns of an attempt that keep how it was served. No sum counts them. A new one needs a step
// of the schema, a line in served_columns.cpp and a column of the view v1_entries.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <wayfare/billing.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger::served_columns {

int count();

// "first_us, tier, ...", as pending and entry have them.
const std::string& names();
// "?15, ?16, ...": a place for each, from `first` on.
std::string places(int first);
// "first_us = ?15, tier = ?16, ..."
std::string assignments(int first);
// The values in the rows `t` of pending or entry, for read(), and the joins that they need.
const std::string& values();
const std::string& joins();

// `name_id` gives the id of a text in the table name.
using NameId = std::function<std::int64_t(const std::string& text)>;
void bind(sqlite::Statement& statement, int first, const std::optional<std::int64_t>& first_us,
          const Billing& billing, const NameId& name_id);
// Reads the values that begin with this column.
void read(const sqlite::Statement& row, int first, std::optional<std::int64_t>& first_us,
          Billing& billing);

} // namespace wayfare::ledger::served_columns
