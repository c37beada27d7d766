#include "simulation/decisions.hpp"

#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/json_text.hpp"
#include "simulation/chance.hpp"
#include "simulation/server.hpp"

namespace wayfare::conversations {

namespace {

constexpr std::array<std::string_view, 3> sorts{"price", "latency", "throughput"};

std::string listed(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ",") + text;
  return "[" + list + "]";
}

std::string exact(double share) { // enough digits to give the same number again
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", share);
  return text;
}

std::string turns_at(const Endpoint& endpoint, const Table& table, bool marks, Chance& chance) {
  Memory memory(table.endpoints);
  std::vector<std::string> turns;
  std::int64_t prompt = chance.log_uniform(200, 20'000), at_s = 0;
  for (std::int64_t left = 1 + chance.up_to(6); left > 0; --left) {
    Tokens tokens = memory.read(endpoint, prompt, marks, at_s * 1000, true);
    tokens.completion = chance.up_to(900);
    turns.push_back("{\"at\":" + std::to_string(at_s) + ",\"prompt\":" + std::to_string(prompt) +
                    ",\"completion\":" + std::to_string(tokens.completion) +
                    ",\"cached\":" + std::to_string(tokens.cached) +
                    ",\"written\":" + std::to_string(tokens.written) +
                    ",\"cost\":" + std::to_string(bill(endpoint, tokens)) + "}");
    prompt += chance.up_to(2'000);
    at_s += chance.log_uniform(1, 20'000);
  }
  return listed(turns);
}

} // namespace

std::string decision(const Table& table, std::uint64_t seed, std::uint64_t number) {
  Chance chance(seed, {6, number});
  const auto any = [&](const auto& of) -> const auto& {
    return of[static_cast<std::size_t>(chance.up_to(static_cast<std::int64_t>(of.size()) - 1))];
  };
  const Served& model = any(chance.of_1000(700) ? table.simulated : table.own);
  Wishes wishes;
  std::vector<std::string> order, down, draws, chosen;
  if (chance.of_1000(300))
    for (std::int64_t left = 1 + chance.up_to(1); left > 0; --left) {
      wishes.order.push_back(any(model.endpoints).slug);
      if (chance.of_1000(200)) wishes.order.back() = "no-such-provider";
      order.push_back(json::quoted(wishes.order.back()));
    }
  if (chance.of_1000(300)) wishes.sort = any(sorts);
  if (chance.of_1000(500)) wishes.sticky = any(model.endpoints).slug;
  for (const Endpoint& one : model.endpoints) {
    wishes.draws.push_back(chance.share());
    draws.push_back(exact(wishes.draws.back()));
    wishes.down.push_back(chance.of_1000(200));
    if (wishes.down.back()) down.push_back(json::quoted(one.slug));
  }
  for (const Endpoint* one : route(model, wishes)) chosen.push_back(json::quoted(one->slug));
  const Endpoint& endpoint = any(model.endpoints);
  const bool marks = chance.of_1000(500);
  return "{\"model\":" + json::quoted(model.id) + ",\"order\":" + listed(order) +
         ",\"sort\":" + json::quoted(wishes.sort) + ",\"sticky\":" + json::quoted(wishes.sticky) +
         ",\"down\":" + listed(down) + ",\"draws\":" + listed(draws) +
         ",\"route\":" + listed(chosen) + ",\"endpoint\":" + json::quoted(endpoint.slug) +
         ",\"marks\":" + (marks ? "true" : "false") +
         ",\"turns\":" + turns_at(endpoint, table, marks, chance) + "}";
}

std::string walk(const Table& table, std::uint64_t seed, std::uint64_t number) {
  Chance chance(seed, {7, number});
  const auto place = chance.up_to(static_cast<std::int64_t>(table.simulated.size()) - 1);
  Served model = table.simulated[static_cast<std::size_t>(place)];
  for (Endpoint& one : model.endpoints) one.traffic.failures = 0;
  Server server(table, Weather::calm, Reading::wide, seed);
  Ask ask{.model = model, .marks = chance.of_1000(500), .has_session = chance.of_1000(500)};
  ask.prompt_tokens = chance.log_uniform(400, 20'000);
  std::vector<std::string> turns;
  std::int64_t at_s = 0;
  for (std::int64_t left = 3 + chance.up_to(9); left > 0; --left) {
    // The sandbox counts some tokens for a message that are in no block of its cache.
    if (ask.prompt_tokens % block < 8) ask.prompt_tokens += 8;
    const auto other = chance.up_to(static_cast<std::int64_t>(model.endpoints.size()) - 1);
    ask.order = chance.of_1000(150) ? model.endpoints[static_cast<std::size_t>(other)].slug
                                    : std::string_view();
    ask.sort =
        chance.of_1000(150) ? sorts[static_cast<std::size_t>(chance.up_to(2))] : std::string_view();
    const std::uint64_t own = chance.next();
    std::vector<std::string> draws;
    for (const double draw : draws_of(model, own)) draws.push_back(exact(draw));
    const Answer answer = server.serve(ask, at_s * 1000, own);
    turns.push_back(
        "{\"at\":" + std::to_string(at_s) + ",\"prompt\":" + std::to_string(ask.prompt_tokens) +
        ",\"order\":" + json::quoted(ask.order) + ",\"sort\":" + json::quoted(ask.sort) +
        ",\"draws\":" + listed(draws) + ",\"slug\":" + json::quoted(answer.endpoint->slug) +
        ",\"cached\":" + std::to_string(answer.tokens.cached) +
        ",\"written\":" + std::to_string(answer.tokens.written) + "}");
    ask.prompt_tokens += chance.up_to(2'000);
    at_s += chance.log_uniform(1, 2'000);
  }
  return "{\"model\":" + json::quoted(model.id) + ",\"marks\":" + (ask.marks ? "true" : "false") +
         ",\"session\":" + (ask.has_session ? "true" : "false") + ",\"turns\":" + listed(turns) +
         "}";
}

} // namespace wayfare::conversations
