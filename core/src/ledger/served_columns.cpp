#include "ledger/served_columns.hpp"

#include <iterator>
#include <string_view>

namespace wayfare::ledger::served_columns {

namespace {

// One of `text` and `number` is what the column has; a text stands there by its id.
struct Column {
  std::string_view name;
  std::string Billing::* text = nullptr;
  std::optional<std::int64_t> (*number)(const std::optional<std::int64_t>& first_us,
                                        const Billing& billing) = nullptr;
  void (*take)(const std::optional<std::int64_t>& number, std::optional<std::int64_t>& first_us,
               Billing& billing) = nullptr;
};

constexpr Column columns[] = {
    {.name = "first_us",
     .number = [](const std::optional<std::int64_t>& first_us, const Billing&) { return first_us; },
     .take = [](const std::optional<std::int64_t>& number, std::optional<std::int64_t>& first_us,
                Billing&) { first_us = number; }},
    {.name = "tier", .text = &Billing::tier},
    {.name = "otherwise",
     .number =
         [](const std::optional<std::int64_t>&, const Billing& billing) {
           const std::optional<bool>& otherwise = billing.served_otherwise;
           return otherwise ? std::optional(std::int64_t{*otherwise}) : std::nullopt;
         },
     .take =
         [](const std::optional<std::int64_t>& number, std::optional<std::int64_t>&,
            Billing& billing) {
           billing.served_otherwise = number ? std::optional(*number != 0) : std::nullopt;
         }},
    {.name = "quantization", .text = &Billing::quantization},
};

// Joins what `one` gives for each column and its number.
template <class One>
std::string joined(One one, std::string_view between = ", ") {
  std::string all;
  for (std::size_t at = 0; at < std::size(columns); ++at)
    all += (at == 0 ? "" : std::string(between)) + one(columns[at], static_cast<int>(at));
  return all;
}

} // namespace

int count() { return static_cast<int>(std::size(columns)); }

const std::string& names() {
  static const auto* const text =
      new std::string(joined([](const Column& column, int) { return std::string(column.name); }));
  return *text;
}

std::string places(int first) {
  return joined([&](const Column&, int at) { return "?" + std::to_string(first + at); });
}

std::string assignments(int first) {
  return joined([&](const Column& column, int at) {
    return std::string(column.name) + " = ?" + std::to_string(first + at);
  });
}

const std::string& values() {
  static const auto* const text = new std::string(joined([](const Column& column, int) {
    const std::string name(column.name);
    return column.text ? "coalesce(served_" + name + ".text, '')" : "t." + name;
  }));
  return *text;
}

const std::string& joins() {
  static const auto* const text = new std::string(joined(
      [](const Column& column, int) {
        const std::string name(column.name), alias = "served_" + name;
        return column.text ? "LEFT JOIN name " + alias + " ON " + alias + ".id = t." + name + " "
                           : std::string();
      },
      ""));
  return *text;
}

void bind(sqlite::Statement& statement, int first, const std::optional<std::int64_t>& first_us,
          const Billing& billing, const NameId& name_id) {
  for (const Column& column : columns) {
    if (!column.text)
      statement.bind(first++, column.number(first_us, billing));
    else if (const std::string& text = billing.*column.text; text.empty())
      statement.bind_null(first++);
    else
      statement.bind(first++, name_id(text));
  }
}

void read(const sqlite::Statement& row, int first, std::optional<std::int64_t>& first_us,
          Billing& billing) {
  for (const Column& column : columns) {
    if (column.text)
      billing.*column.text = row.text(first++);
    else
      column.take(row.maybe_integer(first++), first_us, billing);
  }
}

} // namespace wayfare::ledger::served_columns
