// Every member of a public struct is in the table of the struct.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <wayfare/wayfare.hpp>

#include "support/catch.hpp"

using namespace wayfare;

namespace {

// Converts to the type of any member except an optional. std::nullopt stands for an optional.
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
struct Anything {
  template <class T>
    requires(!is_optional<T>)
  operator T() const;
};

// The number of members of the aggregate, with each base counted as one: the number that can be
// initialized.
template <class Struct, class... Before>
constexpr std::size_t members_in() {
  if constexpr (requires { Struct{std::declval<Before>()..., Anything{}}; })
    return members_in<Struct, Before..., Anything>();
  else if constexpr (requires { Struct{std::declval<Before>()..., std::nullopt}; })
    return members_in<Struct, Before..., std::nullopt_t>();
  else
    return sizeof...(Before);
}

struct Two {
  std::optional<std::string> one;
  std::vector<int> other;
};
struct Three : Two {
  Amount amount;
  std::shared_ptr<const Two> two;
};
static_assert(members_in<Two>() == 2);
static_assert(members_in<Three>() == 3);

template <class Struct>
void check_table() {
  INFO(fields_of<Struct>.name);
  CHECK(members_in<Struct>() ==
        std::tuple_size_v<std::remove_cvref_t<decltype(fields_of<Struct>.items)>>);
}
template <class... Structs>
void check_tables() {
  (check_table<Structs>(), ...);
}
template <class... Operations>
void check_operations(const std::variant<Operations...>*) {
  check_tables<Operations...>();
}

} // namespace

TEST_CASE("every member of a public struct is in its table") {
  check_tables<Options, ServerOptions, TokenPrice, Route, Policy, MaxPrice, ChargeTo, Request,
               Error, Usage, ToolCall, ToolPiece, Attempt, Timings, Billing, Reply, CatalogueState,
               Candidate, Selection, Prices, PriceOverride, Model, ModelList, Entry, EntryPage,
               Unknown, UnknownPage, UsageRow, Scope, Budget, Crossing, Cooldown, Block, Reconciled,
               Verification, Pruned, Versions, DefaultModel, KeyInfo, Notice, Defaults, GetKeyInfo,
               ListVersions, ModelFilter, AgentBudget, Profile, ProfileChanges, Agent, AgentPage,
               Imported, Explanation, CreateAgent, EditAgent, GetAgent, ListAgents, AgentHistory,
               ArchiveAgent, RestoreAgent, ExportAgents, ImportAgents, ExplainEntry, ListModels,
               ListDefaultModels, RateLimit, SetRateLimit, ListRateLimits, ListEndpoints,
               ModelEndpoint, EndpointList, Score, ProviderRules, Degrade, PerformanceRow,
               PerformanceQuery, ListCooldowns, ReplayRow, Replayed, Replay, CachingRow, Caching,
               CachingQuery>();
  check_operations(static_cast<const Operation*>(nullptr));
}
