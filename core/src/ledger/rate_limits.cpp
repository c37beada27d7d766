#include "ledger/rate_limits.hpp"

#include <algorithm>
#include <chrono>

#include "ledger/schema.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::int64_t buckets = 60; // of a window; one more counts

constexpr const char* rate_columns =
    "SELECT id, name, requests, tokens, per_s, app, agent, user, run, tag, key, model FROM "
    "rate_limit ";

// Counts and times that a damaged file has are brought into their range: no sum of them overflows.
constexpr std::int64_t count_max = 1'000'000'000'000, per_max_s = 86'400;
std::int64_t count_of(std::int64_t stored) {
  return std::clamp<std::int64_t>(stored, 0, count_max);
}
std::int64_t seconds_of(std::int64_t stored) {
  return std::clamp<std::int64_t>(stored, 1, per_max_s);
}

struct RateClock {
  std::string boot;
  std::int64_t offset_us = 0;
};
std::optional<RateClock> rate_clock_of(sqlite::Database& database) {
  sqlite::Statement row = database.prepare(
      "SELECT value, (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'rate_offset_us') FROM "
      "meta WHERE key = 'rate_boot'");
  if (!row.step()) return std::nullopt;
  constexpr std::int64_t most_us = 4'000'000'000'000'000'000;
  return RateClock{std::string(row.text(0)), std::clamp(row.integer(1), -most_us, most_us)};
}

// The newest time of a count, so that a clock that was set back before a start holds up nothing.
std::int64_t newest_count_us(sqlite::Database& database) {
  return database.integer(
      "SELECT coalesce(max(b.bucket * ((l.per_s * 1000000 + 59) / 60)), 0) FROM rate_bucket b JOIN "
      "rate_limit l ON l.id = b.rate_limit");
}

std::string limit_in_words(const std::string& name, const std::optional<std::int64_t>& requests,
                           const std::optional<std::int64_t>& tokens, std::int64_t per_s) {
  std::string text = "the rate limit " + name + " of ";
  if (requests) text += std::to_string(*requests) + " requests";
  if (requests && tokens) text += " and ";
  if (tokens) text += std::to_string(*tokens) + " tokens";
  return text + " in " + std::to_string(per_s) + " s";
}

} // namespace

RateLimits::RateLimits(sqlite::Database& database)
    : database_(database),
      counted_(
          database.prepare("SELECT bucket, requests, tokens FROM rate_bucket WHERE rate_limit "
                           "= ?1 AND value = ?2 AND bucket BETWEEN ?3 AND ?4 ORDER BY bucket")),
      count_(database.prepare(
          "INSERT INTO rate_bucket(rate_limit, value, bucket, requests, tokens) VALUES (?1, ?2, "
          "?3, 1, ?4) ON CONFLICT (rate_limit, value, bucket) DO UPDATE SET requests = requests + "
          "1, tokens = tokens + ?4")),
      hold_(database.prepare("INSERT OR REPLACE INTO rate_hold(uid, rate_limit, value, bucket, "
                             "tokens) VALUES (?1, ?2, ?3, ?4, ?5)")),
      held_(database.prepare("SELECT 1 FROM rate_hold WHERE uid = ?1")),
      correct_(database.prepare(
          "UPDATE rate_bucket SET tokens = max(0, rate_bucket.tokens + ?2 - h.tokens) FROM "
          "rate_hold h WHERE h.uid = ?1 AND rate_bucket.rate_limit = h.rate_limit AND "
          "rate_bucket.value = h.value AND rate_bucket.bucket = h.bucket")),
      drop_(database.prepare("DELETE FROM rate_hold WHERE uid = ?1")) {}

void RateLimits::load(const Moment& moment) {
  rules_.clear();
  counts_tokens_ = false;
  swept_us_ = 0;
  sqlite::Statement rows = database_.prepare(std::string(rate_columns) + "ORDER BY id");
  while (rows.step()) {
    Rule rule{.id = rows.integer(0),
              .name = std::string(rows.text(1)),
              .requests = rows.maybe_integer(2),
              .tokens = rows.maybe_integer(3),
              .per_s = seconds_of(rows.integer(4))};
    int column = 5;
    for (const auto& [name, part] : members_of<Scope>) rule.scope.*part = rows.text(column++);
    counts_tokens_ = counts_tokens_ || rule.tokens;
    rules_.push_back(std::move(rule));
  }
  if (!rules_.empty()) set_time(moment);
}

// The first process after a start of the machine fixes how the time goes on.
void RateLimits::set_time(const Moment& moment) {
  at(moment);
  const auto known = rate_clock_of(database_);
  if (known && known->boot == moment.boot) {
    offset_us_ = known->offset_us;
    return;
  }
  offset_us_ = std::max(moment.wall_us, newest_count_us(database_)) - moment.boot_us;
  sqlite::Statement keep = database_.prepare(
      "INSERT OR REPLACE INTO meta VALUES ('rate_boot', ?1), ('rate_offset_us', ?2)");
  keep.bind(1, moment.boot).bind(2, std::to_string(offset_us_)).run();
}

bool RateLimits::names_models() const noexcept {
  return std::ranges::any_of(rules_, [](const Rule& rule) { return !rule.scope.model.empty(); });
}

// How long it takes until there is room: 0 if there is some now.
std::optional<std::int64_t> RateLimits::room_after(const Rule& rule, const std::string& value,
                                                   std::int64_t tokens) {
  struct Count {
    std::int64_t bucket, requests, tokens;
  };
  if (rule.tokens && tokens > *rule.tokens) return std::nullopt;
  std::vector<Count> counts;
  std::int64_t requests = 1, sum = tokens;
  const std::int64_t bucket = bucket_of(rule);
  counted_.bind(1, rule.id).bind(2, value).bind(3, bucket - buckets).bind(4, bucket);
  while (counted_.step()) {
    counts.push_back(
        {counted_.integer(0), count_of(counted_.integer(1)), count_of(counted_.integer(2))});
    requests += counts.back().requests;
    sum += counts.back().tokens;
  }
  counted_.reset();
  std::int64_t free_us = now_us();
  for (const Count& one : counts) {
    if (requests <= rule.requests.value_or(requests) && sum <= rule.tokens.value_or(sum)) break;
    requests -= one.requests;
    sum -= one.tokens;
    free_us = (one.bucket + buckets + 1) * rule.bucket_us();
  }
  return free_us - now_us();
}

void RateLimits::judge(const Reservation& r, Verdict& verdict) {
  const Charged charged{r.charge_to, r.origin->key, r.model, &r.other_names};
  std::int64_t longest = 0;
  std::string value;
  for (const Rule& rule : rules_) {
    value.clear();
    if (!matches(rule.scope, charged, value)) continue;
    const auto after = room_after(rule, value, r.tokens);
    if (after && *after <= longest) continue;
    Error error{.code = Code::over_rate,
                .message = limit_in_words(rule.name, rule.requests, rule.tokens, rule.per_s),
                .limit = rule.name};
    if (!value.empty()) error.message += " of " + std::string(each_part(rule.scope)) + " " + value;
    if (!after) {
      error.message += " can never let the call through, which may take " +
                       std::to_string(r.tokens) + " tokens; nothing was sent";
      error.advice = "give fewer max_tokens, shorten the prompt, or raise the rate limit";
      verdict.room_after_us.reset();
      verdict.refused = std::move(error);
      return;
    }
    error.message += " has no room for the call now; nothing was sent";
    error.advice = "wait for retry_after, set route.on_rate_limit to wait, or raise the rate limit";
    error.retryable = true;
    error.retry_after = std::chrono::milliseconds((*after + 999) / 1000);
    verdict.room_after_us = longest = *after;
    verdict.refused = std::move(error);
  }
}

void RateLimits::take(const Reservation& r) {
  const Charged charged{r.charge_to, r.origin->key, r.model, &r.other_names};
  std::string value;
  for (const Rule& rule : rules_) {
    value.clear();
    if (!matches(rule.scope, charged, value)) continue;
    const std::int64_t bucket = bucket_of(rule), tokens = rule.tokens ? r.tokens : 0;
    count_.bind(1, rule.id).bind(2, value).bind(3, bucket).bind(4, tokens).run();
    if (!rule.tokens) continue;
    hold_.bind(1, r.uid.text()).bind(2, rule.id).bind(3, value).bind(4, bucket);
    hold_.bind(5, tokens).run();
  }
  sweep();
}

void RateLimits::ended(std::string_view uid, const Ending& e) {
  if (!counts_tokens_) return;
  const bool held = held_.bind(1, uid).step();
  held_.reset();
  if (!held) return;
  const bool known = e.usage.prompt_tokens || e.usage.completion_tokens;
  if (known || e.state == State::voided) {
    const std::int64_t told = count_of(e.usage.prompt_tokens.value_or(0)) +
                              count_of(e.usage.completion_tokens.value_or(0));
    correct_.bind(1, uid).bind(2, told).run();
  }
  drop_.bind(1, uid).run();
}

// Drops now and then what counts no more.
void RateLimits::sweep() {
  constexpr std::int64_t sweep_after_us = 60'000'000;
  if (now_us() < swept_us_ + sweep_after_us) return;
  swept_us_ = now_us();
  for (const char* table : {"rate_bucket", "rate_hold"})
    for (const Rule& rule : rules_) {
      sqlite::Statement old = database_.prepare(std::string("DELETE FROM ") + table +
                                                " WHERE rate_limit = ?1 AND bucket < ?2");
      old.bind(1, rule.id).bind(2, bucket_of(rule) - buckets).run();
    }
}

void RateLimits::forget_counts(std::int64_t id) {
  for (const char* table : {"rate_bucket", "rate_hold"}) {
    sqlite::Statement drop =
        database_.prepare(std::string("DELETE FROM ") + table + " WHERE rate_limit = ?1");
    drop.bind(1, id).run();
  }
}

// ---- Changes.

std::string fault_of(const SetRateLimit& limit) {
  constexpr std::size_t name_max = 128;
  constexpr std::int64_t requests_max = 1'000'000'000;
  if (limit.name.empty() || limit.name.size() > name_max)
    return "the name of a rate limit has 1 to 128 bytes";
  const auto is_out = [](const std::optional<std::int64_t>& value, std::int64_t most) {
    return value && (*value < 1 || *value > most);
  };
  if (is_out(limit.requests, requests_max)) return "requests is not between 1 and 1000000000";
  if (is_out(limit.tokens, count_max)) return "tokens is not between 1 and 1000000000000";
  if (is_out(limit.per, per_max_s)) return "per is not between 1 and 86400 seconds";
  if (limit.remove && (limit.requests || limit.tokens || limit.per || limit.scope != Scope{}))
    return "a rate limit cannot be both deleted and changed";
  return fault_of(limit.scope, true);
}

Result<std::optional<RateLimit>> RateLimits::change(const SetRateLimit& limit,
                                                    const Moment& moment) {
  if (limit.remove) return remove(limit.name, moment);
  const auto known = std::ranges::find(rules_, limit.name, &Rule::name);
  const bool is_new = known == rules_.end();
  if (is_new && !limit.requests && !limit.tokens)
    return Error::invalid(
        "there is no rate limit " + limit.name + " yet, and a new one needs requests or tokens",
        "give one of them");
  constexpr std::size_t rules_max = 1000; // each is looked at by every reservation
  if (is_new && rules_.size() >= rules_max)
    return Error::invalid("there are 1000 rate limits", "delete some, or let one have \"*\"");
  Rule rule = is_new ? Rule{.name = limit.name} : *known;
  const bool other = (limit.per && *limit.per != rule.per_s) ||
                     (limit.scope != Scope{} && limit.scope != rule.scope);
  if (limit.requests) rule.requests = limit.requests;
  if (limit.tokens) rule.tokens = limit.tokens;
  rule.per_s = limit.per.value_or(rule.per_s);
  if (limit.scope != Scope{}) rule.scope = limit.scope;
  sqlite::Statement row = database_.prepare(
      "INSERT INTO rate_limit(name, requests, tokens, per_s, app, agent, user, run, tag, key, "
      "model) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (name) DO UPDATE "
      "SET requests = ?2, tokens = ?3, per_s = ?4, app = ?5, agent = ?6, user = ?7, run = ?8, tag "
      "= ?9, key = ?10, model = ?11");
  row.bind(1, rule.name).bind(2, rule.requests).bind(3, rule.tokens).bind(4, rule.per_s);
  int at = 5;
  for (const auto& [name, part] : members_of<Scope>) row.bind(at++, rule.scope.*part);
  row.run();
  if (other && !is_new) forget_counts(rule.id);
  state_oldest_writer(database_);
  load(moment);
  return std::optional(rate_limits(database_, moment, rule.name).front());
}

Result<std::optional<RateLimit>> RateLimits::remove(const std::string& name, const Moment& moment) {
  const auto known = std::ranges::find(rules_, name, &Rule::name);
  if (known == rules_.end())
    return Error::invalid("there is no rate limit " + name, "rate_limits() tells which there are");
  forget_counts(known->id);
  sqlite::Statement drop = database_.prepare("DELETE FROM rate_limit WHERE id = ?1");
  drop.bind(1, known->id).run();
  state_oldest_writer(database_);
  load(moment);
  return std::optional<RateLimit>();
}

// ---- Reports.

// Each limit with each of its values that has a count now, or alone.
std::vector<RateLimit> rate_limits(sqlite::Database& database, const Moment& moment,
                                   const std::string& name) {
  const auto clock = rate_clock_of(database);
  const bool same_start = clock && clock->boot == moment.boot;
  const std::int64_t now = same_start ? moment.boot_us + clock->offset_us
                                      : std::max(moment.wall_us, newest_count_us(database));
  sqlite::Statement rows =
      database.prepare(std::string(rate_columns) + "WHERE ?1 = '' OR name = ?1 ORDER BY name");
  sqlite::Statement counts = database.prepare(
      "SELECT value, sum(requests), sum(tokens) FROM rate_bucket WHERE rate_limit = ?1 AND bucket "
      ">= ?2 GROUP BY value ORDER BY value");
  std::vector<RateLimit> found;
  rows.bind(1, name);
  while (rows.step()) {
    RateLimit limit{.name = std::string(rows.text(1)),
                    .requests = rows.maybe_integer(2),
                    .tokens = rows.maybe_integer(3),
                    .per = rows.integer(4)};
    int column = 5;
    for (const auto& [part_name, part] : members_of<Scope>) limit.scope.*part = rows.text(column++);
    const std::int64_t bucket_us = (seconds_of(limit.per) * 1'000'000 + 59) / 60;
    counts.bind(1, rows.integer(0)).bind(2, now / bucket_us - buckets);
    bool used = false;
    for (; counts.step(); used = true) {
      limit.value = counts.text(0);
      limit.used_requests = counts.integer(1);
      limit.used_tokens = counts.integer(2);
      found.push_back(limit);
    }
    counts.reset();
    if (!used) found.push_back(std::move(limit));
  }
  return found;
}

} // namespace wayfare::ledger
