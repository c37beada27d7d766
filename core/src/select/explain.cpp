// The ranking in words.
#include <string>
#include <utility>
#include <vector>

#include "base/write_fields.hpp"
#include "select/ranking.hpp"

namespace wayfare::select {

namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string number_text(double number) {
  std::string text;
  fields::write(text, number);
  return text;
}

std::string speed_of(const Ranked& ranked, const Policy& policy) {
  if (policy.speed == Speed::throughput)
    return ranked.throughput ? number_text(*ranked.throughput) + " tokens a second"
                             : "its speed is not known";
  return ranked.first_token_ms ? number_text(*ranked.first_token_ms) + " ms to the first token"
                               : "its speed is not known";
}

std::string reason_of(const Ranked& ranked, const Needs& needs, const Policy& policy) {
  const auto tokens = [](const std::optional<std::int64_t>& count) {
    return count ? std::to_string(*count) : "no";
  };
  switch (ranked.why) {
    case Why::named: return "named by the request";
    case Why::cheap:
      return ranked.expected ? "expected to cost " + ranked.expected->text() + " USD"
                             : "its price is not known";
    case Why::fast: return speed_of(ranked, policy);
    case Why::good:
      return ranked.quality ? "its quality is " + number_text(*ranked.quality)
                            : "its quality is not known";
    case Why::unknown: return "not in the catalogue";
    case Why::kind:
      return ranked.model->kind == ModelKind::router ? "a router: it chooses a model itself"
             : ranked.model->kind == ModelKind::alias
                 ? "another name of " + ranked.model->alias_of
                 : "of the batch interface: it cannot be called";
    case Why::free:
      return "free ones are few a day and not private: taken only where they are named";
    case Why::expired: return "its end was on " + ranked.model->expires;
    case Why::no_price: return "its price is not known";
    case Why::context:
      return "its context of " + tokens(ranked.model->context_tokens) +
             " tokens is shorter than the prompt of about " +
             std::to_string(needs.prompt_bytes / bytes_per_token);
    case Why::completion:
      return "it gives at most " + tokens(ranked.model->completion_tokens_max) + " tokens, " +
             tokens(needs.completion_tokens) + " are asked for";
    case Why::input: return "it does not take all of: " + listed(needs.inputs);
    case Why::output: return "it does not give all of: " + listed(needs.outputs);
    case Why::parameter: return "it does not support all of: " + listed(needs.parameters);
    case Why::too_dear: return "dearer than max_price";
    case Why::denied: return "the policy's patterns do not allow it";
    case Why::open:
      return "the server chooses the model, and may take one that the policy's patterns do not "
             "allow";
    case Why::quality:
      return ranked.quality
                 ? "its quality of " + number_text(*ranked.quality) + " is below min_quality"
                 : "its quality is not known, and the policy has a min_quality";
    case Why::provider:
      return "no provider of it passes the rules of the request, or has room for it";
    case Why::further: return "the policy takes the first model alone";
    case Why::key: return "the key may not call it";
  }
  return "";
}

} // namespace

Selection explain(const Ranking& ranking, const Needs& needs, const Policy& policy,
                  const Catalogue& catalogue, const Moment& moment) {
  constexpr int sought_max = 8; // the most names for which the nearest one is sought
  Selection selection;
  selection.policy = policy.sort;
  int sought = 0;
  const auto candidate = [&](const Ranked& ranked) {
    const Bound bound = bound_of(needs, ranked.name, ranked.model, policy);
    std::string reason = reason_of(ranked, needs, policy);
    if (ranked.cools_down) reason += "; it cools down, and stands behind the others";
    if ((ranked.why == Why::unknown || ranked.why == Why::expired) && sought++ < sought_max)
      if (const Model* near = catalogue.nearest(ranked.name, moment.today))
        reason += "; the nearest is " + near->id;
    return Candidate{.model = std::string(ranked.name),
                     .reason = std::move(reason),
                     .expected = ranked.expected,
                     .bound = bound.amount,
                     .unbounded = bound.unbounded,
                     .quality = ranked.quality,
                     .first_token_ms = ranked.first_token_ms,
                     .throughput = ranked.throughput};
  };
  for (const Ranked& one : ranking.in) selection.ranked.push_back(candidate(one));
  for (const Ranked& one : ranking.out) selection.out.push_back(candidate(one));
  return selection;
}

} // namespace wayfare::select
