#include "call/decision.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "base/time_text.hpp"

namespace wayfare::call {

namespace {

constexpr std::size_t candidates_max = 10;
constexpr std::size_t list_max = 512; // bytes of a list of what the request needs

// Why a model was left out.
std::string_view word_of(select::Why why) {
  using enum select::Why;
  switch (why) {
    case named: return "named";
    case cheap: return "cheap";
    case fast: return "fast";
    case good: return "good";
    case unknown: return "unknown";
    case kind: return "kind";
    case free: return "free";
    case expired: return "expired";
    case no_price: return "no_price";
    case context: return "context";
    case completion: return "completion";
    case input: return "input";
    case output: return "output";
    case parameter: return "parameter";
    case too_dear: return "too_dear";
    case denied: return "denied";
    case open: return "open";
    case quality: return "quality";
    case provider: return "provider";
    case further: return "further";
  }
  return "";
}

std::string amount_json(const std::optional<Amount>& amount) {
  return amount ? json::quoted(amount->text()) : "null";
}

std::string candidates_json(const std::vector<Candidate>& candidates) {
  std::string out;
  json::append_array(out, candidates, [&](const Candidate& one) {
    json::ObjectWriter object(out);
    object.text_or_null("model", one.model)
        .text("reason", one.model.empty() ? "the server chooses the model" : one.reason)
        .json("expected", amount_json(one.expected))
        .json("bound", amount_json(one.bound));
  });
  return out;
}

// The counts by reason, in the order of the words.
std::string left_out_json(const std::vector<select::Ranked>& left_out) {
  std::map<std::string_view, std::int64_t> counts;
  for (const select::Ranked& one : left_out) ++counts[word_of(one.why)];
  std::string out;
  {
    json::ObjectWriter object(out);
    for (const auto& [word, count] : counts) object.number(word, count);
  }
  return out;
}

std::string list_json(std::vector<std::string> names) {
  std::string out = json::array_of(names);
  for (; out.size() > list_max; out = json::array_of(names)) names.pop_back();
  return out;
}

std::string needs_json(const Needs& needs) {
  std::string out;
  {
    json::ObjectWriter object(out);
    object.number("prompt_bytes", needs.prompt_bytes)
        .number_or_null("completion_tokens", needs.completion_tokens)
        .number("answers", needs.answers)
        .json("inputs", list_json(needs.inputs))
        .json("outputs", list_json(needs.outputs))
        .json("parameters", list_json(needs.parameters))
        .truth("strict", needs.strict)
        .truth("caches", needs.caches);
  }
  return out;
}

std::string catalogue_json(const CatalogueState& state) {
  std::string out;
  {
    json::ObjectWriter object(out);
    object.text("source", name(state.source))
        .text_or_null("fetched", state.fetched ? time_text(*state.fetched) : std::string());
  }
  return out;
}

} // namespace

std::shared_ptr<const std::string> decision_of(const select::Ranking& ranking, const Needs& needs,
                                               const Policy& policy, const Market& market) {
  select::Ranking head{ranking.in, {}};
  head.in.resize(std::min(head.in.size(), candidates_max));
  std::vector<Candidate> candidates =
      select::explain(head, needs, policy, market.catalogue, market.moment).ranked;
  const std::string left_out = left_out_json(ranking.out), catalogue = catalogue_json(market.state),
                    wanted = needs_json(needs);
  while (true) {
    auto out = std::make_shared<std::string>();
    {
      json::ObjectWriter object(*out);
      object.number("v", 1)
          .text("sort", name(policy.sort))
          .json("candidates", candidates_json(candidates))
          .number("ranked", std::ssize(ranking.in))
          .json("left_out", left_out)
          .json("catalogue", catalogue)
          .json("needs", wanted);
    }
    if (out->size() <= decision_max || candidates.empty()) return out;
    candidates.pop_back();
  }
}

} // namespace wayfare::call
