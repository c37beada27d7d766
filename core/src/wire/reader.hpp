// How the answer of an endpoint is read: bytes in, events and at the end a Reply or an Error out.
// Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/event.hpp>
#include <wayfare/reply.hpp>

#include "base/json.hpp"
#include "values/transfer.hpp"

namespace wayfare::wire {

class Reader {
 public:
  virtual ~Reader() = default;

  virtual void head(ResponseHead head) = 0;

  // Takes the next bytes and appends their events. False where nothing more need be read: end()
  // tells why.
  virtual bool feed(std::string_view bytes, std::vector<Event>& events) = 0;

  // No more bytes will come: `whole` where the server ended the body properly. Appends the events
  // of an answer that came in one piece though deltas were wanted. Nothing where the answer is
  // good, else why it is not.
  virtual std::optional<Error> end(bool whole, std::vector<Event>& events) = 0;

  // Whether a stream has come whole, though the server has not ended the body yet: its last event
  // was there, or all but that.
  virtual bool is_done() const noexcept = 0;
  virtual bool is_complete() const noexcept = 0;
  // Whether a delta of text, reasoning or a tool call has come.
  virtual bool has_content() const noexcept = 0;
  // A number that changes with each part of the content. Heartbeats, blanks and empty deltas do not
  // change it.
  virtual std::size_t content() const noexcept = 0;
  // Whether the server told usage, which it does at the end only.
  virtual bool has_usage() const noexcept = 0;
  virtual const ResponseHead& head() const noexcept = 0;
  // How many bytes feed() may go through if it gets these, and how many end() and take_reply().
  virtual std::size_t weight(std::string_view bytes) const noexcept = 0;
  virtual std::size_t weight() const noexcept = 0;
  // From now on the reader uses this in place of the scratch that it was made with.
  virtual void use(std::shared_ptr<json::Document> scratch) noexcept = 0;
  // The model that serves, as soon as the server has named it.
  virtual std::string_view model() const noexcept = 0;

  // Returns what has come so far, as a Reply; after end() the whole of it. Once it is taken, only
  // what is asked above is still known.
  virtual Reply take_reply() = 0;
};

} // namespace wayfare::wire
