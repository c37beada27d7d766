#include "engine/http_get.hpp"

#include <string>
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
  if (response_.body.size() + bytes.size() > size_max_) {
    is_too_large_ = true;
    return io::Http::Flow::stop;
  }
  response_.body += bytes;
  return io::Http::Flow::on;
}

void HttpGet::on_end(const TransferEnd& outcome) {
  transfer_ = nullptr;
  if (is_too_large_) {
    const bool in_mib = size_max_ >= std::size_t{1} << 20;
    return end({TransferEnd::How::too_large, "the answer is longer than " +
                                                 std::to_string(size_max_ >> (in_mib ? 20 : 10)) +
                                                 (in_mib ? " MiB" : " KiB")});
  }
  end(outcome);
}

void HttpGet::end(const TransferEnd& outcome) {
  if (!done_) return;
  const bool whole = outcome.how == TransferEnd::How::whole;
  std::exchange(done_, nullptr)(whole ? std::move(response_) : Response{.end = outcome});
}

} // namespace wayfare
