// One transfer of Http, as libcurl sees it. Only for the files of this room: it includes libcurl.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "io/http.hpp"
#include "io/loop.hpp"

namespace wayfare::io {

struct Target::List {
  curl_slist* first = nullptr;
  ~List() { curl_slist_free_all(first); }
};

// Used again once it has ended well, with its handle and what that is set to: making one anew costs
// a tenth of a transfer.
class Http::Transfer {
 public:
  CURL* easy = nullptr;
  bool is_aimed = false; // the handle is, at what `sending` says
  Sending sending;
  Listener* listener = nullptr;
  Loop* loop = nullptr;
  std::size_t place = 0;              // among those that run
  bool is_given = false;              // to the network
  std::unique_ptr<ResponseHead> head; // while it is read
  std::size_t head_bytes = 0;
  bool head_told = false, too_large = false;
  bool is_short = false; // of descriptors
  bool is_again = false; // libcurl wanted to send it once more
  char error[CURL_ERROR_SIZE] = "";

  ~Transfer() { curl_easy_cleanup(easy); }
  void rest(); // until it is used again
  // The network took no byte of the request.
  bool is_unsent() const;

  // Callbacks of libcurl; the pointers are a Transfer.
  static curl_socket_t open(void* self, curlsocktype, curl_sockaddr* address);
  static int before(void* self, char*, char*, int, int);
  static std::size_t header(char* from, std::size_t, std::size_t size, void* self);
  static std::size_t write(char* from, std::size_t, std::size_t size, void* self);

 private:
  bool take_header(std::string_view line);
};

} // namespace wayfare::io
