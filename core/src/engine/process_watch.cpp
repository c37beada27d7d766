#include "engine/process_watch.hpp"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "os/fork.hpp"

namespace wayfare {

namespace {

// On the heap and never freed: it may be used during exit. A fork finds its mutexes free. In the
// child nothing of the parent is left in it.
struct Registry final : os::Parkable {
  WatchBoxes boxes;
  std::mutex mutex; // of the ledgers
  std::map<const ledger::Ledger*, std::weak_ptr<LedgerWatch>> ledgers;
  bool is_enrolled = false; // under os::fork_mutex()

  void park() override {
    boxes.mutex().lock();
    mutex.lock();
  }
  void unpark() noexcept override {
    mutex.unlock();
    boxes.mutex().unlock();
  }
  void in_child() noexcept override {
    boxes.leave_to_parent();
    ledgers.clear(); // frees no watch: the clients of the parent are never freed here
    is_enrolled = false;
    unpark();
  }

  void enrol() {
    std::lock_guard forks(os::fork_mutex());
    if (!is_enrolled) os::enrol(this, os::RestOrder::registries);
    is_enrolled = true;
  }
  std::vector<std::shared_ptr<LedgerWatch>> all() {
    std::vector<std::shared_ptr<LedgerWatch>> found;
    std::lock_guard lock(mutex);
    for (const auto& [ledger, weak] : ledgers)
      if (auto watch = weak.lock()) found.push_back(std::move(watch));
    return found;
  }
};

Registry& registry() {
  static auto* const one = new Registry;
  return *one;
}

} // namespace

bool ProcessWatch::any() noexcept { return registry().boxes.count() > 0; }

void ProcessWatch::add(const WatchBoxes::Box& box) {
  registry().enrol();
  std::vector<std::shared_ptr<LedgerWatch>> first; // of which nobody watched a client
  for (auto& ledger : registry().all())
    if (!ledger->is_watched()) first.push_back(std::move(ledger));
  registry().boxes.add(box);
  for (const auto& ledger : first) ledger->begin();
}

bool ProcessWatch::remove(const WatchBoxes::Box& box) { return registry().boxes.remove(box); }

void ProcessWatch::put(const std::shared_ptr<const Notice>& notice) {
  registry().boxes.put(notice);
}

std::shared_ptr<LedgerWatch> ProcessWatch::of(const std::shared_ptr<ledger::Ledger>& ledger,
                                              const std::string& path) {
  registry().enrol();
  std::lock_guard lock(registry().mutex);
  auto& ledgers = registry().ledgers;
  std::erase_if(ledgers, [](const auto& one) { return one.second.expired(); });
  auto watch = ledgers[ledger.get()].lock();
  if (!watch) ledgers[ledger.get()] = watch = std::make_shared<LedgerWatch>(ledger, path);
  return watch;
}

void ProcessWatch::look_at(const ledger::Ledger* ledger) {
  std::shared_ptr<LedgerWatch> watch;
  {
    std::lock_guard lock(registry().mutex);
    const auto known = registry().ledgers.find(ledger);
    if (known != registry().ledgers.end()) watch = known->second.lock();
  }
  if (watch && watch->is_watched()) watch->look();
}

} // namespace wayfare
