// Plans a call: which models it tries, in which order, what each can cost at most, and what is
// added to the body so that the bound holds. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/model.hpp>
#include <wayfare/request.hpp>

#include "select/ranking.hpp"
#include "values/ledger_view.hpp"
#include "values/server.hpp"
#include "wire/prepare.hpp"

namespace wayfare::call {

// One of the models of a call.
struct Choice {
  std::string model; // empty: the server chooses
  std::vector<OtherName> other_names;
  bool names_sought = false;   // `other_names` has what the models list tells
  bool names_no_model = false; // `model` is a router or a preset: the server chooses
  bool bound_sought = false;   // `bound` or `unbounded` tells what an attempt can cost at most
  std::optional<Amount> bound;
  std::string unbounded;          // the part of the request that may cost anything
  wire::Caps caps;                // what is added to the body so that the bound holds
  std::vector<std::string> added; // the names of all that is added to the body
  std::string asked_by; // what asked for the caps: "the budget \"team\"", "route.max_cost"
  // The server tells its usage only if it is asked, and is not asked.
  bool usage_unasked = false;
  std::string warning; // for the reply
  // for a server that tells no cost; null where there are none
  std::shared_ptr<const Prices> prices;
};

// What the ledger brings to a plan.
struct Terms {
  const LedgerView& view;
  const ChargeTo& charge_to;
  std::string_view key; // its fingerprint

  const std::string* asks_bound(std::string_view model,
                                const std::vector<OtherName>& others) const {
    return view.asks_bound({charge_to, key, model, &others});
  }
};

// What the models cost at one moment.
struct Market {
  const select::Catalogue& catalogue;
  const CatalogueState& state;
  select::Moment moment;
};

struct Planned {
  std::vector<Choice> choices;                // to try, in this order; never empty
  std::shared_ptr<const Selection> selection; // the head of the ranking; null where there is none
};

// The plan of one request. It holds what was read of the request, so that a plan can be made again
// without reading the body again.
class Planner {
 public:
  // `server` must outlive it.
  Planner(wire::Prepared prepared, Route route, const Server& server);

  // Whether plan() needs a market.
  bool needs_market(const Terms& terms) const;

  // `market` may be null where it is not needed. `no_model` where no model can serve.
  Result<Planned> plan(const Terms& terms, const Market* market) const;

  // The same models again, with what the terms ask for now.
  std::vector<Choice> plan_again(const std::vector<Choice>& choices, const Terms& terms,
                                 const Market& market) const;

  // The whole ranking, in words, of a request that is not sent.
  Selection selection(const Terms& terms, const Market& market) const;

  // The caller's text, of a request that is not sent.
  std::string take_source() noexcept { return std::exchange(prepared_.source, {}); }
  // The body of the first attempt, which takes the text of the request.
  wire::Body first_body(const Choice& choice);
  // The body of another one, made from the one before.
  wire::Body body_of(const Choice& choice, const wire::Body& before) const;

  // Whether the calls of its run are to stay with one provider, and the id of the ledger is needed.
  bool wants_session() const noexcept { return !prepared_.session.empty(); }
  void add_session(std::string_view ledger) { prepared_.add_session(ledger); }

  bool streamed() const noexcept { return prepared_.streamed; }
  const std::vector<std::string>& odd_names() const noexcept { return prepared_.odd_names; }
  const Route& route() const noexcept { return route_; }

 private:
  bool has_rules() const; // the route has a policy or a max_cost
  bool has_several_names() const;
  std::vector<std::string> named() const;
  std::vector<OtherName> other_names(std::string_view name,
                                     const select::Catalogue* catalogue) const;
  void add_windows(std::string_view name, const select::Catalogue* catalogue,
                   std::vector<OtherName>& others) const;
  // `catalogue` may be null where no market is needed.
  Choice choice_of(std::string_view name, const select::Catalogue* catalogue,
                   const Terms& terms) const;
  Error no_model_error(const select::Ranking& ranking, const Market& market) const;

  wire::Prepared prepared_;
  Route route_;
  const Server& server_;
};

} // namespace wayfare::call
