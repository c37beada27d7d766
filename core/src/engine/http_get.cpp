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
  if (!transfer_) return end({TransferEnd::How::connect, "memory or file descriptors are short"});
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
  end({TransferEnd::How::lost, "no whole answer came in time"});
}

void HttpGet::on_head(ResponseHead head) {
  response_.status = head.status;
  response_.head = std::move(head);
}

io::Http::Flow HttpGet::on_bytes(std::string_view bytes) {
  if (response_.body.size() + bytes.size() > body_max) {
    is_too_large_ = true;
    return io::Http::Flow::stop;
  }
  response_.body += bytes;
  return io::Http::Flow::on;
}

void HttpGet::on_end(const TransferEnd& outcome) {
  transfer_ = nullptr;
  if (is_too_large_) return end({TransferEnd::How::too_large, "the answer is longer than 32 MiB"});
  end(outcome);
}

void HttpGet::end(const TransferEnd& outcome) {
  if (!done_) return;
  const bool whole = outcome.how == TransferEnd::How::whole;
  std::exchange(done_, nullptr)(whole ? std::move(response_) : Response{.end = outcome});
}

} // namespace wayfare
