// The models that keys may call: a list for each key, fetched when a call needs it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "catalogue/named_lists.hpp"

namespace wayfare {

class KeyModels {
 public:
  // The keys of which a client keeps the lists. Those of further keys stay unknown.
  static constexpr std::size_t keys_max = 32;

  // `folder`: the folder of the cache files. `url`: the base URL of the server.
  KeyModels(std::string folder, std::string url)
      : folder_(std::move(folder)), url_(std::move(url)) {}

  // Calls `then` as ListSource::ask() does. `fingerprint`: of the key, which itself stands in no
  // file. `fetch` asks the server with the key. A null list: it is not known.
  void ask(const std::string& fingerprint, ModelSource::Fetch fetch,
           const std::function<void(std::shared_ptr<const select::Catalogue> list)>& then);

  // As ListSource::close().
  void close(std::chrono::steady_clock::time_point deadline) { lists_.close(deadline); }

 private:
  const std::string folder_, url_;
  NamedLists<select::Catalogue> lists_{keys_max}; // by the fingerprints of the keys
};

} // namespace wayfare
