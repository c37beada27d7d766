// The table of providers: python/wayfare/sandbox/providers.json, which the sandbox reads, too. Its
// beginning tells the sources and the assumptions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/model.hpp>

namespace wayfare::conversations {

struct Cache {
  bool automatic = true;         // else only where the request marks what to keep
  std::int64_t lifetime_s = 300; // since the last use
  std::int64_t least = 1024;     // tokens: a shorter beginning is not kept
};

// What is known of an endpoint's traffic. Models of the sandbox's own have none.
struct Traffic {
  std::int64_t latency_p90_ms = 0;
  std::int64_t cached_saves = 0; // percent of the latency, if the whole prompt is cached
  std::int64_t failures = 0;     // of 1000 requests
  std::int64_t limited = 0;      // minutes of 1000 in which it refuses every request with 429
  std::vector<std::pair<std::int64_t, std::int64_t>> outages; // from and to, seconds of the day
};

// One model at one provider.
struct Endpoint {
  std::size_t index = 0; // among all endpoints of the table
  std::string provider, slug;
  // Picodollars per token. A read and a write cost as much as the prompt where they have no price.
  std::int64_t prompt = 0, completion = 0, cache_read = 0, cache_write = 0;
  bool bills_writes = false;
  Prices prices;                                  // the same, as the server tells them
  std::int64_t latency_ms = 500, throughput = 60; // the medians; tokens of the answer a second
  std::optional<Cache> cache;
  Traffic traffic;
};

struct Served {
  std::string id;
  std::int64_t context = 128'000;
  std::optional<double> intelligence; // the index of the models list
  std::vector<Endpoint> endpoints;    // the models list tells the prices of the first
};

struct Table {
  std::vector<Served> own;       // the models of the sandbox
  std::vector<Served> simulated; // those of the simulation
  std::size_t endpoints = 0;

  // Throws std::runtime_error if the file cannot be read.
  static Table read(const std::filesystem::path& path);

  // The simulated models as the models list tells them.
  std::vector<Model> listed() const;
  // A simulated model. It must be there.
  const Served& find(std::string_view id) const;
};

} // namespace wayfare::conversations
