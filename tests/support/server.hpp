// A simple loopback server. Each connection has its own thread. A function makes the answer to each
// request.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

class Server {
 public:
  // Gets the body of a request and returns the whole answer with its head; "" closes the
  // connection.
  using Answer = std::function<std::string(const std::string& body)>;

  // `closes`: a connection is closed after its first answer.
  explicit Server(Answer answer, bool closes = false)
      : response_(std::move(answer)),
        closes_(closes),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 512);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~Server() {
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    close(listener_);
    {
      std::lock_guard lock(mutex_);
      for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    for (const int socket : sockets_) close(socket);
  }
  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/api/v1"; }

  static std::string plain(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  // A good completion. `cost`: as the server tells it.
  static std::string pong(const std::string& cost = "0.001") {
    return plain(R"({"id":"gen-1","model":"m","provider":"P","choices":[{"index":0,)"
                 R"("finish_reason":"stop","message":{"role":"assistant","content":"pong"}}],)"
                 R"("usage":{"prompt_tokens":3,"completion_tokens":4,"cost":)" +
                 cost + "}}");
  }
  static std::string stream(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  void accept_all() {
    while (true) {
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const int on = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }
  void serve(int socket) {
    std::string read;
    char buffer[65536];
    while (true) {
      const auto head = read.find("\r\n\r\n");
      if (head != std::string::npos) {
        const auto at = read.substr(0, head).find("Content-Length: ");
        const std::size_t length = at == read.npos ? 0 : std::stoul(read.substr(at + 16));
        const std::size_t whole = head + 4 + length;
        if (read.size() >= whole) {
          const std::string answer = response_(read.substr(head + 4, length));
          read.erase(0, whole);
          for (std::size_t sent = 0; sent < answer.size();) {
            const auto count =
                send(socket, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) return;
            sent += static_cast<std::size_t>(count);
          }
          if (answer.empty() || closes_) {
            shutdown(socket, SHUT_RDWR);
            return;
          }
          continue;
        }
      }
      const auto count = recv(socket, buffer, sizeof buffer, 0);
      if (count <= 0) return;
      read.append(buffer, static_cast<std::size_t>(count));
    }
  }

  Answer response_;
  bool closes_;
  int listener_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};
