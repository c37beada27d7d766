// The calls of this process that wait for budgets. They stand in one queue for each budget, in the
// order in which they began to wait. Only the first of a queue asks the ledger again. Every method
// may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace wayfare::ledger {

class Waiting {
 public:
  // Tells a call that it is the first and that the budget may have room. Called with a lock held:
  // it must not wait and must not call this object.
  using Turn = std::function<void()>;

  // Stands in the queue of `budget` alone. `place` is 0 at first; the call keeps the place that is
  // returned also in the queue of another budget.
  std::uint64_t join(std::uint64_t place, const std::string& budget, Turn turn);
  // No turn comes behind it.
  void leave(std::uint64_t place);

  // Whether no other call waits before `place`; 0 is behind all of them.
  bool has_turn(const std::string& budget, std::uint64_t place) const;
  bool is_empty() const noexcept { return waiting_ == 0; }
  // This process has committed a change that may have made room.
  void changed();

 private:
  using Queue = std::map<std::uint64_t, Turn>; // by place
  void take_out(std::uint64_t place, const std::string& budget);

  mutable std::mutex mutex_;
  std::map<std::string, Queue> queues_; // none is empty
  std::map<std::uint64_t, std::string> budgets_;
  std::uint64_t newest_ = 0;
  std::atomic<std::size_t> waiting_ = 0;
};

} // namespace wayfare::ledger
