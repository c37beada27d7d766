// The loopback server: HTTP/1.1, one thread, epoll, as little work as will do. It reads nothing of
// a request but its length, its path and whether the body asks for a stream. The first segment of
// the path says how a stream comes:
//
//   /1000/chat/completions      1000 chunks at once, in HTTP chunks of up to 16 KB, as a proxy
//   joins them /40x500/chat/completions    40 chunks, one every 500 ms, each its own write; the
//   text is the time of sending in ns (CLOCK_MONOTONIC) GET …/models                a list of the
//   one model that is asked for
//
// It prints its port, and ends with its standard input.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "answers.hpp"

namespace {

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

struct Connection {
  std::string in, out;
  bool writing = false; // epoll waits for room
  int left = 0;         // chunks of a paced stream
  std::int64_t every_ns = 0;
  std::uint64_t serial = 0;
};

struct Due {
  std::int64_t at_ns;
  int descriptor;
  std::uint64_t serial; // of the connection that had the descriptor then
  bool operator>(const Due& other) const { return at_ns > other.at_ns; }
};

std::string framed(std::string_view bytes) { // as HTTP chunks
  std::string out;
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 16 * 1024);
    char length[16];
    const auto end = std::to_chars(length, length + sizeof length, size, 16).ptr;
    out.append(length, end).append("\r\n").append(bytes.substr(0, size)).append("\r\n");
    bytes.remove_prefix(size);
  }
  return out;
}

std::string whole(const std::string& header, std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + header +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
const std::string stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: "
    "no-cache\r\nX-Generation-Id: "
    "gen-1763900000-AbCdEfGhIjKlMnOpQrSt\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string end_of_chunks = "0\r\n\r\n";

class Server {
 public:
  Server()
      : epoll_(epoll_create1(EPOLL_CLOEXEC)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 4096) != 0)
      std::exit(1);
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
    watch(STDIN_FILENO, EPOLLIN, EPOLL_CTL_ADD);
  }
  int port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  void run() {
    std::vector<epoll_event> events(1024);
    while (true) {
      const int count =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms());
      for (int i = 0; i < count; ++i) {
        const int descriptor = events[i].data.fd;
        if (descriptor == STDIN_FILENO) return;
        if (descriptor == listener_)
          accept_all();
        else
          serve(descriptor, events[i].events);
      }
      send_due();
    }
  }

 private:
  void watch(int descriptor, std::uint32_t what, int how) {
    epoll_event event{};
    event.events = what;
    event.data.fd = descriptor;
    epoll_ctl(epoll_, how, descriptor, &event);
  }
  int timeout_ms() const {
    if (due_.empty()) return -1;
    return static_cast<int>(
        std::clamp<std::int64_t>((due_.top().at_ns - now_ns() + 999'999) / 1'000'000, 0, 1000));
  }
  void accept_all() {
    while (true) {
      const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor < 0) return;
      const int on = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[descriptor].serial = ++serials_;
      watch(descriptor, EPOLLIN, EPOLL_CTL_ADD);
    }
  }
  void drop(int descriptor) {
    connections_.erase(descriptor);
    close(descriptor);
  }
  void serve(int descriptor, std::uint32_t what) {
    const auto found = connections_.find(descriptor);
    if (found == connections_.end()) return;
    Connection& connection = found->second;
    if (what & EPOLLIN) {
      char buffer[65536];
      const ssize_t size = read(descriptor, buffer, sizeof buffer);
      if (size == 0 || (size < 0 && errno != EAGAIN)) return drop(descriptor);
      if (size > 0) connection.in.append(buffer, static_cast<std::size_t>(size));
      while (take_request(descriptor, connection)) {}
    } else if (what & (EPOLLHUP | EPOLLERR)) {
      return drop(descriptor);
    }
    flush(descriptor, connection);
  }
  bool take_request(int descriptor, Connection& connection) {
    const std::size_t head_end = connection.in.find("\r\n\r\n");
    if (head_end == std::string::npos) return false;
    const std::string_view head = std::string_view(connection.in).substr(0, head_end);
    std::size_t length = 0;
    for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
      const std::size_t at = head.find(name);
      if (at != head.npos)
        std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    }
    if (connection.in.size() < head_end + 4 + length) return false;
    const std::string_view body = std::string_view(connection.in).substr(head_end + 4, length);
    const bool streamed =
        body.find("\"stream\":true") != body.npos || body.find("\"stream\": true") != body.npos;
    if (head.starts_with("GET "))
      connection.out += models_;
    else if (streamed)
      start_stream(descriptor, connection, head.substr(head.find('/') + 1));
    else
      connection.out += plain_;
    connection.in.erase(0, head_end + 4 + length);
    return true;
  }
  void start_stream(int descriptor, Connection& connection, std::string_view path) {
    int count = 1000, every_ms = 0;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), count);
    if (error == std::errc() && *end == 'x')
      std::from_chars(end + 1, path.data() + path.size(), every_ms);
    if (every_ms == 0) {
      connection.out += together(count);
      return;
    }
    connection.out += stream_head;
    connection.left = count;
    connection.every_ns = std::int64_t{every_ms} * 1'000'000;
    due_.push({now_ns() + connection.every_ns, descriptor, connection.serial});
  }
  const std::string& together(int count) {
    std::string& answer = together_[count];
    if (answer.empty()) {
      std::string events;
      for (int i = 0; i < count; ++i) events += bench::chunk(i);
      answer = stream_head + framed(events + bench::last_chunks()) + end_of_chunks;
    }
    return answer;
  }
  void send_due() {
    while (!due_.empty() && due_.top().at_ns <= now_ns()) {
      Due next = due_.top();
      due_.pop();
      const auto found = connections_.find(next.descriptor);
      if (found == connections_.end() || found->second.serial != next.serial) continue;
      Connection& connection = found->second;
      connection.out += framed(bench::chunk(std::to_string(now_ns())));
      if (--connection.left == 0) {
        connection.out += framed(bench::last_chunks()) + end_of_chunks;
      } else {
        next.at_ns += connection.every_ns;
        due_.push(next);
      }
      flush(next.descriptor, connection);
    }
  }
  void flush(int descriptor, Connection& connection) {
    while (!connection.out.empty()) {
      const ssize_t size =
          send(descriptor, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (size < 0 && errno != EAGAIN) return drop(descriptor);
      if (size < 0) break;
      connection.out.erase(0, static_cast<std::size_t>(size));
    }
    if (connection.writing == !connection.out.empty()) return;
    connection.writing = !connection.out.empty();
    watch(descriptor, connection.writing ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
  }

  int epoll_, listener_;
  const std::string plain_ =
      whole("X-Generation-Id: gen-1763900000-AbCdEfGhIjKlMnOpQrSt", bench::plain_body);
  const std::string models_ = whole("Cache-Control: max-age=3600", bench::models_body);
  std::map<int, std::string> together_;
  std::unordered_map<int, Connection> connections_;
  std::uint64_t serials_ = 0;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

} // namespace

int main() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  Server server;
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  server.run();
}
