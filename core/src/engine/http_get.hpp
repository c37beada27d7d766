// One GET request with a whole answer. For requests that are not calls and cost nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "io/http.hpp"
#include "io/loop.hpp"

namespace wayfare {

class HttpGet final : public io::Http::Listener {
 public:
  struct Response {
    int status = 0; // 0: no answer, or it was incomplete, too long, or late
    ResponseHead head;
    std::string body;
    TransferEnd end; // of a status of 0: why
  };
  using Done = std::function<void(Response)>;
  using Late = std::function<void()>;

  static constexpr std::size_t body_max = std::size_t{32} << 20;
  static constexpr std::int64_t late_us = 10'000'000, time_us = 30'000'000;

  // For the loop's thread. `done` is called once, from inside the network or a timer, and must not
  // destroy this object. If the answer takes longer than late_us, `late` is called before.
  HttpGet(io::Loop& loop, io::Http& http, std::size_t size_max, Done done, Late late)
      : loop_(loop),
        http_(http),
        size_max_(size_max),
        done_(std::move(done)),
        late_(std::move(late)) {}
  ~HttpGet() override;
  void start(io::Sending sending);
  void give_up();

  void on_given() override {}
  void on_head(ResponseHead head) override;
  io::Http::Flow on_bytes(std::string_view bytes) override;
  void on_end(const TransferEnd& outcome) override;

 private:
  void wait(std::int64_t us, std::function<void()> then);
  void end(const TransferEnd& outcome);
  io::Loop& loop_;
  io::Http& http_;
  const std::size_t size_max_;
  Done done_;
  Late late_;
  Response response_;
  bool is_too_large_ = false;
  io::Http::Transfer* transfer_ = nullptr;
  std::optional<io::Loop::Timer> timer_;
};

} // namespace wayfare
