// The lists of one kind, by their names: at most so many. From any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "catalogue/list_source.hpp"

namespace wayfare {

template <class List>
class NamedLists {
 public:
  using Source = std::shared_ptr<ListSource<List>>;

  explicit NamedLists(std::size_t most) : most_(most) {}

  // Returns the list of this name, which `make` makes the first time. Null for one too many, and
  // after close().
  template <class Make>
  Source of(const std::string& name, const Make& make) {
    std::lock_guard lock(mutex_);
    const auto known = lists_.find(name);
    if (known != lists_.end()) return known->second;
    if (closed_ || lists_.size() >= most_) return nullptr;
    return lists_.emplace(name, make()).first->second;
  }

  // Returns the list of this name, if there is one already.
  Source find(const std::string& name) {
    std::lock_guard lock(mutex_);
    const auto known = lists_.find(name);
    return known == lists_.end() ? nullptr : known->second;
  }

  // As ListSource::close().
  void close(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    closed_ = true;
    const auto lists = lists_; // a list that answers may ask for another one
    lock.unlock();
    for (const auto& [name, list] : lists) list->close(deadline);
  }

 private:
  const std::size_t most_;
  std::mutex mutex_;
  bool closed_ = false;
  std::map<std::string, Source> lists_;
};

} // namespace wayfare
