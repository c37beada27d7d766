// A program that holds a conversation with wayfare: the core ranks the models, decides what follows
// a failure, and chooses the endpoint where it may. No request is sent: the server is simulated.
#pragma once

#include <cstdint>
#include <vector>

#include <wayfare/request.hpp>

#include "simulation/lists.hpp"
#include "simulation/server.hpp"
#include "simulation/table.hpp"
#include "simulation/workload.hpp"

namespace wayfare::conversations {

// What is done so that the conversation stays with its provider.
enum class Affinity : std::uint8_t {
  none,
  session, // session_id is sent
  cache,   // beside it, the ranking knows what the provider has in its cache
  order,   // beside session_id, provider.order is sent
};

struct Rules {
  Sort policy = Sort::ordered;
  Affinity affinity = Affinity::none;
  Weather weather = Weather::calm;
  Reading reading = Reading::wide;
  std::uint64_t seed = 1;
};

// Sums over the turns of one or more conversations. Money is in picodollars.
struct Outcome {
  std::int64_t conversations = 0, turns = 0, failed = 0;
  std::int64_t cost = 0;
  std::int64_t prompt_tokens = 0, cached_tokens = 0; // of the turns that were served
  // A hop is a turn that another endpoint served than the turn before. What it cost is its bill
  // less the bill of the endpoint before, with what the cache there had of the conversation.
  std::int64_t hops = 0, hop_cost = 0;
  std::int64_t orders = 0; // attempts that named an endpoint
  // Turns that a model with an intelligence index served, and the sum of these in tenths.
  std::int64_t rated = 0, quality = 0;
  std::vector<std::int32_t> first_tokens_ms; // of the turns that were served

  void add(const Outcome& other);
};

Outcome hold(const Conversation& conversation, const Table& table, const Lists& lists,
             const Rules& rules);

} // namespace wayfare::conversations
