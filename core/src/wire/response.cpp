#include "wire/response.hpp"

#include <algorithm>

#include "base/cut_text.hpp"
#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "wire/event_data.hpp"
#include "wire/refusal_words.hpp"
#include "wire/retry_after.hpp"

namespace wayfare::wire {

namespace {

constexpr std::size_t raw_text_max = std::size_t{1} << 20; // what is kept of a body that is no JSON
constexpr int glued_max = 16;                              // the most values in one event

std::int64_t index_of(json::Value choice) { return choice["index"].integer().value_or(0); }

} // namespace

void ResponseReader::head(ResponseHead head) {
  head_ = std::move(head);
  head_.generation_id = cut_text(head_.generation_id);
}

bool ResponseReader::feed(std::string_view bytes, std::vector<Event>& events) {
  if (failure_) return false;
  std::string held;
  if (form_ == BodyForm::undecided) {
    held = std::exchange(body_, {}).append(bytes);
    form_ = form_of(held, false, head_, streamed_);
    if (form_ == BodyForm::undecided) return body_ = std::move(held), true;
    bytes = held;
  }
  if (form_ == BodyForm::plain) {
    body_.append(bytes);
    if (bytes.find_first_not_of(" \t\r\n") != bytes.npos) ++body_parts_;
    if (body_.size() <= body_max) return true;
    fail_with(Code::too_large, "the answer is longer than 64 MiB", "ask for less");
    return false;
  }
  std::vector<Event> unwanted;
  sse_.feed(bytes,
            [&](std::string_view data) { return chunk(data, streamed_ ? events : unwanted); });
  scratch_->shrink();
  if (sse_.too_large())
    fail_with(Code::too_large, "a line or an event of the stream is longer than 64 MiB", "");
  if (kept() > content_max)
    fail_with(Code::too_large, "the stream's content is longer than 64 MiB", "ask for less");
  return !failure_;
}

bool ResponseReader::chunk(std::string_view data, std::vector<Event>& events) {
  data = trimmed(data);
  if (is_end(data)) return done_ = true;
  if (data.empty() || data.front() == ':') return true; // a keep-alive
  if (shortcuts_ && !done_) {
    if (const auto text = repeated_.text_of(data, *scratch_)) {
      own_.message.add_text(*text, room_, events);
      return kept() <= content_max;
    }
  }
  repeated_.forget();
  if (!scratch_->parse_beginning(data)) return unread(data, events);
  if (scratch_->rest().empty()) {
    const bool good = read_chunk(scratch_->root(), events);
    if (shortcuts_ && !error_ && !done_) repeated_.remember(data, *scratch_);
    return good;
  }
  // Some gateways send more than one value in an event.
  std::string rest(scratch_->rest());
  bool good = read_chunk(scratch_->root(), events);
  for (int left = glued_max; good && left > 0 && scratch_->parse_beginning(rest); --left) {
    std::string next(scratch_->rest());
    good = read_chunk(scratch_->root(), events);
    rest = std::move(next);
  }
  if (is_end(trimmed(rest))) done_ = true;
  return good;
}

bool ResponseReader::read_chunk(json::Value root, std::vector<Event>& events) {
  const bool is_error = tells_error(root, sse_.name() == "error");
  if (root.is_array() && is_error) root = root.first();
  if (!root.is_object()) return true; // an undocumented event is ignored
  if (done_) return read_all_usage(root, events), true;
  read_top(root);
  if (is_error && !error_) error_ = std::make_shared<const Error>(refusal(head_, root));
  read_choices(root["choices"], events);
  read_all_usage(root, events);
  return kept() <= content_max;
}

// Data that is not JSON: a word that keeps the connection alive, or junk behind a whole answer, is
// ignored.
bool ResponseReader::unread(std::string_view data, std::vector<Event>& events) {
  if (data.find('\n') != data.npos) { // events whose blank lines are missing
    bool good = true;
    while (good && !data.empty()) {
      const auto end = std::min(data.find('\n'), data.size());
      good = chunk(data.substr(0, end), events);
      data.remove_prefix(std::min(end + 1, data.size()));
    }
    return good;
  }
  if (sse_.name() == "error" && !done_) {
    if (!error_) error_ = std::make_shared<const Error>(refusal(head_, data));
    return true;
  }
  if (done_ || !own_.finish_reason.empty() || !begins_like_json(data)) return true;
  fail_with(Code::malformed, "an event of the stream is not JSON: " + scratch_->error(), "");
  return false;
}

// Where a text at the top of an answer is kept; null for another member.
std::string* ResponseReader::told_text(std::string_view key) noexcept {
  return key == "model"          ? &told_.model
         : key == "provider"     ? &told_.provider
         : key == "service_tier" ? &told_.tier
                                 : nullptr;
}

void ResponseReader::read_top(json::Value root) {
  for (json::Value member = root.first(); member.exists(); member = member.next()) {
    const auto key = member.key();
    if (std::string* const known = told_text(key)) {
      if (const auto text = member.string(); !text.empty() && *known != text)
        *known = cut_text(text);
      if (key != "service_tier") continue;
    }
    if (key == "id") {
      if (head_.generation_id.empty()) head_.generation_id = cut_text(member.string());
    } else if (key != "choices" && key != "usage" && key != "error" && key != "object" &&
               key != "debug" && form_ == BodyForm::stream) {
      const std::size_t before = room_.kept();
      top_.add(member, room_);
      rest_size_ += room_.kept() - before; // where that is less, both differences wrap around
    }
  }
}

void ResponseReader::read_choices(json::Value choices, std::vector<Event>& events) {
  if (!choices.is_array()) return;
  std::size_t read = 0;
  for (json::Value choice = choices.first(); choice.exists() && room_.fits(read);
       choice = choice.next(), ++read)
    if (choice.is_object()) read_choice(choice, events);
}

void ResponseReader::read_choice(json::Value choice, std::vector<Event>& events) {
  has_choice_ = true;
  const std::int64_t index = index_of(choice);
  const bool is_own = index == 0 || form_ == BodyForm::plain;
  if (is_own && !error_ && says_anything(choice["error"]))
    error_ = std::make_shared<const Error>(refusal(head_, choice));
  const std::size_t before = room_.kept();
  if (!is_own && !others_.contains(index)) {
    if (!room_.fits(others_.size())) return;
    room_.take(Room::choice_size);
  }
  Choice& read = is_own ? own_ : others_[index];
  std::vector<Event> unwanted; // of the other choices
  std::vector<Event>& told = is_own ? events : unwanted;
  // Some servers repeat it and send null in between: the last value that is not empty counts.
  if (const auto reason = choice["finish_reason"].string(); !reason.empty())
    read.finish_reason = cut_text(reason);
  if (const auto reason = choice["native_finish_reason"].string(); !reason.empty())
    read.native_finish_reason = cut_text(reason);
  const json::Value message = choice["message"];
  if (form_ == BodyForm::stream || !message.is_object())
    read.message.add(choice["delta"], room_, told);
  if (message.is_object()) {
    read.message.add_whole(message, room_, told);
    if (is_own && form_ == BodyForm::plain) message_ = message.raw();
  }
  if (!is_own) rest_size_ += room_.kept() - before;
}

// Whether the told cost is the bill. It is if nothing of the answer came behind it, and if the body
// was whole and good, or a finish reason, [DONE] or an error came with it or before it. A cost of 0
// without counts is no bill of a broken stream.
bool ResponseReader::has_bill() const noexcept {
  if (form_ != BodyForm::stream) return true;
  if (own_size() != size_at_usage_) return false;
  if (is_whole_ && !error_) return true;
  const bool has_counts = usage_.usage().prompt_tokens && usage_.usage().completion_tokens;
  return usage_.is_final() && (has_counts || (told_.cost && told_.cost->picodollars != 0));
}

// Servers tell the usage in the chunk, or else in the choice, or, as Groq does, beside them.
void ResponseReader::read_all_usage(json::Value holder, std::vector<Event>& events) {
  if (read_usage(holder["usage"], events)) return;
  const json::Value choices = holder["choices"];
  if (choices.is_array()) read_usage(choices.first()["usage"], events);
  read_usage(holder["x_groq"]["usage"], events);
}

bool ResponseReader::read_usage(json::Value usage, std::vector<Event>& events) {
  // While the answer runs, some servers tell figures that are not the bill yet.
  const bool is_final = form_ != BodyForm::stream || done_ || error_ || !own_.finish_reason.empty();
  if (!usage_.read(usage, is_final, told_)) return false;
  size_at_usage_ = own_size();
  if (!streamed_) return true;
  Reply known;
  static_cast<Billing&>(known) = told_;
  known.finish_reason = own_.finish_reason;
  known.usage = usage_.usage();
  events.push_back(
      {.type = EventType::usage, .reply = std::make_shared<const Reply>(std::move(known))});
  return true;
}

std::optional<Error> ResponseReader::end(bool whole, std::vector<Event>& events) {
  if (form_ == BodyForm::undecided) form_ = form_of(body_, true, head_, streamed_);
  is_whole_ = whole;
  std::vector<Event> unwanted;
  std::vector<Event>& told = streamed_ ? events : unwanted;
  if (form_ == BodyForm::stream && !failure_)
    // The last event may come without its blank line. If it was cut, nothing can be made of it.
    sse_.finish([&](std::string_view data) {
      if (!json::is_cut_short(data)) chunk(data, told);
    });
  if (form_ == BodyForm::stream) own_.message.finish(told);
  for (auto& [index, choice] : others_) choice.message.finish(unwanted);
  if (form_ == BodyForm::stream && own_.message.empty() && own_.finish_reason.empty() &&
      !others_.empty()) { // the server counts from another index
    own_ = std::move(others_.begin()->second);
    others_.erase(others_.begin());
    own_.message.tell(told);
  }
  std::optional<Error> error;
  if (failure_) error = *failure_;
  if (!error) error = form_ == BodyForm::stream ? end_stream(whole) : end_plain(whole, events);
  if (error) error->generation_id = head_.generation_id;
  return error;
}

std::optional<Error> ResponseReader::end_stream(bool whole) const {
  if (error_) {
    Error error = *error_;
    if (!has_content()) return error; // like a refusal before the stream
    error.code = Code::stream_broken;
    error.message = "the stream broke off: " + error.message;
    error.advice = "the error's reply has the part that came";
    error.retryable = false; // as below: a retry would send the content twice
    return error;
  }
  if (is_complete() || (whole && !own_.finish_reason.empty())) return std::nullopt;
  const std::string advice =
      has_content() ? "the error's reply has the part that came" : "try again";
  Error error = fail(Code::stream_broken,
                     done_   ? "the stream ended before anything came"
                     : whole ? "the stream ended before it was complete"
                             : "the connection was lost in mid-stream",
                     advice);
  error.retryable = !has_content();
  return error;
}

// The error of an answer whose status is a refusal.
Error ResponseReader::refused(std::string_view text) {
  std::vector<Event> unseen;
  const auto read = [&](json::Value root) {
    read_top(root);
    read_all_usage(root, unseen); // a refusal may tell what it costs
    return refusal(head_, root);
  };
  if (scratch_->parse_beginning(text)) {
    raw_ = scratch_->root().raw();
    return read(scratch_->root());
  }
  scratch_->shrink();
  if (!text.empty()) raw_ = json::quoted(cut_text(text, raw_text_max));
  std::optional<Error> error; // of the first event, if it came as a stream
  const auto event = [&](std::string_view data) {
    if (scratch_->parse_beginning(data)) error = read(scratch_->root());
    return !error;
  };
  Sse sse;
  if (sse.feed(text, event)) sse.finish(event);
  return error ? *error : refusal(head_, text);
}

std::optional<Error> ResponseReader::end_plain(bool whole, std::vector<Event>& events) {
  const std::string_view text = trimmed(without_mark(body_));
  if (head_.status < 200 || head_.status >= 300) return refused(text);
  if (!scratch_->parse_beginning(text)) {
    Error error = unreadable(head_, *scratch_, whole);
    scratch_->shrink();
    if (!text.empty()) raw_ = json::quoted(cut_text(text, raw_text_max));
    return error;
  }
  json::Value root = scratch_->root();
  const bool is_all =
      text.data() == trimmed(body_).data() && !scratch_->is_repaired() && scratch_->rest().empty();
  raw_ = is_all ? std::string_view() : root.raw();
  if (root.is_array() && root.first().is_object()) root = root.first();
  if (!root.is_object())
    return fail(Code::malformed, "the answer is not a JSON object", "check the base URL");

  read_top(root);
  std::vector<Event> pieces;
  const json::Value choices = root["choices"];
  json::Value choice = choices.is_array() ? choices.first() : json::Value();
  for (json::Value other = choice; other.exists(); other = other.next())
    if (other.is_object() && index_of(other) == 0) { // in any order
      choice = other;
      break;
    }
  if (choice.is_object()) read_choice(choice, pieces);
  own_.message.finish(pieces);
  read_all_usage(root, pieces);
  if (streamed_) std::ranges::move(pieces, std::back_inserter(events));
  if (tells_error(root, false)) return refusal(head_, root);
  if (error_) { // the error was inside the choice; some content may have come before
    Error error = *error_;
    if (has_content()) error.code = Code::stream_broken;
    return error;
  }
  if (!choice.is_object())
    return fail(Code::malformed, "the answer has no choices",
                "check the base URL and the endpoint");
  return std::nullopt;
}

std::string ResponseReader::raw_of_stream(const std::string& message) const {
  std::string out;
  out.reserve(message.size() + 1024); // it may be large, and a text grows by doubling
  const auto write = [&out](std::int64_t index, const Choice& of, const std::string& text) {
    json::ObjectWriter choice(out);
    choice.number("index", index).json("message", text);
    choice.text_or_null("finish_reason", of.finish_reason)
        .text_or_null("native_finish_reason", of.native_finish_reason);
  };
  {
    json::ObjectWriter body(out);
    body.text("id", head_.generation_id).text("object", "chat.completion");
    top_.write(body);
    body.text("model", told_.model);
    if (!told_.provider.empty()) body.text("provider", told_.provider);
    body.member("choices") += '[';
    write(0, own_, message);
    for (const auto& [index, choice] : others_) {
      out += ',';
      write(index, choice, choice.message.message());
    }
    out += ']';
    if (!usage_.raw().empty()) body.json("usage", usage_.raw());
  }
  return out;
}

Reply ResponseReader::take_reply() {
  had_content_ = has_content();
  if (!has_bill()) {
    told_.cost.reset();
    told_.cost_source = CostSource::none;
    told_.non_token_cost.reset();
    told_.upstream_cost.reset();
  }
  Reply reply;
  reply.status = head_.status;
  reply.tool_calls = own_.message.tool_calls();
  reply.message = message_.empty() ? own_.message.message() : std::move(message_);
  if (form_ == BodyForm::stream)
    reply.raw = raw_of_stream(reply.message);
  else
    reply.raw = raw_.empty() ? std::move(body_) : std::move(raw_);
  static_cast<Billing&>(reply) = std::move(told_);
  reply.finish_reason = std::move(own_.finish_reason);
  reply.generation_id = head_.generation_id;
  reply.native_finish_reason = std::move(own_.native_finish_reason);
  reply.usage = usage_.usage();
  reply.warnings = usage_.warnings();
  if (room_.has_left_out())
    reply.warnings.push_back("a list of the answer has more than " +
                             std::to_string(Room::items_max) + " items; the rest is left out");
  own_.message.take(reply);
  scratch_->shrink();
  return reply;
}

void ResponseReader::fail_with(Code code, std::string message, std::string advice) {
  failure_ = std::make_shared<const Error>(fail(code, std::move(message), std::move(advice)));
}

Error ResponseReader::fail(Code code, std::string message, std::string advice) const {
  return Error{.code = code,
               .message = std::move(message),
               .advice = std::move(advice),
               .status = head_.status,
               .generation_id = head_.generation_id,
               .retry_after = wait_of(head_)};
}

} // namespace wayfare::wire
