#include "engine/http_get.hpp"

#include <utility>

#include "os/clock.hpp"

namespace wayfare {

Fetch::~Fetch() {
  if (timer_) loop_.drop(*timer_);
  if (transfer_) http_.stop(transfer_);
}

void Fetch::start(io::Sending sending) {
  transfer_ = http_.start(std::move(sending), *this);
  if (!transfer_) return end(false);
  wait(late_us, [this] {
    wait(time_us - late_us, [this] { give_up(); });
    if (late_) late_();
  });
}

void Fetch::wait(std::int64_t us, std::function<void()> then) {
  timer_ = loop_.at(os::monotonic_us() + us, [this, then = std::move(then)] {
    timer_.reset();
    then();
  });
}

void Fetch::give_up() {
  if (transfer_) http_.stop(std::exchange(transfer_, nullptr));
  end(false);
}

void Fetch::on_head(io::Head head) {
  answer_.status = head.status;
  answer_.cache_control = std::move(head.cache_control);
}

io::Http::Flow Fetch::on_bytes(std::string_view bytes) {
  if (answer_.body.size() + bytes.size() > body_max) return io::Http::Flow::stop;
  answer_.body += bytes;
  return io::Http::Flow::on;
}

void Fetch::on_end(const io::Outcome& outcome) {
  transfer_ = nullptr;
  end(outcome.how == io::Outcome::How::whole);
}

void Fetch::end(bool whole) {
  if (!done_) return;
  std::exchange(done_, nullptr)(whole ? std::move(answer_) : Answer{});
}

} // namespace wayfare
