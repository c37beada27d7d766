// Which providers a plan has to know, and what it adds to the body's provider.
#include <algorithm>
#include <utility>

#include "base/json_writer.hpp"
#include "call/cooldown_text.hpp"
#include "call/planner.hpp"
#include "select/affinity.hpp"
#include "wire/provider_rules.hpp"

namespace wayfare::call {

// The models whose providers are fetched for one call.
static constexpr std::size_t compared_max = 16;

Planner::Wanted Planner::wanted_endpoints(const Terms& terms, const Market& market) const {
  Wanted wanted;
  const Needs& needs = prepared_.needs;
  if (orders() && cache_)
    if (const Model* model = market.catalogue.find(cache_->model))
      wanted.models.push_back(model->id);
  Policy policy = route_.policy;
  const std::vector<std::string> names = named();
  // The rules of the body alone matter only where there is a choice of models.
  const bool has_choice = policy != Policy{} && names.size() != 1;
  const bool judges = policy.sort == Sort::fastest || policy.providers != ProviderRules{} ||
                      (has_choice && needs.providers != ProviderRules{});
  if (!server_.keeps_max_price || !judges) return wanted;
  if (policy.sort == Sort::fastest) policy.sort = Sort::cheapest; // no speed is known yet
  const select::Ranking ranking =
      select::rank(needs, names, policy, market.catalogue, market.moment, terms.view,
                   {.callable = callable_.get()});
  for (const select::Ranked& one : ranking.in)
    if (one.model && wanted.models.size() < compared_max &&
        std::ranges::find(wanted.models, one.model->id) == wanted.models.end())
      wanted.models.push_back(one.model->id);
  const bool keeps_nothing =
      policy.providers.zdr.value_or(false) || needs.providers.zdr.value_or(false);
  wanted.zdr = keeps_nothing && !wanted.models.empty();
  return wanted;
}

bool Planner::orders() const {
  return server_.keeps_sessions && route_.affinity_order.value_or(false) &&
         route_.policy.sort != Sort::fastest && !prepared_.needs.chooses_provider &&
         prepared_.takes_max_price; // else the body's provider takes no member
}

std::string Planner::order_of(const Model* model) const {
  const select::Seconds now = now_;
  const select::Endpoints* const known = model && cache_ ? endpoints_.find(model->id) : nullptr;
  if (!orders() || !known) return {};
  const Needs& needs = prepared_.needs;
  const select::NextRequest next{
      .model = model->id,
      .prompt_tokens = needs.prompt_bytes / select::bytes_per_token,
      .completion_tokens = std::min(needs.completion_tokens.value_or(select::expected_completion),
                                    select::expected_completion),
      .caches = needs.caches,
      .preferences = {}};
  std::vector<select::Offer> offers;
  for (const ModelEndpoint* one :
       select::usable_endpoints(*known, model->id, needs, route_.policy, endpoints_, now))
    offers.push_back({one->tag, one->provider,
                      select::prices_at(one->prices, one->overrides, next.prompt_tokens, now), 0});
  const auto is_it = [&](const select::Offer& one) { return one.provider == cache_->provider; };
  const auto own = std::ranges::find_if(offers, is_it);
  if (own == offers.end() || std::ranges::count_if(offers, is_it) > 1) return {};
  const select::Warm warm{.model = model->id,
                          .slug = own->slug,
                          .provider = own->provider,
                          .tokens = cache_->tokens,
                          .until = now + 1};
  return std::string(select::order_for(warm, next, offers, now));
}

void write_ignored(Choice& choice) {
  std::vector<std::string> slugs = choice.ignored;
  slugs.insert(slugs.end(), choice.cooling.begin(), choice.cooling.end());
  std::erase_if(choice.caps.provider, [](const auto& member) { return member.first == "ignore"; });
  if (!slugs.empty()) choice.caps.provider.emplace_back("ignore", json::array_of(slugs));
}

bool Planner::may_leave_out(const Choice& choice) const {
  return server_.keeps_max_price && prepared_.takes_max_price && !choice.model.empty() &&
         !choice.names_no_model && !prepared_.chosen_elsewhere &&
         prepared_.needs.other_models.empty() && !prepared_.needs.chooses_provider &&
         route_.policy.providers.only.empty();
}

void Planner::leave_out(Choice& choice, const std::vector<LedgerView::Cooldown>& cooling) const {
  for (const LedgerView::Cooldown& one : cooling) {
    choice.cooling.push_back(one.slug);
    choice.warnings.push_back(words_of_left_out(one));
  }
  const bool loses_cache = std::ranges::any_of(
      cooling, [&](const auto& one) { return select::names_endpoint(one.slug, choice.order); });
  if (loses_cache)
    std::erase_if(choice.caps.provider, [](const auto& member) { return member.first == "order"; });
  write_ignored(choice);
  choice.added = prepared_.added_for(choice.model, choice.caps);
}

std::vector<std::pair<std::string, std::string>> Planner::provider_members(
    const Model* model) const {
  const select::Endpoints* const known = model ? endpoints_.find(model->id) : nullptr;
  ProviderRules rules = route_.policy.providers;
  rules.only = select::slugs_of(rules.only, known);
  rules.ignore = select::slugs_of(rules.ignore, known);
  auto members = wire::members_of_rules(rules);
  if (route_.policy.sort == Sort::fastest && !prepared_.needs.chooses_provider)
    members.emplace_back(
        "sort", route_.policy.speed == Speed::throughput ? R"("throughput")" : R"("latency")");
  return members;
}

} // namespace wayfare::call
