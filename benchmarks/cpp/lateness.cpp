// How late the deadlines of calls are kept while one client reads a large answer. Each round lets a
// call get such an answer. Meanwhile a call that gets no answer begins each 10 ms, and its end
// should come at its deadline.
//
//   kind=K    the shape of the large answer: see `shapes`; kind=none: there is none; kind=prompt:
//             the request is large instead, and is made for two models
//   mib=N     its size
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <wayfare/wayfare.hpp>

#include "worker.hpp"

namespace {

using namespace bench;
using namespace std::chrono_literals;

struct Shape {
  std::string before, part, after; // the part is repeated until the answer is large enough
  bool streamed = false;
  int status = 200;
};

const std::string usage = R"("usage":{"prompt_tokens":1,"completion_tokens":2,"cost":0.001})";

Shape plain(const std::string& before, const std::string& part, const std::string& after) {
  return {R"({"id":"g","choices":[{"index":0,"finish_reason":"stop","message":{)" + before, part,
          after + "}}]," + usage + "}"};
}
Shape streamed(const std::string& before, const std::string& part, const std::string& after) {
  const std::string end = R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}],)" + usage;
  return {before, part, after + end + "}\n\ndata: [DONE]\n\n", true};
}
Shape refusal(const std::string& before, const std::string& part, const std::string& after) {
  return {before, part, after, false, 400};
}

const std::map<std::string, Shape> shapes{
    {"text", plain(R"("content":")", "A plain text. ", "\"")},
    {"escapes", plain(R"("content":")", R"(\u00e9\n\"\ud83d\ude00)", "\"")},
    {"members", plain(R"("content":"a","x":{"a":1)", R"(,"key":[{}])", "}")},
    {"values", plain(R"("content":"a","x":[1)", ",100000000", "]")},
    {"deep",
     plain(R"("content":"a","x":[0)", "," + std::string(100, '[') + std::string(100, ']'), "]")},
    {"details", plain(R"("content":"a","reasoning_details":[{"type":"t"})",
                      R"(,{"type":"reasoning.text","text":"some words","index":0})", "]")},
    {"parts", plain(R"("content":[{"type":"text","text":"a"})",
                    R"(,{"type":"text","text":"some words of a part"})", "]")},
    {"tool", plain(R"("tool_calls":[{"id":"c","function":{"name":"f","arguments":")",
                   R"({\"key\": \"value\"} )", R"("}}])")},
    {"choices",
     {R"({"choices":[{"index":0,"message":{"content":"a"}})",
      R"(,{"index":1,"message":{"content":"another answer"}})", "]," + usage + "}"}},
    {"stray bytes", plain(R"("content":")", "a text \xFF ", "\"")},
    {"no JSON", {"{", R"("key":"value", )", "oh"}},
    {"event",
     streamed(R"(data: {"choices":[{"delta":{"content":")", "A plain text. ", "\"}}]}\n\n")},
    {"event of members", streamed(R"(data: {"x":{"a":1)", R"(,"key":[{}])", "}}\n\n")},
    {"lines of an event", streamed(R"(data: {"choices":[{"delta":{"content":"a"}}],"x":[1)",
                                   "\ndata: ,[],[],[],[],[],[],[],[],[],[]", "]}\n\n")},
    {"deltas", streamed("",
                        R"(data: {"choices":[{"delta":{"content":"some words"}}]})"
                        "\n\n",
                        "")},
    {"long deltas",
     streamed(
         "", R"(data: {"choices":[{"delta":{"content":")" + std::string(10'000, 'a') + "\"}}]}\n\n",
         "")},
    {"refusal", refusal(R"({"error":{"message":")", "No, and no again. ", "\"}}")},
    {"errors of a refusal", refusal(R"({"error":{"message":"no","details":[{})",
                                    R"(,{"retryDelay":"x","why":[{}]})", "]}}")},
    {"page", refusal("<html>", "<p>word ", "</html>")},
};

constexpr const char* prompt = "prompt"; // the request is large, and not the answer

std::string answer_of(const std::string& kind, std::size_t size) {
  if (kind == "none" || kind == prompt) return {};
  const auto found = shapes.find(kind);
  if (found == shapes.end()) die("no such kind: " + kind);
  const Shape& shape = found->second;
  std::string body = shape.before;
  while (body.size() + shape.part.size() + shape.after.size() < size) body += shape.part;
  body += shape.after;
  return "HTTP/1.1 " + std::to_string(shape.status) +
         " X\r\nContent-Type: " + (shape.streamed ? "text/event-stream" : "application/json") +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Gives the large answer to requests that ask for it. A large request is refused for its first
// model and answered for its second one. Other requests get no answer.
class Server {
 public:
  explicit Server(const std::string& answer)
      : answer_(answer), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 512);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    std::thread([this] {
      while (true) {
        const int socket = accept(listener_, nullptr, nullptr);
        std::thread([this, socket] { serve(socket); }).detach();
      }
    }).detach();
  }
  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve(int socket) const {
    std::string read;
    std::vector<char> buffer(std::size_t{1} << 18);
    std::size_t whole = 0; // of the request; 0: not known yet
    while (true) {
      const ssize_t count = recv(socket, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      read.append(buffer.data(), static_cast<std::size_t>(count));
      const std::size_t head = whole == 0 ? read.find("\r\n\r\n") : 0;
      if (head == read.npos) continue;
      if (whole == 0) {
        const std::size_t at = read.find("Content-Length: ");
        whole = head + 4 + (at < head ? std::stoul(read.substr(at + 16, 20)) : 0);
      }
      if (read.size() < whole) continue;
      if (read.find("large") != read.npos)
        give(socket, answer_);
      else if (read.find(R"("a/one")") != read.npos)
        give(socket, "HTTP/1.1 503 X\r\nContent-Length: 4\r\n\r\nbusy");
      else if (read.find(R"("a/two")") != read.npos)
        give(socket, answer_of("text", 1000));
      read.clear();
      whole = 0;
    }
    close(socket);
  }
  static void give(int socket, std::string_view answer) {
    while (!answer.empty()) {
      const ssize_t sent = send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      answer.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  const std::string& answer_;
  int listener_, port_ = 0;
};

// Calls that end by their deadline: one begins each 10 ms, and another thread awaits their ends.
class Deadlines {
 public:
  explicit Deadlines(wayfare::Client& client)
      : client_(client), begins_([this] { begin(); }), awaits_([this] { await(); }) {}
  double end() { // the lateness of the latest one, in ms
    ended_ = true;
    begins_.join();
    awaits_.join();
    return latest_ / 1e6;
  }

 private:
  static constexpr std::chrono::milliseconds deadline = 100ms;

  void begin() {
    while (!ended_) {
      wayfare::Request request{.body = wayfare::user_message("silence")};
      request.route.deadline = deadline;
      request.route.retries = 0;
      const std::int64_t due = wall_ns() + std::chrono::nanoseconds(deadline).count();
      const std::int64_t id = client_.submit(wayfare::Chat{.request = std::move(request)});
      if (id <= 0) die("a call was not taken");
      {
        std::lock_guard lock(mutex_);
        calls_.emplace_back(id, due);
      }
      std::this_thread::sleep_for(10ms);
    }
  }
  void await() {
    while (true) {
      std::pair<std::int64_t, std::int64_t> call;
      {
        std::lock_guard lock(mutex_);
        if (!calls_.empty()) {
          call = calls_.front();
          calls_.pop_front();
        }
      }
      if (call.first == 0) {
        if (ended_) return;
        std::this_thread::sleep_for(1ms);
        continue;
      }
      std::vector<wayfare::Event> events;
      client_.next(call.first, -1ms, events);
      if (events.empty() || !events.back().error) die("a call did not end by its deadline");
      latest_ = std::max(latest_, static_cast<double>(wall_ns() - call.second));
    }
  }

  wayfare::Client& client_;
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::deque<std::pair<std::int64_t, std::int64_t>> calls_;
  double latest_ = -1e18;
  std::thread begins_, awaits_;
};

Figures round(wayfare::Client& client, const std::string& kind, std::size_t size) {
  Deadlines deadlines(client);
  std::this_thread::sleep_for(150ms);
  const std::int64_t begun = wall_ns();
  wayfare::Request request{.body = wayfare::user_message("large")};
  request.route.retries = 0;
  std::string end = "none";
  if (kind == "none") {
    std::this_thread::sleep_for(1s);
  } else if (kind == prompt) {
    request.body = wayfare::user_message(std::string(size, 'x'));
    request.route.models = {"a/one", "a/two"};
    const auto reply = client.chat(std::move(request));
    end = reply.ok() ? "ok" : std::string(name(reply.error().code));
  } else if (shapes.at(kind).streamed) {
    auto stream = client.stream(std::move(request));
    while (stream.next()) {}
    const auto& reply = stream.reply();
    end = reply.ok() ? "ok" : std::string(name(reply.error().code));
  } else {
    const auto reply = client.chat(std::move(request));
    end = reply.ok() ? "ok" : std::string(name(reply.error().code));
  }
  const double took = static_cast<double>(wall_ns() - begun) / 1e6;
  Figures figures;
  figures.add("late", deadlines.end());
  figures.add("took", took);
  std::fprintf(stderr, "%s: %s\n", kind.c_str(), end.c_str());
  return figures;
}

} // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  const std::string kind = arguments.text("kind", "text");
  const std::size_t size = static_cast<std::size_t>(arguments.number("mib", 60)) << 20;
  const std::string answer = answer_of(kind, size);
  const Server server(answer);
  auto client = wayfare::Client::open({.api_key = "sk-or-v1-of-a-benchmark",
                                       .base_url = server.base_url(),
                                       .ledger = arguments.text("ledger", ":memory:"),
                                       .durability = wayfare::Durability::no_sync})
                    .value();
  return serve("wayfare", [&] { return round(client, kind, size); });
}
