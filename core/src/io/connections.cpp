#include "io/connections.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace wayfare::io {

namespace {

// Whether `get` (getsockname or getpeername) tells this address of the socket.
bool is_at(int socket, decltype(&getsockname) get, const char* ip, int port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (get(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    return ntohs(four.sin_port) == port && inet_ntop(AF_INET, &four.sin_addr, text, sizeof text) &&
           std::string(text) == ip;
  }
  const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
  return address.ss_family == AF_INET6 && ntohs(six.sin6_port) == port &&
         inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text) && std::string(text) == ip;
}

} // namespace

bool Connection::is_quiet() const noexcept {
  char byte = 0;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Connections::opened(int socket) {
  closed(socket); // a number that is given again
  auto connection = std::make_shared<Connection>();
  connection->socket = socket;
  by_socket_.emplace(socket, std::move(connection));
}

void Connections::closed(int socket) noexcept {
  const auto found = by_socket_.find(socket);
  if (found == by_socket_.end()) return;
  const auto [first, last] = by_ports_.equal_range(found->second->ports);
  for (auto at = first; at != last; ++at) {
    if (at->second != found->second) continue;
    by_ports_.erase(at);
    break;
  }
  by_socket_.erase(found);
}

bool Connections::is_open(const Connection& connection) const {
  const auto found = by_socket_.find(connection.socket);
  return found != by_socket_.end() && found->second.get() == &connection;
}

std::shared_ptr<Connection> Connections::find(const Ends& ends, const std::vector<int>& opened) {
  const std::uint32_t ports =
      static_cast<std::uint32_t>(ends.peer_port) << 16 | static_cast<std::uint32_t>(ends.own_port);
  const auto [first, last] = by_ports_.equal_range(ports);
  for (auto at = first; at != last; ++at)
    if (at->second->peer_ip == ends.peer_ip && at->second->own_ip == ends.own_ip) return at->second;
  for (const int socket : opened) {
    const auto found = by_socket_.find(socket);
    if (found != by_socket_.end() && name(found->second, ends, ports)) return found->second;
  }
  // Another transfer opened it, and both may use it, since it is one of HTTP/2.
  for (const auto& [socket, connection] : by_socket_)
    if (name(connection, ends, ports)) return connection;
  return nullptr;
}

// Notes the ends of a connection that has none yet, if they are its own.
bool Connections::name(const std::shared_ptr<Connection>& connection, const Ends& ends,
                       std::uint32_t ports) {
  if (connection->ports != 0 ||
      !is_at(connection->socket, getsockname, ends.own_ip, ends.own_port) ||
      !is_at(connection->socket, getpeername, ends.peer_ip, ends.peer_port))
    return false;
  connection->peer_ip = ends.peer_ip;
  connection->own_ip = ends.own_ip;
  connection->ports = by_ports_.emplace(ports, connection)->first;
  return true;
}

} // namespace wayfare::io
