// Prices past calls by a models list: what they would have cost. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/replay.hpp>

#include "select/catalogue.hpp"
#include "select/ranking.hpp"
#include "values/past_call.hpp"

namespace wayfare::select {

// Returns "" or what of the query cannot be used, without a look at the models list.
std::string fault_of(const Replay& query);

class Repricer final : public PastCalls {
 public:
  // `invalid` if a model that the query names cannot be priced by the list. `state`: that of the
  // list of the server.
  static Result<std::unique_ptr<PastCalls>> make(const Replay& query,
                                                 std::shared_ptr<const Catalogue> catalogue,
                                                 std::optional<CatalogueState> state,
                                                 const Moment& moment);

  void add(const PastCall& call) override;
  Result<Replayed> take(std::vector<ReplayRow> rows) override;

 private:
  // The model at whose prices the calls of one that served are priced.
  struct Target {
    const Model* model = nullptr; // null: the list does not have it
    bool is_same = false;         // it is the one that served
  };
  enum class Outcome : std::uint8_t { priced, no_price, no_model, no_tokens, byok };
  struct Priced {
    Outcome outcome = Outcome::no_price;
    const Model* model = nullptr;
    Amount cost{}, non_token{};
    bool is_exact = false;
  };
  struct Sums {
    ReplayRow row;
    const Model* model = nullptr; // of the calls so far; null: of none, or of several
    bool is_exact = true;
  };

  Repricer(const Replay& query, std::shared_ptr<const Catalogue> catalogue,
           std::optional<CatalogueState> state, const Moment& moment);
  Target target_of(std::string_view served);
  const Target& known_target(std::string_view served);
  Priced price(const PastCall& call);
  Priced price_at(const PastCall& call, const Target& target) const;
  Priced cheapest(const PastCall& call) const;
  void choose_candidates(const Moment& moment);
  void sum(std::int64_t& sum, std::int64_t more);

  const Replay query_;
  const std::shared_ptr<const Catalogue> catalogue_;
  const std::optional<CatalogueState> state_;
  std::vector<const Model*> candidates_;               // of the policy
  std::map<std::string, Target, std::less<>> targets_; // by the model that served
  std::vector<Sums> groups_;
  bool overflows_ = false;
};

} // namespace wayfare::select
