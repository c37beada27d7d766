// OpenRouter and its providers, as the documentation tells of them: "Provider routing", "Prompt
// caching" and "Model fallbacks" of openrouter.ai/docs, read in autumn 2026. These rules stand
// alone: they know nothing of wayfare. The sandbox has the same ones in Python (routing.py,
// memory.py, made.py), and tests/python/test_conversations.py holds the two against each other.
//
// 1. Order. The endpoints of a model are drawn, each with a chance as 1 to the square of its price
//    (prompt and completion). Those with an outage in the last 30 seconds come last. With
//    `provider.order`, the named ones come first, and the others by their price. With
//    `provider.sort`, none is drawn: they come by what it names.
// 2. Stickiness. A request that was served leads the next ones of its conversation and model to the
//    same provider, for ten minutes since the last one: with a session_id, else if it used a cache.
//    That provider comes first, also in an outage. `provider.order` turns this off: such a request
//    neither follows it nor sets it. One with `provider.sort` does not follow it. The page leaves
//    room for two readings: see Reading.
// 3. Fallback. An endpoint that fails leads to the next one, at no cost. The last error is told.
// 4. Caches. Each endpoint keeps the beginning of each conversation's prompt, in blocks of 128
//    tokens, for its lifetime since the last use. What is read and written has its own price.
//
// Assumed, since nobody tells: an outage is known from its first second, and while it lasts every
// request to the endpoint fails. A minute in which an endpoint answers 429 hits every request. A
// refusal takes 300 ms. An endpoint that fails takes as long as one that answers, and keeps
// nothing. The conversation is known without a session_id, too, since its beginning is its own.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "simulation/chance.hpp"
#include "simulation/table.hpp"

namespace wayfare::conversations {

inline constexpr std::int64_t block = 128; // tokens

// What a request asks of the routing.
struct Wishes {
  std::vector<std::string_view> order; // slugs, or base slugs, of provider.order
  std::string_view sort;               // provider.sort: price, latency or throughput, or ""
  std::string_view sticky;             // the slug of the provider that the conversation stays with
  std::vector<double> draws;           // a share for each place in the order
  std::vector<bool> down;              // for each endpoint: it had an outage. Empty: none had.
};
std::vector<const Endpoint*> route(const Served& model, const Wishes& wishes);

// The draws of a request, by its chance.
std::vector<double> draws_of(const Served& model, std::uint64_t chance);

struct Tokens {
  std::int64_t prompt = 0, completion = 0, cached = 0, written = 0;

  bool operator==(const Tokens&) const = default;
};
std::int64_t bill(const Endpoint& endpoint, const Tokens& tokens); // picodollars

// What the caches have of one conversation, whose prompts only grow.
class Memory {
 public:
  explicit Memory(std::size_t endpoints) : kept_(endpoints) {}

  // The tokens that a prompt reads and writes. With `keep`, the endpoint served it.
  Tokens read(const Endpoint& endpoint, std::int64_t prompt, bool marks, std::int64_t now_ms,
              bool keep);

 private:
  struct Kept {
    std::int64_t blocks = 0, until_ms = 0;
  };
  std::vector<Kept> kept_;
};

// Whether there are outages and minutes of 429. Single requests fail in both.
enum class Weather : std::uint8_t { calm, rough };

// Which requests make a conversation stick.
enum class Reading : std::uint8_t {
  // With a session_id every one, else one that read a cache. The sandbox does so.
  wide,
  // Only where the provider reads its cache for less than the price of the prompt, as the page says
  // of stickiness as a whole. Without a session_id, one that read or wrote a cache.
  narrow,
};

struct Ask {
  const Served& model;
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  bool marks = false, has_session = false;
  std::string_view order; // a slug for provider.order, or ""
  std::string_view sort;  // for provider.sort, or ""
};
// Whether a request that was served makes the conversation stick to the endpoint.
bool sticks(Reading reading, const Endpoint& endpoint, bool has_session, const Tokens& tokens);

struct Answer {
  const Endpoint* endpoint = nullptr; // that served, or that failed last
  int status = 200;
  std::int64_t took_ms = 0; // to the first token, or to the error
  Tokens tokens;
  std::int64_t cost = 0; // picodollars
};

// The server, as one conversation sees it.
class Server {
 public:
  Server(const Table& table, Weather weather, Reading reading, std::uint64_t seed);

  // `chance` is of this request. It gives the same to each endpoint, whatever was asked before.
  Answer serve(const Ask& ask, std::int64_t now_ms, std::uint64_t chance);

  // What the endpoint would bill for this request, without any failure.
  std::int64_t would_cost(const Endpoint& endpoint, const Ask& ask, std::int64_t now_ms);

 private:
  struct Sticky {
    const Served* model = nullptr;
    std::string_view slug;
    std::int64_t until_ms = 0;
  };
  bool is_down(const Endpoint& endpoint, std::int64_t now_ms, std::int64_t after_ms) const;
  bool is_limited(const Endpoint& endpoint, std::int64_t now_ms) const;
  int failure_of(const Endpoint& endpoint, std::int64_t now_ms, Chance& chance) const;
  std::string_view sticky_of(const Served& model, std::int64_t now_ms) const;
  void stick(const Served& model, const Endpoint& endpoint, std::int64_t now_ms);

  Weather weather_;
  Reading reading_;
  std::uint64_t seed_;
  Memory memory_;
  std::vector<Sticky> sticky_;
};

} // namespace wayfare::conversations
