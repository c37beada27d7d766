// HTTP, on a Loop: the only room that knows libcurl. Knows nothing of calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/loop.hpp"
#include "values/transfer.hpp"

namespace wayfare::io {

// Where requests go and with what headers, "Name: value" each: made ready once for all that go
// there. May throw std::bad_alloc.
class Target {
 public:
  Target(std::string url, const std::vector<std::string>& headers);
  ~Target();
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

 private:
  friend class Http;
  struct List;
  std::string url_;
  std::unique_ptr<List> headers_;
};

struct Sending { // a POST; a GET where there is no body
  std::shared_ptr<const Target> target;
  std::shared_ptr<const std::string> body;
};

struct HttpSettings {
  std::string ca_file; // "": see io/ca
  std::string proxy;   // for https; "": as the environment says
  std::chrono::milliseconds connect_timeout{10'000};
};

class Http {
 public:
  class Transfer;
  enum class Flow : std::uint8_t { on, pause, stop };

  // What happens to a transfer, told on the loop's thread from inside the network: none of these
  // may call start() or stop(). After on_end, or after stop(), there is nothing more.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_given() = 0; // the request is given to the network now: the server may read it
    virtual void on_head(ResponseHead head) = 0;
    // pause: not taken; the same bytes come again after resume(). stop: no more of it; on_end
    // follows.
    virtual Flow on_bytes(std::string_view bytes) = 0;
    virtual void on_end(const TransferEnd& outcome) = 0;
  };

  Http(Loop& loop, HttpSettings settings);
  ~Http(); // stops what runs
  bool ok() const noexcept;

  // Starts a transfer; nothing where memory or descriptors are short. The listener must live until
  // its end. A request is never sent twice: a connection that is lost after on_given is an
  // TransferEnd, not a reason to try again.
  Transfer* start(Sending sending, Listener& listener);
  void stop(Transfer* transfer);
  void resume(Transfer* transfer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace wayfare::io
