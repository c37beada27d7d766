#include "simulation/report.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "simulation/workload.hpp"

namespace wayfare::conversations {

namespace {

constexpr std::string_view head =
    "| reading | weather | policy | affinity | USD per conversation | cached | hops | USD of hops "
    "| first token p50, p90 | quality | failed |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";

// A fraction, rounded to so many decimals, half up in size.
std::string decimal(std::int64_t over, std::int64_t under, int decimals) {
  __extension__ typedef __int128 Wide;
  Wide scaled = over < 0 ? -Wide{over} : Wide{over};
  for (int left = decimals; left > 0; --left) scaled *= 10;
  const Wide rounded = under == 0 ? 0 : (2 * scaled + under) / (2 * Wide{under});
  std::string digits = std::to_string(static_cast<std::int64_t>(rounded));
  const auto places = static_cast<std::size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (over < 0 && rounded != 0 ? "-" : "") + digits;
}

// Of picodollars, with six decimals.
std::string dollars(std::int64_t sum, std::int64_t conversations) {
  return decimal(sum / 1'000'000, conversations * 1'000'000, 6);
}

std::string at_share(std::vector<std::int32_t>& times, std::size_t percent) {
  if (times.empty()) return "none";
  const auto place =
      times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) * percent / 100);
  std::nth_element(times.begin(), place, times.end());
  return decimal(*place, 1000, 2);
}

std::string_view name_of(Affinity affinity) {
  switch (affinity) {
    case Affinity::none: return "none";
    case Affinity::session: return "session_id";
    case Affinity::cache: return "session_id, cache";
    case Affinity::order: break;
  }
  return "session_id, order";
}

std::string row(const Rules& rules, Outcome sum) {
  std::string p50 = at_share(sum.first_tokens_ms, 50), p90 = at_share(sum.first_tokens_ms, 90);
  std::string text = rules.reading == Reading::wide ? "| wide" : "| narrow";
  for (const std::string& cell :
       {std::string(rules.weather == Weather::calm ? "calm" : "rough"),
        std::string(name(rules.policy)), std::string(name_of(rules.affinity)),
        dollars(sum.cost, sum.conversations),
        decimal(sum.cached_tokens * 100, sum.prompt_tokens, 1) + " %",
        decimal(sum.hops, sum.conversations, 2), dollars(sum.hop_cost, sum.conversations),
        p50 + " s, " + p90 + " s", decimal(sum.quality, 10 * sum.rated, 1),
        decimal(sum.failed * 100, sum.turns, 3) + " %"})
    text += " | " + cell;
  return text + " |\n";
}

} // namespace

std::vector<Affinity> affinities_of(Sort policy) {
  switch (policy) {
    case Sort::fixed:
    case Sort::fastest: return {Affinity::session};
    case Sort::cheapest:
      return {Affinity::none, Affinity::session, Affinity::cache, Affinity::order};
    case Sort::ordered:
    case Sort::best: break;
  }
  return {Affinity::none, Affinity::session, Affinity::order};
}

std::vector<Sort> all_policies() {
  std::vector<Sort> policies;
  for (const auto& one : values_of<Sort>.values) policies.push_back(one.value);
  return policies;
}

Outcome hold_all(std::uint64_t conversations, const Table& table, const Rules& rules) {
  const Lists lists = lists_of(table);
  Outcome sum;
  for (std::uint64_t number = 0; number < conversations; ++number)
    sum.add(hold(draw_conversation(rules.seed, number), table, lists, rules));
  return sum;
}

std::string report(std::uint64_t conversations, std::uint64_t seed, const Table& table,
                   const std::vector<Sort>& policies) {
  std::string text(head);
  for (const Reading reading : {Reading::wide, Reading::narrow})
    for (const Weather weather : {Weather::calm, Weather::rough})
      for (const Sort policy : policies)
        for (const Affinity affinity : affinities_of(policy)) {
          const Rules rules{policy, affinity, weather, reading, seed};
          text += row(rules, hold_all(conversations, table, rules));
        }
  return text;
}

} // namespace wayfare::conversations
