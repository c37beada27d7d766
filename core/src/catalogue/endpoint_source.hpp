// The providers of models: a list for each model, fetched when a call needs it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/named_lists.hpp"
#include "select/endpoint_list.hpp"

namespace wayfare {

class EndpointSource {
 public:
  using List = ListSource<select::Endpoints>;
  // Starts a GET of a path below the base URL. It is answered once, on any thread.
  using Fetch = std::function<void(const std::string& path, ListAnswer, ListLate)>;
  using Then = std::function<void(const select::EndpointBook& book)>;
  using ThenOne = std::function<void(const List::Snapshot& known)>;

  // The models of which a client keeps the providers. Those of further models stay unknown.
  static constexpr std::size_t lists_max = 1000;

  // `folder`: the folder of the cache files. `url`: what tells the server and the rights of its
  // caller from others.
  EndpointSource(std::string folder, std::string url, Fetch fetch)
      : folder_(std::move(folder)), url_(std::move(url)), fetch_(std::move(fetch)) {}

  // Calls `then` once: at once on this thread if all lists are known, however old, and otherwise on
  // another thread, after the lists were read or fetched or take too long. `zdr`: whether the list
  // of the providers that keep no data is needed, too. May be called from any thread.
  void ask(const std::vector<std::string>& models, bool zdr, const Then& then);
  // The same for one model.
  void ask(const std::string& model, const ThenOne& then);

  // The list of a model, if it is in memory. Begins no work.
  std::shared_ptr<const select::Endpoints> known(const std::string& model);
  // Tells what is known of a model's providers without a fetch. Calls `then` once: at once on this
  // thread if the list was read before, and otherwise on another thread, after the cache file was
  // read. A list that is not there is empty. May be called from any thread.
  void recall(const std::string& model, const ThenOne& then);

  // False for a name whose path would lead to another place, such as "../key".
  static bool may_be_a_name(std::string_view model);
  // The path of the list of a model, below the base URL.
  static std::string path_of(std::string_view model);

  // As ListSource::close().
  void close(std::chrono::steady_clock::time_point deadline) { lists_.close(deadline); }

 private:
  std::shared_ptr<List> list_of(const std::string& path); // null: there are too many

  const std::string folder_, url_;
  const Fetch fetch_;
  NamedLists<select::Endpoints> lists_{lists_max}; // by their paths
};

} // namespace wayfare
