// The open sockets of an Http, and which of them may carry another request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace wayfare::io {

// The two ends of a connection, as libcurl tells them before a request.
struct Ends {
  const char* peer_ip;
  const char* own_ip;
  int peer_port, own_port;
};

// One open socket.
struct Connection {
  int socket = -1;
  std::string peer_ip, own_ip; // empty until its first request
  std::uint32_t ports = 0;
  bool is_new = true;           // it has carried no request
  int transfers = 0;            // those that use it; one may be counted for a moment behind its end
  std::optional<bool> is_http2; // known from its first answer on

  // Whether a request may be written to it.
  //
  // An answer that nobody waits for may come late. Over HTTP/1.1 the next request would get it as
  // its own. So nothing is written to a connection on which anything has arrived, even if it is a
  // TLS record without data: only libcurl can open that record, and it opens none before it has
  // written the request. Libcurl 8 looks at idle connections in the same way, libcurl 7 does not.
  // A frame of HTTP/2 names its stream. A connection that has answered nothing yet, and has another
  // transfer, can only be one of HTTP/2.
  bool is_usable() const noexcept {
    return is_new || is_http2.value_or(transfers > 0) || is_quiet();
  }

  // Whether nothing has arrived, not even the end. Takes no byte.
  bool is_quiet() const noexcept;
};

// Not thread-safe. Its methods may throw std::bad_alloc, but for closed().
class Connections {
 public:
  void opened(int socket);
  void closed(int socket) noexcept;
  bool is_open(const Connection& connection) const;

  // Returns the connection with these ends, or null. One that has carried no request is looked for
  // among the sockets `opened` first.
  std::shared_ptr<Connection> find(const Ends& ends, const std::vector<int>& opened);

 private:
  bool name(const std::shared_ptr<Connection>& connection, const Ends& ends, std::uint32_t ports);
  std::unordered_map<int, std::shared_ptr<Connection>> by_socket_;
  std::unordered_multimap<std::uint32_t, std::shared_ptr<Connection>> by_ports_;
};

} // namespace wayfare::io
