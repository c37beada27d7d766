// Holds up the threads on which an engine reads what is long.
#pragma once

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/engine.hpp"

class HeldAside {
 public:
  static constexpr std::size_t long_size = std::size_t{64} << 20;

  // `sizes`: one for each of the threads that are held up.
  explicit HeldAside(std::shared_ptr<wayfare::Engine> engine,
                     std::vector<std::size_t> sizes = {0, long_size})
      : engine_(std::move(engine)), sizes_(std::move(sizes)) {
    for (const std::size_t bytes : sizes_) {
      const auto held = std::make_shared<std::promise<void>>();
      held_.push_back(held->get_future());
      engine_->aside(bytes).run([held, until = released_] {
        held->set_value();
        until.wait();
      });
    }
  }
  ~HeldAside() { release(); }

  // Waits until what came before is done, and nothing goes on.
  void await_hold() {
    for (auto& held : held_) held.wait();
  }
  // Waits until so much work waits, on these threads together. False if that takes too long.
  bool await(std::size_t works) const {
    for (int left = 30'000; left > 0 && waiting() < works; --left)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return waiting() == works;
  }
  std::size_t waiting() const {
    std::size_t works = 0;
    for (const std::size_t bytes : sizes_) works += engine_->aside(bytes).waiting();
    return works;
  }
  void release() {
    if (std::exchange(is_released_, true)) return;
    release_.set_value();
  }

 private:
  const std::shared_ptr<wayfare::Engine> engine_;
  const std::vector<std::size_t> sizes_;
  std::promise<void> release_;
  const std::shared_future<void> released_ = release_.get_future();
  bool is_released_ = false;
  std::vector<std::future<void>> held_;
};
