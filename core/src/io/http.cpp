#include "io/http.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "io/ca.hpp"
#include "io/http_transfer.hpp"
#include "io/tls.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"

namespace wayfare::io {

namespace {

// Initialises libcurl once per process. Never undone, because the host may use libcurl too.
bool initialise() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK;
}

// The file and the folder of authorities that libcurl was built with.
Authorities built_in_authorities() {
  CURL* easy = curl_easy_init();
  char *file = nullptr, *folder = nullptr;
  if (easy) {
    curl_easy_getinfo(easy, CURLINFO_CAINFO, &file);
    curl_easy_getinfo(easy, CURLINFO_CAPATH, &folder);
  }
  Authorities found{.file = file ? file : "", .folder = folder ? folder : ""};
  curl_easy_cleanup(easy);
  return found;
}

// Whether libcurl may have refused a header line because of its length. Older versions say that
// memory is short, and they have no name for the code of newer ones.
bool is_long_header(CURLcode code) {
  constexpr int too_large = 100;
  return code == CURLE_OUT_OF_MEMORY || static_cast<int>(code) == too_large;
}

TransferEnd::How how_of(CURLcode code) {
  switch (code) {
    case CURLE_OK: return TransferEnd::How::whole;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return TransferEnd::How::dns;
    case CURLE_PROXY:
    case CURLE_COULDNT_CONNECT: return TransferEnd::How::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE: return TransferEnd::How::tls;
    // The only timeout that is left to libcurl.
    case CURLE_OPERATION_TIMEDOUT: return TransferEnd::How::connect_timeout;
    default: return TransferEnd::How::lost;
  }
}

} // namespace

Target::Target(std::string url, const std::vector<std::string>& headers)
    : url_(std::move(url)), headers_(std::make_unique<List>()) {
  for (const std::string& line : headers) {
    curl_slist* longer = curl_slist_append(headers_->first, line.c_str());
    if (!longer) throw std::bad_alloc();
    headers_->first = longer;
  }
}
Target::~Target() = default;

struct Http::Impl {
  Loop& loop;
  HttpSettings settings;
  Authorities trusted = {};
  CURLM* multi = nullptr;
  Connections connections = {};
  std::vector<std::unique_ptr<Transfer>> running = {}, spare = {};
  static constexpr std::size_t spare_max = 64;

  void call(curl_socket_t socket, int what) {
    int left = 0;
    curl_multi_socket_action(multi, socket, what, &left);
    finish();
  }

  // Delivers the ends of transfers. Any call of libcurl may end a transfer, so this must follow
  // each call.
  void finish() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      const CURLcode code = message->data.result;
      if (transfer->is_refused && connect_anew(*transfer)) continue;
      long tunnel = 0; // the status with which a proxy refused the tunnel
      curl_easy_getinfo(message->easy_handle, CURLINFO_HTTP_CONNECTCODE, &tunnel);
      const bool refused = code != CURLE_OK && tunnel != 0 && tunnel / 100 != 2;
      TransferEnd outcome{refused ? TransferEnd::How::connect : how_of(code),
                          code == CURLE_OK     ? ""
                          : transfer->error[0] ? transfer->error
                                               : curl_easy_strerror(code)};
      // If nothing was sent, the cause may be a shortage of descriptors: a DNS lookup needs one
      // too.
      const bool unsent = code != CURLE_OK && transfer->is_unsent();
      if (unsent && (transfer->is_short || !os::has_descriptor()))
        outcome = {TransferEnd::How::connect, "the process has no file descriptor left"};
      if (unsent && transfer->leads_away)
        outcome = {TransferEnd::How::connect,
                   "its name leads to an address that is not of this machine, and plain http would "
                   "show the key and the prompts to the network: use https, or set allow_http"};
      if (transfer->too_large)
        outcome = {TransferEnd::How::too_large, "the answer's headers are longer than 256 KiB"};
      else if (is_long_header(code) && transfer->is_given && !transfer->head_told)
        outcome = {TransferEnd::How::too_large,
                   "a header of the answer is longer than libcurl takes, which is 100 KiB"};
      outcome.unsent = unsent;
      if (transfer->is_again)
        outcome = {TransferEnd::How::lost, "the request would have to be sent again to continue"};
      if (outcome.how == TransferEnd::How::tls)
        outcome.tls =
            code == CURLE_SSL_CACERT_BADFILE ? TlsFault::no_authorities : tls_fault(outcome.detail);
      Listener* listener = transfer->listener;
      auto ended = remove(transfer);
      if (left == 0) read_on(*ended);
      if (outcome.how == TransferEnd::How::whole && spare.size() < spare.capacity()) {
        ended->rest();
        spare.push_back(std::move(ended));
      }
      listener->on_end(outcome);
    }
  }

  // Lets the other transfers of the connection read. When an answer ends, libcurl 8 may leave in
  // the buffer of TLS what came with that end, and then nothing reads it before more arrives. It
  // may belong to another answer, or tell that the server takes no more requests.
  void read_on(Transfer& ended) {
    const auto connection = ended.connection;
    ended.leave();
    if (!connection || connection->transfers == 0 || !connections.is_open(*connection)) return;
    int left = 0;
    curl_multi_socket_action(multi, connection->socket, CURL_CSELECT_IN, &left);
  }

  // Sends a request, of which nothing was sent, over a new connection.
  bool connect_anew(Transfer& transfer) {
    transfer.is_refused = false;
    transfer.is_fresh = true;
    transfer.error[0] = '\0';
    curl_multi_remove_handle(multi, transfer.easy);
    return curl_easy_setopt(transfer.easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_multi_add_handle(multi, transfer.easy) == CURLM_OK;
  }

  std::unique_ptr<Transfer> remove(Transfer* transfer) {
    curl_multi_remove_handle(multi, transfer->easy);
    auto& place = running[transfer->place];
    running.back()->place = transfer->place;
    std::swap(place, running.back());
    auto removed = std::move(running.back());
    running.pop_back();
    return removed;
  }

  void arm(long ms) {
    loop.alarm(ms < 0 ? Loop::never : os::monotonic_us() + std::int64_t{ms} * 1000);
  }

  std::unique_ptr<Transfer> take_spare();
  bool set_up(CURL* easy);
  bool aim(Transfer& transfer, Sending sending) const;
};

Http::Http(Loop& loop, HttpSettings settings)
    : impl_(std::make_unique<Impl>(Impl{loop, std::move(settings)})) {
  if (!initialise()) return;
  impl_->trusted = authorities(
      impl_->settings.ca_file, built_in_authorities(),
      [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value ? value : "");
      },
      [](const std::string& file) { return access(file.c_str(), R_OK) == 0; });
  impl_->spare.reserve(Impl::spare_max);
  impl_->multi = curl_multi_init();
  if (!impl_->multi) return;
  // By default libcurl keeps four connections per running transfer. After a burst it would close
  // most connections, and the next burst would connect again.
  curl_multi_setopt(impl_->multi, CURLMOPT_MAXCONNECTS, 16'384L);
  curl_multi_setopt(impl_->multi, CURLMOPT_SOCKETDATA, impl_.get());
  curl_multi_setopt(
      impl_->multi, CURLMOPT_SOCKETFUNCTION,
      +[](CURL*, curl_socket_t socket, int what, void* self, void*) {
        static_cast<Impl*>(self)->loop.watch(
            socket, (what & CURL_POLL_IN) != 0 && what != CURL_POLL_REMOVE,
            (what & CURL_POLL_OUT) != 0 && what != CURL_POLL_REMOVE);
        return 0;
      });
  curl_multi_setopt(impl_->multi, CURLMOPT_TIMERDATA, impl_.get());
  curl_multi_setopt(
      impl_->multi, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long ms, void* self) {
        static_cast<Impl*>(self)->arm(ms);
        return 0;
      });
  loop.on_ready = [this](int descriptor, bool readable, bool writable) {
    impl_->call(descriptor, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
  };
  loop.on_alarm = [this] { impl_->call(CURL_SOCKET_TIMEOUT, 0); };
}

Http::~Http() {
  while (!impl_->running.empty()) impl_->remove(impl_->running.back().get());
  impl_->spare.clear();
  if (impl_->multi) curl_multi_cleanup(impl_->multi);
}

bool Http::ok() const noexcept { return impl_->multi != nullptr; }

std::unique_ptr<Http::Transfer> Http::Impl::take_spare() {
  if (!spare.empty()) {
    auto transfer = std::move(spare.back());
    spare.pop_back();
    return transfer;
  }
  auto transfer = std::make_unique<Transfer>();
  transfer->loop = &loop;
  transfer->connections = &connections;
  transfer->easy = curl_easy_init();
  if (!transfer->easy || !set_up(transfer->easy)) return nullptr;
  bool good = curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->error) == CURLE_OK;
  for (const CURLoption data : {CURLOPT_PRIVATE, CURLOPT_OPENSOCKETDATA, CURLOPT_HEADERDATA,
                                CURLOPT_WRITEDATA, CURLOPT_PREREQDATA})
    good = good && curl_easy_setopt(transfer->easy, data, transfer.get()) == CURLE_OK;
  return good ? std::move(transfer) : nullptr;
}

// Sets the options that are equal for all transfers.
bool Http::Impl::set_up(CURL* easy) {
  bool good = true;
  const auto set = [&](CURLoption option, auto value) {
    good = good && curl_easy_setopt(easy, option, value) == CURLE_OK;
  };
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L); // otherwise a slow DNS lookup would block the loop
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  // Asks for no encoding, and decodes what a gateway compressed all the same.
  set(CURLOPT_ACCEPT_ENCODING, "identity");
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::open);
  // Shuts the connection down, so that the server notices the end even if a forked child has it
  // open.
  set(
      CURLOPT_CLOSESOCKETFUNCTION, +[](void* self, curl_socket_t socket) {
        auto* impl = static_cast<Impl*>(self);
        impl->loop.release(socket);
        impl->connections.closed(socket);
        shutdown(socket, SHUT_RDWR);
        return close(socket);
      });
  set(CURLOPT_CLOSESOCKETDATA, this);
  // Seconds of idleness. A request on an older connection is often lost.
  set(CURLOPT_MAXAGE_CONN, 30L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // Sends the key only to the server, never to the proxy.
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  // Waits for an HTTP/2 connection to share, rather than opening another.
  set(CURLOPT_PIPEWAIT, 1L);
  // Switches off the location that is not used. Otherwise libcurl would also use its own default.
  // Not checked, because some builds of libcurl do not support both.
  for (const auto& [file, folder] : {std::pair{CURLOPT_CAINFO, CURLOPT_CAPATH},
                                     std::pair{CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH}}) {
    if (!trusted.file.empty()) {
      set(file, trusted.file.c_str());
      curl_easy_setopt(easy, folder, nullptr);
    } else if (!trusted.folder.empty()) {
      set(folder, trusted.folder.c_str());
      curl_easy_setopt(easy, file, nullptr);
    }
  }
  set(CURLOPT_PREREQFUNCTION, &Transfer::before);
  set(CURLOPT_HEADERFUNCTION, &Transfer::header);
  set(CURLOPT_WRITEFUNCTION, &Transfer::write);
  return good;
}

// Sets the options of this transfer, unless the handle has them from the transfer before.
bool Http::Impl::aim(Transfer& transfer, Sending sending) const {
  CURL* easy = transfer.easy;
  bool good = true;
  const auto set = [&](CURLoption option, auto value) {
    good = good && curl_easy_setopt(easy, option, value) == CURLE_OK;
  };
  if (sending.body) { // libcurl does not copy the body
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sending.body->size()));
    set(CURLOPT_POSTFIELDS, sending.body->data());
  }
  const bool same = transfer.is_aimed && sending.target == transfer.sending.target;
  transfer.sending = std::move(sending);
  transfer.is_aimed = transfer.sending.body != nullptr; // a GET is too rare to keep its options
  if (same && transfer.is_aimed) return good;

  const std::string& url = transfer.sending.target->url_;
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_HTTPHEADER, transfer.sending.target->headers_->first);
  const bool plain = url.starts_with("http:"); // loopback or allow_http
  transfer.stays_here = plain && !settings.allow_http;
  const bool proxied = !plain && !settings.proxy.empty();
  // Not checked: libcurl may be built without HTTP/2.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                   plain ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS);
  set(CURLOPT_PROXY, proxied ? settings.proxy.c_str() : nullptr);
  // The option `proxy` overrides NO_PROXY.
  set(CURLOPT_NOPROXY, plain ? "*" : proxied ? "" : nullptr);
  set(transfer.sending.body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
  return good;
}

Http::Transfer* Http::start(Sending sending, Listener& listener) {
  auto transfer = impl_->take_spare();
  if (!transfer || !impl_->aim(*transfer, std::move(sending))) return nullptr;
  transfer->listener = &listener;
  transfer->place = impl_->running.size();
  impl_->running.push_back(std::move(transfer));
  Transfer* const started = impl_->running.back().get();
  if (curl_multi_add_handle(impl_->multi, started->easy) == CURLM_OK) return started;
  impl_->running.pop_back();
  return nullptr;
}

void Http::stop(Transfer* transfer) { impl_->remove(transfer); }

void Http::resume(Transfer* transfer) {
  curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
  impl_->finish();
}

} // namespace wayfare::io
