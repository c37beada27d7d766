// HTTP transfers on a Loop. Only this folder uses libcurl. It knows nothing of calls.
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

// The URL and the headers ("Name: value") of requests. Made once for all requests that share them.
// May throw std::bad_alloc.
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

struct Sending { // a POST, or a GET if there is no body
  std::shared_ptr<const Target> target;
  std::shared_ptr<const std::string> body;
};

struct HttpSettings {
  std::string ca_file; // "": see io/ca
  std::string proxy;   // for https; "": from the environment
  std::chrono::milliseconds connect_timeout{10'000};
  // Else plain http goes to addresses of this machine alone, whatever the name of the server.
  bool allow_http = false;
};

class Http {
 public:
  class Transfer;
  enum class Flow : std::uint8_t { on, pause, stop };

  // Gets the events of a transfer, on the loop's thread and from inside libcurl. Its methods must
  // not call start() or stop(). No method is called after on_end or after stop().
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_given() = 0; // the request goes to the network now: the server may read it
    virtual void on_head(ResponseHead head) = 0;
    // pause: the bytes were not taken and come again after resume(). stop: ends the transfer;
    // on_end follows.
    virtual Flow on_bytes(std::string_view bytes) = 0;
    virtual void on_end(const TransferEnd& outcome) = 0;
  };

  Http(Loop& loop, HttpSettings settings);
  ~Http(); // stops all transfers
  bool ok() const noexcept;

  // Starts a transfer. Returns null if memory or descriptors are short. The listener must live
  // until the end of the transfer. A request is never sent twice: if the connection is lost after
  // on_given, the transfer ends.
  Transfer* start(Sending sending, Listener& listener);
  void stop(Transfer* transfer);
  void resume(Transfer* transfer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace wayfare::io
