// One transfer of Http and its libcurl handle. Only for the files of this folder, because it
// includes libcurl.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "io/connections.hpp"
#include "io/http.hpp"
#include "io/loop.hpp"

namespace wayfare::io {

struct Target::List {
  curl_slist* first = nullptr;
  ~List() { curl_slist_free_all(first); }
};

// A transfer that ended well is used again with its handle and the options of that handle. A new
// handle costs a tenth of a transfer.
class Http::Transfer {
 public:
  CURL* easy = nullptr;
  bool is_aimed = false; // the handle is set up for `sending`
  Sending sending;
  Listener* listener = nullptr;
  Loop* loop = nullptr;
  Connections* connections = nullptr;
  std::shared_ptr<Connection> connection; // the one that it uses
  std::vector<int> opened;                // the sockets that were opened for it
  std::size_t place = 0;                  // the index among the running transfers
  bool is_given = false;                  // the request was given to the network
  std::unique_ptr<ResponseHead> head;     // only while it is read
  std::size_t head_bytes = 0;
  bool head_told = false, too_large = false;
  bool is_short = false; // descriptors are short
  // It may connect to addresses of this machine alone, and the name of the server has led to
  // another one.
  bool stays_here = false, leads_away = false;
  bool is_again = false; // libcurl tried to send the request a second time
  // The connection that libcurl chose may carry no request. Nothing was sent.
  bool is_refused = false;
  bool is_fresh = false; // the handle is set to connect anew
  char error[CURL_ERROR_SIZE] = "";

  ~Transfer() {
    leave();
    curl_easy_cleanup(easy);
  }
  void leave() noexcept; // uses its connection no more
  void rest();           // frees its data until it is used again
  // Whether the network took no byte of the request.
  bool is_unsent() const;

  // Callbacks of libcurl. The void pointer is a Transfer.
  static curl_socket_t open(void* self, curlsocktype, curl_sockaddr* address);
  static int before(void* self, char* peer_ip, char* own_ip, int peer_port, int own_port);
  static std::size_t header(char* from, std::size_t, std::size_t size, void* self);
  static std::size_t write(char* from, std::size_t, std::size_t size, void* self);

 private:
  bool join(const Ends& ends);
  bool take_header(std::string_view line);
};

} // namespace wayfare::io
