// Bare libcurl doing the same transfers, as few options as they need: the floor.
//
//   mode=easy    calls one after the other on one easy handle
//   mode=multi   calls with `flight` in flight, by curl_multi_socket_action and epoll; a new easy
//   handle for each, as a client of any
//                library does where calls differ in their headers and their ends (reuse=1: handles
//                are used again)
//   mode=stream  streams one after the other, the bytes counted
//   mode=hold    `flight` paced streams at once; how late each token is
#include <curl/curl.h>
#include <sys/epoll.h>

#include <charconv>
#include <deque>
#include <memory>
#include <unordered_set>

#include "worker.hpp"

namespace {

using namespace bench;

struct Transfer {
  CURL* easy = nullptr;
  std::size_t bytes = 0;
  std::string body;
  Held* held = nullptr;
};

std::size_t on_bytes(char* data, std::size_t, std::size_t size, void* self_) {
  auto* self = static_cast<Transfer*>(self_);
  self->bytes += size;
  if (!self->held) {
    self->body.append(data, size);
    return size;
  }
  static constexpr std::string_view before = "\"content\":\"";
  const std::string_view bytes(data, size);
  for (std::size_t at = bytes.find(before); at != bytes.npos; at = bytes.find(before, at + 1)) {
    std::int64_t sent = 0;
    std::from_chars(data + at + before.size(), data + size, sent);
    if (sent > 0) self->held->token(sent);
  }
  return size;
}

class Curl {
 public:
  explicit Curl(const Arguments& arguments)
      : url_(arguments.text("base") + "/chat/completions"),
        mode_(arguments.text("mode")),
        calls_(arguments.number("calls", 1000)),
        flight_(arguments.number("flight", 1)),
        reuse_(arguments.number("reuse", 0) != 0),
        body_(request_body(mode_ == "stream" || mode_ == "hold")) {
    headers_ = curl_slist_append(headers_, "Content-Type: application/json");
    headers_ = curl_slist_append(headers_, "Authorization: Bearer none");
    multi_ = curl_multi_init();
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(
        multi_, CURLMOPT_SOCKETFUNCTION,
        +[](CURL*, curl_socket_t socket, int what, void* self, void*) {
          static_cast<Curl*>(self)->watch(socket, what);
          return 0;
        });
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(
        multi_, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long ms, void* self) {
          static_cast<Curl*>(self)->timer_ns_ =
              ms < 0 ? -1 : wall_ns() + std::int64_t{ms} * 1'000'000;
          return 0;
        });
  }

  Figures round() {
    if (mode_ == "easy" || mode_ == "stream") return one_by_one();
    if (mode_ == "multi") return timed(calls_, [this] { crowd(); });
    return hold();
  }

 private:
  CURL* make(Transfer& transfer) {
    CURL* easy = curl_easy_init();
    transfer.easy = easy;
    curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    return easy;
  }

  Figures one_by_one() {
    if (!alone_.easy) make(alone_);
    std::vector<double> each;
    const auto work = [&] {
      for (int i = 0; i < calls_; ++i) {
        const std::int64_t begun = wall_ns();
        alone_.bytes = 0;
        alone_.body.clear();
        if (curl_easy_perform(alone_.easy) != CURLE_OK || alone_.bytes < 500)
          die("a transfer failed");
        each.push_back(static_cast<double>(wall_ns() - begun) / 1e3);
      }
    };
    Figures figures = timed(calls_, work);
    std::sort(each.begin(), each.end());
    figures.add("latency_p50", each[each.size() / 2]);
    return figures;
  }

  void watch(curl_socket_t socket, int what) {
    epoll_event event{};
    event.data.fd = socket;
    event.events = (what & CURL_POLL_IN ? unsigned{EPOLLIN} : 0U) |
                   (what & CURL_POLL_OUT ? unsigned{EPOLLOUT} : 0U);
    if (what == CURL_POLL_REMOVE) {
      watched_.erase(socket);
      epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, &event);
    } else {
      epoll_ctl(epoll_, watched_.insert(socket).second ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket,
                &event);
    }
  }

  void turn() {
    epoll_event events[256];
    int timeout = 1000;
    if (timer_ns_ >= 0)
      timeout = static_cast<int>(
          std::clamp<std::int64_t>((timer_ns_ - wall_ns() + 999'999) / 1'000'000, 0, 1000));
    const int count = epoll_wait(epoll_, events, 256, timeout);
    int running = 0;
    for (int i = 0; i < count; ++i) {
      const int what = (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
                       (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
      curl_multi_socket_action(multi_, events[i].data.fd, what, &running);
    }
    if (timer_ns_ >= 0 && wall_ns() >= timer_ns_) {
      timer_ns_ = -1;
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }

  void begin(std::unique_ptr<Transfer> transfer) {
    curl_multi_add_handle(multi_, transfer.release()->easy);
  }

  void crowd() {
    int begun = 0, ended = 0;
    const auto next = [&](std::unique_ptr<Transfer> used) {
      if (!used) {
        used = std::make_unique<Transfer>();
        make(*used);
      }
      used->bytes = 0;
      used->body.clear();
      begin(std::move(used));
      ++begun;
    };
    while (begun < std::min(flight_, calls_)) next(nullptr);
    while (ended < calls_) {
      turn();
      int left = 0;
      while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        Transfer* raw = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &raw);
        std::unique_ptr<Transfer> transfer(raw);
        if (message->data.result != CURLE_OK || transfer->bytes < 500) die("a transfer failed");
        curl_multi_remove_handle(multi_, transfer->easy);
        ++ended;
        if (!reuse_ || begun >= calls_) {
          curl_easy_cleanup(transfer->easy);
          transfer.reset();
        }
        if (begun < calls_) next(std::move(transfer));
      }
    }
  }

  Figures hold() {
    Held held(flight_, calls_);
    for (int i = 0; i < flight_; ++i) {
      auto transfer = std::make_unique<Transfer>();
      transfer->held = &held;
      make(*transfer);
      begin(std::move(transfer));
      if (i % 16 == 15) turn();
    }
    int ended = 0;
    while (ended < flight_) {
      turn();
      int left = 0;
      while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        Transfer* raw = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &raw);
        std::unique_ptr<Transfer> transfer(raw);
        if (message->data.result != CURLE_OK)
          die("a stream failed: " + std::string(curl_easy_strerror(message->data.result)));
        curl_multi_remove_handle(multi_, transfer->easy);
        curl_easy_cleanup(transfer->easy);
        ++ended;
      }
    }
    return held.figures();
  }

  std::string url_, mode_;
  int calls_, flight_;
  bool reuse_;
  std::string body_;
  curl_slist* headers_ = nullptr;
  CURLM* multi_ = nullptr;
  int epoll_ = -1;
  std::int64_t timer_ns_ = -1;
  std::unordered_set<int> watched_;
  Transfer alone_;
};

} // namespace

int main(int count, char** values) {
  raise_descriptor_limit();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Curl curl{Arguments(count, values)};
  return serve(std::string("libcurl ") + curl_version_info(CURLVERSION_NOW)->version,
               [&] { return curl.round(); });
}
