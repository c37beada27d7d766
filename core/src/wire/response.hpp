// Reads the answer of a chat completion, plain or streamed. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/event.hpp>
#include <wayfare/reply.hpp>

#include "base/json.hpp"
#include "wire/assistant_message.hpp"
#include "wire/body_form.hpp"
#include "wire/reader.hpp"
#include "wire/refusal.hpp"
#include "wire/repeated_delta.hpp"
#include "wire/room.hpp"
#include "wire/sse.hpp"
#include "wire/top_members.hpp"
#include "wire/usage_reader.hpp"

namespace wayfare::wire {

class ResponseReader final : public Reader {
 public:
  static constexpr std::size_t body_max = std::size_t{64} << 20; // of a plain answer
  // The most bytes that are kept of a stream.
  static constexpr std::size_t content_max = Room::bytes_max;

  // See Endpoint::reader. `shortcuts`: if false, every event of a stream is parsed in full. A test
  // compares both ways.
  explicit ResponseReader(
      bool streamed, std::shared_ptr<json::Document> scratch = std::make_shared<json::Document>(),
      bool shortcuts = true)
      : streamed_(streamed), shortcuts_(shortcuts), scratch_(std::move(scratch)) {}

  void head(ResponseHead head) override;
  bool feed(std::string_view bytes, std::vector<Event>& events) override;
  std::optional<Error> end(bool whole, std::vector<Event>& events) override;
  bool is_done() const noexcept override { return done_ && !error_; }
  bool is_complete() const noexcept override {
    if (form_ != BodyForm::stream || error_) return is_done();
    return done_ ? has_choice_ || has_usage() : !own_.finish_reason.empty() && has_usage();
  }
  bool has_content() const noexcept override {
    return had_content_ || !own_.message.empty() || !others_.empty();
  }
  std::size_t content() const noexcept override {
    // a long event counts while it comes
    return body_parts_ + own_size() + own_.finish_reason.size() +
           (others_.empty() ? 0 : rest_size_) + sse_.held() / (64 * 1024);
  }
  bool has_usage() const noexcept override { return usage_.is_known(); }
  const ResponseHead& head() const noexcept override { return head_; }
  // A plain answer is only kept, and so is a part of a line. What else was kept has to be gone
  // through if the stream fails here.
  std::size_t weight(std::string_view bytes) const noexcept override {
    if (form_ == BodyForm::plain) return bytes.size();
    const bool ends_line = bytes.find('\n') != bytes.npos || bytes.find('\r') != bytes.npos;
    return bytes.size() + kept() + (ends_line ? sse_.held() : 0);
  }
  std::size_t weight() const noexcept override { return body_.size() + kept() + sse_.held(); }
  void use(std::shared_ptr<json::Document> scratch) noexcept override {
    scratch_ = std::move(scratch);
  }
  std::string_view model() const noexcept override { return told_.model; }
  Reply take_reply() override;

 private:
  // One of the answers that were asked for. The reply is the one with index 0.
  struct Choice {
    AssistantMessage message;
    std::string finish_reason, native_finish_reason;
  };

  std::size_t own_size() const noexcept { return room_.kept() - rest_size_; }
  std::size_t kept() const noexcept { return room_.kept() + usage_.raw().size(); }
  bool chunk(std::string_view data, std::vector<Event>& events);
  bool read_chunk(json::Value root, std::vector<Event>& events);
  bool unread(std::string_view data, std::vector<Event>& events);
  std::string* told_text(std::string_view key) noexcept;
  void read_top(json::Value root);
  void read_choices(json::Value choices, std::vector<Event>& events);
  void read_choice(json::Value choice, std::vector<Event>& events);
  void read_all_usage(json::Value holder, std::vector<Event>& events);
  // False if there is none, or it tells nothing that counts.
  bool read_usage(json::Value usage, std::vector<Event>& events);
  bool has_bill() const noexcept;
  void fail_with(Code code, std::string message, std::string advice);
  std::optional<Error> end_plain(bool whole, std::vector<Event>& events);
  std::optional<Error> end_stream(bool whole) const;
  Error refused(std::string_view text);
  std::string raw_of_stream(const std::string& message) const;
  Error fail(Code code, std::string message, std::string advice) const;

  bool streamed_, shortcuts_;
  ResponseHead head_;
  BodyForm form_ = BodyForm::undecided;
  std::string body_;           // of a plain answer
  std::size_t body_parts_ = 0; // the pieces of it that were not blank
  Sse sse_;
  std::shared_ptr<json::Document> scratch_;
  RepeatedDelta repeated_;
  Choice own_;
  std::map<std::int64_t, Choice> others_; // by index
  Room room_;
  std::size_t rest_size_ = 0; // what is kept beside own_
  Billing told_;
  UsageReader usage_;
  // In a plain answer: the message, as it stands in the body.
  std::string message_;
  // In a plain answer: the body, as far as it could be read, as JSON. Empty: `body_` as it is.
  std::string raw_ = "null";
  TopMembers top_;
  bool had_content_ = false;
  bool has_choice_ = false;            // a part of the answer came, though it may be empty
  bool is_whole_ = false;              // the server ended the body properly
  std::size_t size_at_usage_ = 0;      // of the content, when the usage came
  bool done_ = false;                  // "[DONE]" came
  std::shared_ptr<const Error> error_; // the server's error inside an answer with status 200
  // our own error: a limit was exceeded, or the answer is malformed
  std::shared_ptr<const Error> failure_;
};

} // namespace wayfare::wire
