// How fast models answered and how often they failed, as the ledger has seen it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>

namespace wayfare {

struct PerformanceRow {
  std::string model, provider;
  std::int64_t attempts = 0, failed = 0;
  std::int64_t answers = 0;
  std::optional<double> first_token_ms, first_token_ms_p90, throughput, total_ms;
};
template <>
inline constexpr auto fields_of<PerformanceRow> = record(
    "PerformanceRow", "How a model of a provider has answered.",
    field("model", &PerformanceRow::model,
          "The model that served. The requested model if none served."),
    field("provider", &PerformanceRow::provider, "The provider that served, or that failed.",
          Shape::null_if_empty),
    field("attempts", &PerformanceRow::attempts, "The attempts that were sent and have ended."),
    field("failed", &PerformanceRow::failed,
          "The attempts among them that ended because the model or its provider failed. Mistakes "
          "of the caller, cancelled calls and failures of this machine's network do not count."),
    field("answers", &PerformanceRow::answers,
          "The streamed answers whose time to the first piece is known."),
    field("first_token_ms", &PerformanceRow::first_token_ms,
          "Milliseconds from the request to the first piece of a streamed answer: the median."),
    field("first_token_ms_p90", &PerformanceRow::first_token_ms_p90,
          "The same: nine of ten answers were not slower."),
    field("throughput", &PerformanceRow::throughput,
          "Tokens of a streamed answer a second, after its first piece: the median."),
    field("total_ms", &PerformanceRow::total_ms,
          "Milliseconds to the last byte of an answer: the median of all that ended well."));

struct PerformanceQuery {
  using Result = std::vector<PerformanceRow>;
  std::int32_t hours = 24;
  std::string model{};
};
template <>
inline constexpr auto fields_of<PerformanceQuery> = record(
    "performance",
    "Tells how fast models have answered and how often they failed, for all processes of the "
    "ledger: one row for each model and provider, the most used first. It reads the newest 20,000 "
    "entries at most.",
    field("hours", &PerformanceQuery::hours,
          "How many hours it goes back from the newest entry: 1 to 8784."),
    field("model", &PerformanceQuery::model, "Only this model.", Shape::never_empty));

} // namespace wayfare
