#include "simulation/client.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "call/retry.hpp"
#include "select/affinity.hpp"
#include "select/ranking.hpp"
#include "simulation/chance.hpp"
#include "wire/refusal.hpp"

namespace wayfare::conversations {

namespace {

constexpr int retries = 2; // as the option has it by itself
constexpr call::Micros deadline = 600'000'000;
constexpr std::chrono::seconds retry_after{1}; // that a 429 tells
// How long a provider is taken to keep a prompt, since no list tells it.
constexpr std::int64_t cache_lives_ms = 300'000;

// What GET /models/{author}/{slug}/endpoints tells, and the lifetime of the cache, which it does
// not.
std::vector<select::Offer> offers_of(const Served& model) {
  std::vector<select::Offer> offers;
  for (const Endpoint& one : model.endpoints)
    offers.push_back({.slug = one.slug,
                      .provider = one.provider,
                      .prices = one.prices,
                      .cache_lifetime = one.cache ? one.cache->lifetime_s : 0});
  return offers;
}

Error error_of(const Answer& answer) {
  Error error{.code = wire::code_of_status(answer.status), .retryable = true};
  error.status = answer.status;
  error.provider = answer.endpoint->provider;
  if (answer.status == 429) error.retry_after = retry_after;
  return error;
}

class Talk {
 public:
  Talk(const Conversation& conversation, const Table& table, const Lists& lists, const Rules& rules)
      : conversation_(conversation),
        table_(table),
        lists_(lists),
        rules_(rules),
        moment_(select::moment_at(conversation.turns.front().at_ms * 1000)),
        server_(table, rules.weather, rules.reading, rules.seed) {}

  Outcome hold() {
    sum_.conversations = 1;
    for (std::size_t at = 0; at < conversation_.turns.size(); ++at) take_turn(at);
    return std::move(sum_);
  }

 private:
  void take_turn(std::size_t number) {
    const Turn& turn = conversation_.turns[number];
    Needs needs;
    needs.prompt_bytes = turn.prompt_tokens * select::bytes_per_token;
    needs.completion_tokens = answer_most;
    needs.caches = conversation_.marks;
    Policy policy;
    policy.sort = rules_.policy;
    const bool knows_cache =
        rules_.affinity == Affinity::cache && turn.at_ms < cached_at_ms_ + cache_lives_ms;
    const select::Ranking ranking =
        select::rank(needs, conversation_.models, policy, lists_.models, moment_, {},
                     {.endpoints = policy.sort == Sort::fastest ? &lists_.endpoints : nullptr,
                      .cache = knows_cache ? &cache_ : nullptr});
    ++sum_.turns;
    call::Left left{.model = false, .retries = retries, .time = deadline};
    std::int64_t took_ms = 0;
    for (std::size_t at = 0, attempt = 0; at < ranking.in.size(); ++attempt) {
      Chance chance(rules_.seed, {5, conversation_.number, number, attempt});
      const Served& model = table_.find(ranking.in[at].name);
      const Answer answer = try_once(model, turn, needs, took_ms, chance.next());
      took_ms += answer.took_ms;
      if (answer.status == 200) return take(answer, model, turn, took_ms);
      left.model = at + 1 < ranking.in.size();
      left.time = deadline - took_ms * 1000;
      const call::Step step =
          call::decide(error_of(answer), State::voided, false, left, chance.next());
      if (step.kind == call::Step::Kind::give_up) break;
      if (step.kind == call::Step::Kind::next) {
        ++at;
        continue;
      }
      took_ms += step.wait / 1000;
      --left.retries;
      ++left.waits;
    }
    ++sum_.failed;
  }

  Answer try_once(const Served& model, const Turn& turn, const Needs& needs, std::int64_t took_ms,
                  std::uint64_t chance) {
    const std::int64_t now_ms = turn.at_ms + took_ms;
    const auto offers =
        rules_.affinity == Affinity::order ? offers_of(model) : std::vector<select::Offer>();
    std::string_view order;
    if (rules_.affinity == Affinity::order && warm_)
      order = select::order_for(*warm_,
                                {.model = model.id,
                                 .prompt_tokens = turn.prompt_tokens,
                                 .completion_tokens = select::expected_completion,
                                 .caches = needs.caches,
                                 .preferences = preferences()},
                                offers, now_ms / 1000);
    if (!order.empty()) ++sum_.orders;
    const Answer answer = server_.serve(ask_of(model, turn, order), now_ms, chance);
    if (rules_.affinity != Affinity::order) return answer;
    if (answer.status == 200)
      warm_ = select::warm_after(model.id, answer.endpoint->provider, usage_of(answer.tokens),
                                 offers, now_ms / 1000);
    else if (warm_ && select::is_lost_by(error_of(answer), *warm_))
      warm_.reset();
    return answer;
  }

  // The names in the `provider` that the policy adds to the body.
  std::vector<std::string_view> preferences() const {
    if (rules_.policy != Sort::fastest) return {};
    return {"sort"};
  }

  Ask ask_of(const Served& model, const Turn& turn, std::string_view order) const {
    return {.model = model,
            .prompt_tokens = turn.prompt_tokens,
            .completion_tokens = turn.answer_tokens,
            .marks = conversation_.marks,
            .has_session = rules_.affinity != Affinity::none,
            .order = order,
            .sort = rules_.policy == Sort::fastest ? "latency" : ""};
  }

  static Usage usage_of(const Tokens& tokens) {
    return {.prompt_tokens = tokens.prompt,
            .completion_tokens = tokens.completion,
            .cached_tokens = tokens.cached,
            .cache_write_tokens = tokens.written};
  }

  void take(const Answer& answer, const Served& model, const Turn& turn, std::int64_t took_ms) {
    sum_.cost += answer.cost;
    sum_.prompt_tokens += answer.tokens.prompt;
    sum_.cached_tokens += answer.tokens.cached;
    sum_.first_tokens_ms.push_back(static_cast<std::int32_t>(took_ms));
    if (model.intelligence) {
      ++sum_.rated;
      sum_.quality += std::llround(*model.intelligence * 10);
    }
    cache_ = {.model = model.id,
              .provider = answer.endpoint->provider,
              .tokens = answer.tokens.cached + answer.tokens.written};
    cached_at_ms_ = turn.at_ms + took_ms;
    if (before_ && before_ != answer.endpoint) {
      ++sum_.hops;
      sum_.hop_cost +=
          answer.cost - server_.would_cost(*before_, ask_of(model, turn, {}), turn.at_ms);
    }
    before_ = answer.endpoint;
  }

  const Conversation& conversation_;
  const Table& table_;
  const Lists& lists_;
  const Rules& rules_;
  select::Moment moment_;
  Server server_;
  std::optional<select::Warm> warm_;
  WarmCache cache_; // of the last answer
  std::int64_t cached_at_ms_ = -cache_lives_ms;
  const Endpoint* before_ = nullptr; // that served the turn before
  Outcome sum_;
};

} // namespace

void Outcome::add(const Outcome& other) {
  for (const auto member :
       {&Outcome::conversations, &Outcome::turns, &Outcome::failed, &Outcome::cost,
        &Outcome::prompt_tokens, &Outcome::cached_tokens, &Outcome::hops, &Outcome::hop_cost,
        &Outcome::orders, &Outcome::rated, &Outcome::quality})
    this->*member += other.*member;
  first_tokens_ms.insert(first_tokens_ms.end(), other.first_tokens_ms.begin(),
                         other.first_tokens_ms.end());
}

Outcome hold(const Conversation& conversation, const Table& table, const Lists& lists,
             const Rules& rules) {
  return Talk(conversation, table, lists, rules).hold();
}

} // namespace wayfare::conversations
