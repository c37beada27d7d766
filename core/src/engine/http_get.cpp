#include "engine/http_get.hpp"

#include <utility>

#include "os/clock.hpp"

namespace wayfare {

HttpGet::~HttpGet() {
  if (timer_) loop_.drop(*timer_);
  if (transfer_) http_.stop(transfer_);
}

void HttpGet::start(io::Sending sending) {
  transfer_ = http_.start(std::move(sending), *this);
  if (!transfer_) return end(false);
  wait(late_us, [this] {
    wait(time_us - late_us, [this] { give_up(); });
    if (late_) late_();
  });
}

void HttpGet::wait(std::int64_t us, std::function<void()> then) {
  timer_ = loop_.at(os::monotonic_us() + us, [this, then = std::move(then)] {
    timer_.reset();
    then();
  });
}

void HttpGet::give_up() {
  if (transfer_) http_.stop(std::exchange(transfer_, nullptr));
  end(false);
}

void HttpGet::on_head(ResponseHead head) {
  response_.status = head.status;
  response_.cache_control = std::move(head.cache_control);
}

io::Http::Flow HttpGet::on_bytes(std::string_view bytes) {
  if (response_.body.size() + bytes.size() > body_max) return io::Http::Flow::stop;
  response_.body += bytes;
  return io::Http::Flow::on;
}

void HttpGet::on_end(const TransferEnd& outcome) {
  transfer_ = nullptr;
  end(outcome.how == TransferEnd::How::whole);
}

void HttpGet::end(bool whole) {
  if (!done_) return;
  std::exchange(done_, nullptr)(whole ? std::move(response_) : Response{});
}

} // namespace wayfare
