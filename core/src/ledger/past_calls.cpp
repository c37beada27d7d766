#include "ledger/past_calls.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ledger/calendar.hpp"
#include "ledger/ledger_steps.hpp"
#include "ledger/reports.hpp"
#include "ledger/stored_values.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::size_t dimensions = values_of<Dimension>.values.size();

bool is_of_time(Dimension one) {
  return one == Dimension::hour || one == Dimension::day || one == Dimension::week ||
         one == Dimension::month;
}

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

std::string column_of(Dimension one) {
  if (is_of_time(one)) return "reserved_us";
  switch (one) {
    case Dimension::model: return "iif(served = 0, requested, served)";
    case Dimension::requested_model: return "requested";
    case Dimension::agent_version: return "coalesce(agent_version, 0)";
    case Dimension::run: return "coalesce(run, '')";
    default: return std::string(name(one));
  }
}

// The rows of a report: each combination of the dimensions, by the order in which it came.
class Groups {
 public:
  Groups(sqlite::Database& database, const std::vector<Dimension>& by)
      : by_(by), name_(database.prepare("SELECT text FROM name WHERE id = ?1")) {}

  std::size_t group_of(const sqlite::Statement& row, int first) {
    Key key{};
    for (std::size_t at = 0; at < by_.size(); ++at) {
      const int column = first + static_cast<int>(at);
      key[at] = by_[at] == Dimension::run ? number_of(row.text(column))
                : is_of_time(by_[at])     ? calendar_.period_of(by_[at], row.integer(column))
                                          : row.integer(column);
    }
    const auto [known, is_new] = groups_.try_emplace(key, keys_.size());
    if (is_new) keys_.push_back(key);
    return known->second;
  }

  const std::string& name_of(std::int64_t id) {
    const auto [known, is_new] = names_.try_emplace(id);
    if (is_new && name_.bind(1, id).step()) known->second = name_.text(0);
    if (is_new) name_.reset();
    return known->second;
  }

  std::vector<ReplayRow> rows() {
    std::vector<ReplayRow> rows(keys_.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
      for (std::size_t at = 0; at < by_.size(); ++at)
        for_each_field<ReplayRow>([&](const auto& leaf) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(leaf.get(rows[row]))>,
                                       std::optional<std::string>>)
            if (leaf.name == name(by_[at])) leaf.get(rows[row]) = text_of(at, keys_[row][at]);
        });
    return rows;
  }

 private:
  using Key = std::array<std::int64_t, dimensions>;
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      std::size_t hash = 0;
      for (const std::int64_t one : key)
        hash = (hash ^ static_cast<std::size_t>(one)) * 0x9E3779B97F4A7C15u;
      return hash ^ hash >> 32;
    }
  };
  std::int64_t number_of(std::string_view run) {
    const auto [known, is_new] = runs_.try_emplace(std::string(run), std::ssize(run_texts_));
    if (is_new) run_texts_.push_back(&known->first);
    return known->second;
  }
  std::string text_of(std::size_t at, std::int64_t value) {
    if (by_[at] == Dimension::run) return *run_texts_[static_cast<std::size_t>(value)];
    if (is_of_time(by_[at])) return Calendar::text_of(by_[at], value);
    if (by_[at] == Dimension::agent_version) return value == 0 ? "" : std::to_string(value);
    constexpr std::size_t shown = 12; // digits of the fingerprint of a key
    return by_[at] == Dimension::key ? name_of(value).substr(0, shown) : name_of(value);
  }

  const std::vector<Dimension>& by_;
  const Calendar calendar_{TimeZone()};
  sqlite::Statement name_;
  std::unordered_map<Key, std::size_t, Hash> groups_;
  std::vector<Key> keys_;
  std::unordered_map<std::int64_t, std::string> names_;
  std::unordered_map<std::string, std::int64_t> runs_;
  std::vector<const std::string*> run_texts_;
};

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

void sort(const std::vector<Dimension>& by, std::vector<ReplayRow>& rows) {
  const auto key_of = [&](const ReplayRow& row) {
    std::vector<std::string> key;
    for (const Dimension one : by)
      for_each_field<ReplayRow>([&](const auto& leaf) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(leaf.get(row))>,
                                     std::optional<std::string>>)
          if (leaf.name == name(one)) key.push_back(leaf.get(row).value_or(""));
      });
    return key;
  };
  std::ranges::sort(rows, {}, key_of);
}

} // namespace

wayfare::Result<Replayed> past_calls(sqlite::Database& database, const Replay& query,
                                     PastCalls& into) {
  const std::vector<Dimension> by =
      query.by.value_or(std::vector{Dimension::model, Dimension::agent});
  std::string dimension_columns;
  for (const Dimension one : by) dimension_columns += ", " + column_of(one);
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
  Groups groups(database, by);
  while (rows.step()) {
    PastCall call = call_of(rows);
    if (!call.cost || call.is_byok) correct(corrections, rows.text(uid), call);
    call.model = groups.name_of(rows.integer(model));
    call.group = groups.group_of(rows, columns);
    into.add(call);
  }
  auto replayed = into.take(groups.rows());
  if (replayed) sort(by, replayed->rows);
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
