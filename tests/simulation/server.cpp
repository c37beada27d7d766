#include "simulation/server.hpp"

#include <algorithm>
#include <cmath>

namespace wayfare::conversations {

namespace {

constexpr std::int64_t outage_remembered_ms = 30'000, sticky_ms = 600'000, refusal_ms = 300;
constexpr std::int64_t day_ms = 86'400'000;

std::int64_t price(const Endpoint& endpoint) { return endpoint.prompt + endpoint.completion; }

// A base slug stands for all that begin with it: google-vertex for google-vertex/us-east5.
bool matches(std::string_view slug, std::string_view want) {
  return slug.starts_with(want) && (slug.size() == want.size() || slug[want.size()] == '/');
}

std::vector<const Endpoint*> drawn(const Served& model, const std::vector<double>& draws) {
  std::vector<const Endpoint*> rest, order;
  for (const Endpoint& one : model.endpoints) rest.push_back(&one);
  for (std::size_t place = 0; !rest.empty(); ++place) {
    std::vector<double> sums;
    double sum = 0;
    for (const Endpoint* one : rest) {
      const double dollars = std::max(static_cast<double>(price(*one)) / 1e12, 1e-9);
      sums.push_back(sum += 1 / (dollars * dollars));
    }
    const auto last = sums.end() - 1;
    const auto found = std::upper_bound(sums.begin(), last, draws.at(place) * sum) - sums.begin();
    order.push_back(rest[static_cast<std::size_t>(found)]);
    rest.erase(rest.begin() + found);
  }
  return order;
}

// By what `provider.sort` names, else by the price.
std::vector<const Endpoint*> sorted(const Served& model, std::string_view sort) {
  std::vector<const Endpoint*> order;
  for (const Endpoint& one : model.endpoints) order.push_back(&one);
  std::ranges::stable_sort(order, {}, [&](const Endpoint* one) {
    if (sort == "latency") return one->latency_ms;
    return sort == "throughput" ? -one->throughput : price(*one);
  });
  return order;
}

} // namespace

std::vector<const Endpoint*> route(const Served& model, const Wishes& wishes) {
  const bool draws = wishes.order.empty() && wishes.sort.empty();
  auto order = draws ? drawn(model, wishes.draws) : sorted(model, wishes.sort);
  const auto wish = [&](const Endpoint& one) -> std::ptrdiff_t {
    if (draws) return !wishes.sticky.empty() && one.slug != wishes.sticky;
    const auto named = [&](std::string_view want) { return matches(one.slug, want); };
    return std::ranges::find_if(wishes.order, named) - wishes.order.begin();
  };
  const auto is_down = [&](const Endpoint& one) {
    return !wishes.down.empty() &&
           wishes.down[static_cast<std::size_t>(&one - model.endpoints.data())];
  };
  std::ranges::stable_sort(order, [&](const Endpoint* one, const Endpoint* other) {
    return std::pair(wish(*one), is_down(*one)) < std::pair(wish(*other), is_down(*other));
  });
  return order;
}

std::vector<double> draws_of(const Served& model, std::uint64_t chance) {
  Chance shares(chance, {3});
  std::vector<double> draws(model.endpoints.size());
  for (double& draw : draws) draw = shares.share();
  return draws;
}

std::int64_t bill(const Endpoint& endpoint, const Tokens& tokens) {
  const std::int64_t plain = tokens.prompt - tokens.cached - tokens.written;
  return plain * endpoint.prompt + tokens.cached * endpoint.cache_read +
         tokens.written * endpoint.cache_write + tokens.completion * endpoint.completion;
}

Tokens Memory::read(const Endpoint& endpoint, std::int64_t prompt, bool marks, std::int64_t now_ms,
                    bool keep) {
  Tokens tokens{.prompt = prompt};
  if (!endpoint.cache || prompt < endpoint.cache->least) return tokens;
  Kept& kept = kept_[endpoint.index];
  const bool keeps = endpoint.cache->automatic || marks;
  const std::int64_t known = kept.until_ms > now_ms ? kept.blocks : 0, blocks = prompt / block;
  if (known * block >= endpoint.cache->least) tokens.cached = known * block;
  if (keeps && endpoint.bills_writes) tokens.written = blocks * block - tokens.cached;
  if (keep) kept = {keeps ? blocks : known, now_ms + endpoint.cache->lifetime_s * 1000};
  return tokens;
}

bool sticks(Reading reading, const Endpoint& endpoint, bool has_session, const Tokens& tokens) {
  if (reading == Reading::wide) return has_session || tokens.cached > 0;
  return endpoint.cache_read < endpoint.prompt &&
         (has_session || tokens.cached > 0 || tokens.written > 0);
}

Server::Server(const Table& table, Weather weather, Reading reading, std::uint64_t seed)
    : weather_(weather), reading_(reading), seed_(seed), memory_(table.endpoints) {}

bool Server::is_down(const Endpoint& endpoint, std::int64_t now_ms, std::int64_t after_ms) const {
  const std::int64_t now = now_ms % day_ms;
  return weather_ == Weather::rough &&
         std::ranges::any_of(endpoint.traffic.outages, [&](const auto& outage) {
           return outage.first * 1000 <= now && now < outage.second * 1000 + after_ms;
         });
}

bool Server::is_limited(const Endpoint& endpoint, std::int64_t now_ms) const {
  const auto minute = static_cast<std::uint64_t>(now_ms / 60'000);
  return weather_ == Weather::rough &&
         Chance(seed_, {2, endpoint.index, minute}).of_1000(endpoint.traffic.limited);
}

int Server::failure_of(const Endpoint& endpoint, std::int64_t now_ms, Chance& chance) const {
  const bool fails = chance.of_1000(endpoint.traffic.failures);
  if (is_down(endpoint, now_ms, 0)) return 503;
  if (is_limited(endpoint, now_ms)) return 429;
  return fails ? 502 : 0;
}

std::string_view Server::sticky_of(const Served& model, std::int64_t now_ms) const {
  const auto found = std::ranges::find(sticky_, &model, &Sticky::model);
  return found != sticky_.end() && found->until_ms > now_ms ? found->slug : std::string_view();
}

void Server::stick(const Served& model, const Endpoint& endpoint, std::int64_t now_ms) {
  auto found = std::ranges::find(sticky_, &model, &Sticky::model);
  if (found == sticky_.end()) found = sticky_.insert(found, Sticky{.model = &model, .slug = {}});
  found->slug = endpoint.slug;
  found->until_ms = now_ms + sticky_ms;
}

Answer Server::serve(const Ask& ask, std::int64_t now_ms, std::uint64_t chance) {
  Wishes wishes{.order = {},
                .sort = ask.sort,
                .sticky = sticky_of(ask.model, now_ms),
                .draws = draws_of(ask.model, chance),
                .down = {}};
  if (!ask.order.empty()) wishes.order.push_back(ask.order);
  for (const Endpoint& one : ask.model.endpoints)
    wishes.down.push_back(is_down(one, now_ms, outage_remembered_ms));
  Answer answer;
  for (const Endpoint* one : route(ask.model, wishes)) {
    Chance own(chance, {4, one->index});
    answer.endpoint = one;
    const int failure = failure_of(*one, now_ms, own);
    answer.status = failure ? failure : 200;
    // Of a log-normal, 90 percent are below 1.2816 deviations.
    const double deviation = std::log(static_cast<double>(one->traffic.latency_p90_ms) /
                                      static_cast<double>(one->latency_ms)) /
                             1.2816;
    const std::int64_t latency = own.log_normal(static_cast<double>(one->latency_ms), deviation);
    if (failure) {
      answer.took_ms += failure == 502 ? latency : refusal_ms;
      continue;
    }
    answer.tokens = memory_.read(*one, ask.prompt_tokens, ask.marks, now_ms, true);
    answer.tokens.completion = ask.completion_tokens;
    answer.cost = bill(*one, answer.tokens);
    answer.took_ms += latency - latency * one->traffic.cached_saves * answer.tokens.cached /
                                    (100 * ask.prompt_tokens);
    if (wishes.order.empty() && sticks(reading_, *one, ask.has_session, answer.tokens))
      stick(ask.model, *one, now_ms);
    break;
  }
  return answer;
}

std::int64_t Server::would_cost(const Endpoint& endpoint, const Ask& ask, std::int64_t now_ms) {
  Tokens tokens = memory_.read(endpoint, ask.prompt_tokens, ask.marks, now_ms, false);
  tokens.completion = ask.completion_tokens;
  return bill(endpoint, tokens);
}

} // namespace wayfare::conversations
