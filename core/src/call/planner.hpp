// Plans a call: which models it tries, in which order, what each can cost at most, and what is
// added to the body so that the bound holds. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/model.hpp>
#include <wayfare/performance.hpp>
#include <wayfare/request.hpp>

#include "select/endpoint_list.hpp"
#include "select/ranking.hpp"
#include "values/ledger_view.hpp"
#include "values/server.hpp"
#include "wire/prepare.hpp"

namespace wayfare::call {

// One of the models of a call, at one of its servers.
struct Choice {
  std::size_t server = 0; // the index among the servers of the call
  std::string model;      // empty: the server chooses
  std::vector<OtherName> other_names;
  bool names_sought = false;   // `other_names` has what the models list tells
  bool names_no_model = false; // `model` is a router or a preset: the server chooses
  bool bound_sought = false;   // `bound` or `unbounded` tells what an attempt can cost at most
  std::optional<Amount> bound;
  std::string unbounded;          // the part of the request that may cost anything
  wire::Caps caps;                // what is added to the body so that the bound holds
  std::vector<std::string> added; // the names of all that is added to the body
  std::string asked_by; // what asked for the caps: "the budget \"team\"", "route.max_cost"
  // Providers that cool down may be left out of the request. The slugs in its provider.ignore that
  // are those of the policy, and those that cool down.
  bool may_leave_out = false;
  std::vector<std::string> ignored, cooling;
  std::string order; // the slug that the request asks for because of its cache; "": none
  // The server tells its usage only if it is asked, and is not asked.
  bool usage_unasked = false;
  std::vector<std::string> warnings; // for the reply
  // for a server that tells no cost; null where there are none
  std::shared_ptr<const Prices> prices;
};

// Writes the provider.ignore of `caps` anew, from `ignored` and `cooling`.
void write_ignored(Choice& choice);

// The ledger brings these to a plan.
struct Terms {
  const LedgerView& view;
  const ChargeTo& charge_to;
  std::string_view key; // its fingerprint

  const std::string* asks_bound(std::string_view model,
                                const std::vector<OtherName>& others) const {
    return view.asks_bound({charge_to, key, model, &others});
  }
};

// Tells what the models cost at one moment.
struct Market {
  const select::Catalogue& catalogue;
  const CatalogueState& state;
  select::Moment moment;
};

struct Planned {
  std::vector<Choice> choices;                 // to try, in this order; never empty
  std::shared_ptr<const Selection> selection;  // the head of the ranking; null where there is none
  std::shared_ptr<const std::string> decision; // for the ledger, where the route keeps it
};

// The plan of one request. It holds what was read of the request, so that a plan can be made again
// without reading the body again.
class Planner {
 public:
  // `server` must outlive it.
  Planner(wire::Prepared prepared, Route route, const Server& server);

  // Whether plan() needs a market.
  bool needs_market(const Terms& terms) const;
  // The list of a server whose price is an option: the models that the call names. Nothing where
  // the server's own list counts.
  std::optional<select::Catalogue> own_list() const;

  // The models whose providers must be known for the plan, and whether it must be known which
  // providers keep no data. Give what is found to know(), and then plan.
  struct Wanted {
    std::vector<std::string> models; // their ids
    bool zdr = false;
  };
  Wanted wanted_endpoints(const Terms& terms, const Market& market) const;
  void know(select::EndpointBook endpoints) { endpoints_ = std::move(endpoints); }
  // Whether the plan needs the models that the key may call: it chooses among all models.
  bool wants_callable() const;
  void know(std::shared_ptr<const select::Catalogue> callable) { callable_ = std::move(callable); }
  // Whether the plan needs what the ledger has seen of speeds.
  bool wants_performance() const noexcept { return route_.policy.sort == Sort::fastest; }
  void know(std::vector<PerformanceRow> seen) { seen_ = std::move(seen); }
  // The cache that has the prompt of the conversation, where there is one.
  void know(std::optional<WarmCache> cache, select::Seconds now) {
    cache_ = std::move(cache);
    now_ = now;
  }

  // `market` may be null where it is not needed. `no_model` where no model can serve.
  Result<Planned> plan(const Terms& terms, const Market* market) const;

  // The plan near the end of a budget: cheaper models, if the policy has some that can serve. Each
  // of them warns of it. `near_end`: the words about the budget.
  Planned step_down(const std::string& near_end, const Terms& terms, const Market& market,
                    std::vector<Choice> before);
  // From which share of a budget's limit on, in percent; nothing if the call does not step down.
  std::optional<std::int32_t> degrade_at() const;

  // Leaves out of the request what cools down, too, and warns of it.
  void leave_out(Choice& choice, const std::vector<LedgerView::Cooldown>& cooling) const;

  // The same model again, with what the terms ask for now.
  Choice plan_again(const Choice& choice, const Terms& terms, const Market& market) const;

  // The whole ranking, in words, of a request that is not sent.
  Selection selection(const Terms& terms, const Market& market) const;

  // The caller's text.
  std::string take_source() noexcept { return std::exchange(prepared_.source, {}); }
  // The body of an attempt, from the text of the request.
  wire::Body body_of(const Choice& choice, std::string source) const;

  // Whether the calls of its run are to stay with one provider, and the id of the ledger is needed.
  bool wants_session() const noexcept { return !prepared_.session.empty(); }
  void add_session(std::string_view ledger) { prepared_.add_session(ledger); }

  // The tokens that an attempt is expected to take: a quarter of the bytes, and the most that the
  // answer may have, where a limit is known.
  std::int64_t tokens_of(const Choice& choice) const;

  bool streamed() const noexcept { return prepared_.streamed; }
  const std::vector<std::string>& odd_names() const noexcept { return prepared_.odd_names; }
  const Route& route() const noexcept { return route_; }
  const Server& server() const noexcept { return server_; }
  // Whether names of models are sure to tell models apart. See select::served_otherwise.
  bool names_are_sure() const { return has_several_names(); }

 private:
  bool has_rules() const; // the route has a policy or a max_cost
  bool has_several_names() const;
  bool pins() const { return route_.pin.value_or(false); }
  bool keeps_decision() const { return route_.keep_decision.value_or(false); }
  std::vector<std::string> named() const;
  std::vector<OtherName> other_names(std::string_view name,
                                     const select::Catalogue* catalogue) const;
  void add_windows(std::string_view name, const select::Catalogue* catalogue,
                   std::vector<OtherName>& others) const;
  // `catalogue` may be null where no market is needed.
  Choice choice_of(std::string_view name, const select::Catalogue* catalogue,
                   const Terms& terms) const;
  // Whether the call is to ask for the provider that has its prompt in its cache.
  bool orders() const;
  // The slug of that provider; "" for none.
  std::string order_of(const Model* model) const;
  // Whether providers of the model may be left out: at OpenRouter, where neither the caller nor the
  // policy chooses among them and the model is sure.
  bool may_leave_out(const Choice& choice) const;
  // The members that the policy adds to the body's provider for this model.
  std::vector<std::pair<std::string, std::string>> provider_members(const Model* model) const;
  select::Ranking rank(const std::vector<std::string>& names, const Terms& terms,
                       const Market& market) const;
  // Adds the most that an attempt can cost, and the members of the body that make this hold.
  void add_bound(Choice& choice, const Model* model, const std::string* budget) const;
  select::Bound bound_of(const Choice& choice, const Model* model) const;
  std::optional<Error> refused_by_pin(const std::vector<Choice>& choices) const;
  Result<Planned> ranked(const Terms& terms, const Market& market) const;
  Error no_model_error(const select::Ranking& ranking, const Market& market) const;

  wire::Prepared prepared_;
  Route route_;
  const Server& server_;
  select::EndpointBook endpoints_;
  std::optional<WarmCache> cache_;
  select::Seconds now_ = 0; // when the cache was looked for
  std::vector<PerformanceRow> seen_;
  std::shared_ptr<const select::Catalogue> callable_; // null: not known
  std::string stepped_down_;                          // the warning after a step down
};

} // namespace wayfare::call
