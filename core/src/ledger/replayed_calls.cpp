#include "ledger/replayed_calls.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/groups.hpp"
#include "ledger/ledger_steps.hpp"
#include "ledger/reports.hpp"
#include "ledger/stored_values.hpp"

namespace wayfare::ledger {

namespace {

// The columns that follow the dimensions in a row.
enum Column : int {
  uid,
  reserved_us,
  model,
  prompt,
  completion,
  cached,
  cache_write,
  cost_p,
  non_token_p,
  byok,
  columns
};
constexpr const char* call_columns =
    "uid, reserved_us, iif(served = 0, requested, served), prompt, completion, cached, "
    "cache_write, cost_p, non_token_p, byok";

std::optional<Amount> amount_of(const std::optional<std::int64_t>& picodollars) {
  return picodollars ? std::optional(Amount{*picodollars}) : std::nullopt;
}

PastCall call_of(const sqlite::Statement& row) {
  return {.model = {},
          .reserved_us = stored_time(row.integer(reserved_us)).time_since_epoch().count(),
          .usage = {.prompt_tokens = row.maybe_integer(prompt),
                    .completion_tokens = row.maybe_integer(completion),
                    .cached_tokens = row.maybe_integer(cached),
                    .cache_write_tokens = row.maybe_integer(cache_write)},
          .cost = amount_of(row.maybe_integer(cost_p)),
          .non_token_cost = amount_of(row.maybe_integer(non_token_p)),
          .is_byok = row.maybe_integer(byok) == 1};
}

// Adds what later rows of the attempt have learned. A correction has only what the rows before it
// lack.
void correct(sqlite::Statement& corrections, std::string_view of, PastCall& call) {
  if (corrections.bind_kept(1, of).step()) {
    int column = 0;
    for (const auto count : {&Usage::prompt_tokens, &Usage::completion_tokens,
                             &Usage::cached_tokens, &Usage::cache_write_tokens}) {
      if (!(call.usage.*count)) call.usage.*count = corrections.maybe_integer(column);
      ++column;
    }
    if (!call.cost) call.cost = amount_of(corrections.maybe_integer(column));
    call.is_byok = call.is_byok || corrections.maybe_integer(column + 1) == 1;
  }
  corrections.reset();
}

// The conditions of the filters, and the texts to bind from ?4 on.
std::string condition_of(const Replay& query, std::vector<std::string>& texts) {
  std::string sql;
  const auto add = [&](const std::string& text, const std::string& before, const char* after) {
    constexpr std::size_t first = 4;
    if (text.empty()) return;
    sql += " AND " + before + "(SELECT id FROM name WHERE text = ?" +
           std::to_string(texts.size() + first) + ")" + after;
    texts.push_back(text);
  };
  add(query.app, "app = ", "");
  add(query.agent, "agent = ", "");
  add(query.user, "user = ", "");
  add(query.of_model, "", " IN (requested, served)");
  return sql;
}

} // namespace

wayfare::Result<Replayed> past_calls(sqlite::Database& database, const Replay& query,
                                     PastCalls& into) {
  const std::vector<Dimension> by =
      query.by.value_or(std::vector{Dimension::model, Dimension::agent});
  const std::string dimension_columns = columns_of(by);
  const std::int64_t since = micros(query.since, 0), until = micros(query.until, never);
  std::vector<std::string> texts;
  sqlite::Statement rows = database.prepare(
      std::string("SELECT ") + call_columns + dimension_columns +
      " FROM entry WHERE id >= ?1 AND kind IN (0, 2) AND reserved_us >= ?2 AND reserved_us < ?3" +
      condition_of(query, texts));
  rows.bind(1, first_booked(database, since)).bind(2, since).bind(3, until);
  int parameter = 4;
  for (const std::string& text : texts) rows.bind(parameter++, text);
  sqlite::Statement corrections = database.prepare(
      "SELECT max(prompt), max(completion), max(cached), max(cache_write), max(cost_p), max(byok) "
      "FROM entry WHERE uid = ?1 AND kind = 3");
  Groups<ReplayRow> groups(database, by);
  while (rows.step()) {
    PastCall call = call_of(rows);
    if (!call.cost || call.is_byok) correct(corrections, rows.text(uid), call);
    call.model = groups.name_of(rows.integer(model));
    call.group = groups.group_of(rows, columns);
    into.add(call);
  }
  auto replayed = into.take(groups.rows());
  if (replayed) sort_by(by, replayed->rows);
  return replayed;
}

void Ledger::execute(const PastReport& report, Answer<Replayed> answer, GivenUp given_up) {
  using Found = wayfare::Result<Replayed>;
  read<Found>(
      [report](sqlite::Database& database) -> Found {
        auto into = report.make();
        if (!into) return into.error();
        return past_calls(database, report.query, **into);
      },
      [answer = std::move(answer)](wayfare::Result<Found> found) {
        answer(found ? std::move(*found) : Found(found.error()));
      },
      std::move(given_up));
}

} // namespace wayfare::ledger
