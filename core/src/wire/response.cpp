#include "wire/response.hpp"

#include <algorithm>

#include "base/json_writer.hpp"
#include "wire/retry_after.hpp"
#include "wire/upstream_cost.hpp"

namespace wayfare::wire {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.front()) != text.npos)
    text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != text.npos)
    text.remove_suffix(1);
  return text;
}

bool has_error(json::Value holder) {
  const json::Value error = holder["error"];
  return error.is_object() || error.is_string();
}

std::optional<std::int64_t> count(json::Value value) {
  const auto number = value.integer();
  return number && *number >= 0 ? number : std::nullopt;
}

} // namespace

void ResponseReader::head(ResponseHead head) { head_ = std::move(head); }

// The content type decides, because an error comes as plain JSON even if a stream was requested.
// Without a content type, the first byte decides.
bool ResponseReader::is_stream(std::string_view beginning) const {
  if (head_.status != 200) return false;
  if (head_.content_type.starts_with("text/event-stream")) return true;
  if (head_.content_type.starts_with("application/json")) return false;
  beginning = trimmed(beginning);
  return streamed_ && !beginning.empty() && beginning.front() != '{' && beginning.front() != '<';
}

bool ResponseReader::feed(std::string_view bytes, std::vector<Event>& events) {
  if (failure_) return false;
  std::string held;
  if (form_ == Form::undecided) {
    held = std::exchange(body_, {}).append(bytes);
    if (trimmed(held).empty() && held.size() < 1024) return body_ = std::move(held), true;
    form_ = is_stream(held) ? Form::stream : Form::plain;
    bytes = held;
  }
  if (form_ == Form::plain) {
    body_.append(bytes);
    if (body_.size() <= body_max) return true;
    fail_with(Code::too_large, "the answer is longer than 64 MiB", "ask for less");
    return false;
  }
  std::vector<Event> unwanted;
  sse_.feed(bytes,
            [&](std::string_view data) { return chunk(data, streamed_ ? events : unwanted); });
  if (sse_.too_large())
    fail_with(Code::too_large,
              "a line of the stream is longer than 8 MiB, or an event longer than 16 MiB", "");
  if (kept() > content_max)
    fail_with(Code::too_large, "the stream's content is longer than 64 MiB", "ask for less");
  return !failure_;
}

bool ResponseReader::chunk(std::string_view data, std::vector<Event>& events) {
  data = trimmed(data);
  if (data == "[DONE]") return done_ = true;
  if (done_ || data.empty() || data == ":") return true; // empty or ":" is a keep-alive
  if (shortcuts_) {
    if (const auto text = repeated_.text_of(data, *scratch_)) {
      assistant_.add_text(*text, events);
      return kept() <= content_max;
    }
  }
  repeated_.forget();
  if (!scratch_->parse_repaired(data)) {
    fail_with(Code::malformed, "an event of the stream is not JSON: " + scratch_->error(), "");
    return false;
  }
  const json::Value root = scratch_->root();
  if (!root.is_object()) return true; // an undocumented event is ignored
  read_top(root);
  if (has_error(root) && !error_) error_ = std::make_shared<const Error>(refusal(head_, root));
  const json::Value choices = root["choices"];
  // the first choice, or a missing value
  if (choices.is_array()) read_choice(choices.first(), events);
  read_usage(root["usage"], events);
  if (shortcuts_ && !error_) repeated_.remember(data, *scratch_);
  return kept() <= content_max;
}

void ResponseReader::read_top(json::Value root) {
  for (json::Value member = root.first(); member.exists(); member = member.next()) {
    const auto key = member.key();
    if (key == "model" || key == "provider") {
      std::string& known = key == "model" ? told_.model : told_.provider;
      if (const auto text = member.string(); !text.empty() && known != text) known = text;
    } else if (key == "id") {
      if (head_.generation_id.empty()) head_.generation_id = member.string();
    } else if (key != "choices" && key != "usage" && key != "error" && key != "object" &&
               key != "debug" && form_ == Form::stream) {
      const auto known = std::ranges::find(top_, key, &std::pair<std::string, std::string>::first);
      if (known == top_.end()) {
        top_.emplace_back(key, member.raw());
        // Counts 1024 bytes more, so that the limit on bytes also limits the number of members.
        top_size_ += key.size() + member.raw().size() + 1024;
      } else if (known->second != member.raw()) {
        top_size_ += member.raw().size() - known->second.size();
        known->second = member.raw();
      }
    }
  }
}

void ResponseReader::read_choice(json::Value choice, std::vector<Event>& events) {
  // OpenRouter sends one choice. If another server sends several, only the first one is read.
  if (!choice.is_object() || choice["index"].integer().value_or(0) != 0) return;
  if (has_error(choice) && !error_) error_ = std::make_shared<const Error>(refusal(head_, choice));
  // Some servers repeat it and send null in between: the last value that is not empty counts.
  if (const auto reason = choice["finish_reason"].string(); !reason.empty())
    told_.finish_reason = reason;
  if (const auto reason = choice["native_finish_reason"].string(); !reason.empty())
    native_finish_reason_ = reason;
  const json::Value message = choice["message"];
  assistant_.add(message.is_object() ? message : choice["delta"], events);
  if (message.is_object()) message_ = message.raw();
}

// Computed from the costs in the response, which have the prices of the serving endpoint. The
// models list may have the prices of another endpoint.
static std::optional<Amount> non_token_cost(Amount cost, json::Value usage) {
  const json::Value details = usage["cost_details"];
  const auto prompt = Amount::parse(details["upstream_inference_prompt_cost"].number());
  const auto completion = Amount::parse(details["upstream_inference_completions_cost"].number());
  if (!prompt || !completion || usage["is_byok"].is_true()) return std::nullopt;
  // The sum would overflow.
  if (prompt->picodollars > INT64_MAX - completion->picodollars) return std::nullopt;
  return Amount{cost.picodollars - (prompt->picodollars + completion->picodollars)};
}

// Whether these figures tell of nothing that could be billed.
static bool is_nothing(const Usage& usage, const std::optional<Amount>& cost) {
  return usage.prompt_tokens.value_or(0) == 0 && usage.completion_tokens.value_or(0) == 0 &&
         (!cost || cost->picodollars == 0);
}

// Whether the told cost is the bill. It is if the body was whole, or if a finish reason, [DONE] or
// an error came with it or before it. A cost of 0 without counts is no bill of a broken stream.
bool ResponseReader::has_bill() const noexcept {
  if (form_ != Form::stream || is_whole_) return true;
  const bool has_counts = usage_.prompt_tokens && usage_.completion_tokens;
  return cost_is_final_ && (has_counts || (told_.cost && told_.cost->picodollars != 0));
}

void ResponseReader::read_usage(json::Value usage, std::vector<Event>& events) {
  if (!usage.is_object()) return;
  const Usage told{
      .prompt_tokens = count(usage["prompt_tokens"]),
      .completion_tokens = count(usage["completion_tokens"]),
      .total_tokens = count(usage["total_tokens"]),
      .cached_tokens = count(usage["prompt_tokens_details"]["cached_tokens"]),
      .cache_write_tokens = count(usage["prompt_tokens_details"]["cache_write_tokens"]),
      .reasoning_tokens = count(usage["completion_tokens_details"]["reasoning_tokens"])};
  const json::Value cost = usage["cost"];
  const auto amount = Amount::parse(cost.is_string() ? cost.string() : cost.number());
  // A usage of zeros does not take back an earlier usage.
  if (has_usage_ && is_nothing(told, amount) && !is_nothing(usage_, told_.cost)) return;
  has_usage_ = true;
  usage_raw_ = usage.raw();
  usage_ = told;
  // While the answer runs, some servers tell figures that are not the bill yet.
  cost_is_final_ = form_ != Form::stream || done_ || error_ || !told_.finish_reason.empty();
  if (amount) {
    told_.cost = amount;
    told_.cost_source = CostSource::response;
    told_.non_token_cost = non_token_cost(*amount, usage);
  }
  read_upstream_cost(usage["is_byok"], usage["cost_details"]["upstream_inference_cost"], told_);
  if (!streamed_) return;
  Reply known;
  static_cast<Billing&>(known) = told_;
  known.usage = usage_;
  events.push_back(
      {.type = EventType::usage, .reply = std::make_shared<const Reply>(std::move(known))});
}

std::optional<Error> ResponseReader::end(bool whole, std::vector<Event>& events) {
  // Only white space came.
  if (form_ == Form::undecided) form_ = is_stream(body_) ? Form::stream : Form::plain;
  is_whole_ = whole;
  std::optional<Error> error;
  if (failure_) error = *failure_;
  if (!error) error = form_ == Form::stream ? end_stream(whole) : end_plain(whole, events);
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
  if (is_complete() || (whole && !told_.finish_reason.empty())) return std::nullopt;
  const std::string advice =
      has_content() ? "the error's reply has the part that came" : "try again";
  Error error = fail(
      Code::stream_broken,
      whole ? "the stream ended before it was complete" : "the connection was lost in mid-stream",
      advice);
  error.retryable = !has_content();
  return error;
}

std::optional<Error> ResponseReader::end_plain(bool whole, std::vector<Event>& events) {
  const bool good = head_.status >= 200 && head_.status < 300;
  const bool read = scratch_->parse_repaired(body_);
  const json::Value root = scratch_->root();
  if (!good) {
    std::vector<Event> unseen;
    if (read) read_top(root);
    if (read) read_usage(root["usage"], unseen); // a refusal may tell what it costs
    return read ? refusal(head_, root) : refusal(head_, trimmed(body_));
  }
  if (!whole && !read) {
    Error error = fail(Code::connection_lost, "the connection was lost in the middle of the answer",
                       "this attempt may be billed");
    error.retryable = true;
    return error;
  }
  if (!read)
    return fail(Code::malformed, "the answer is not JSON: " + scratch_->error(),
                "check the base URL");
  if (!root.is_object())
    return fail(Code::malformed, "the answer is not a JSON object", "check the base URL");

  read_top(root);
  std::vector<Event> pieces;
  const json::Value choice = root["choices"].is_array() ? root["choices"].first() : json::Value();
  read_choice(choice, pieces);
  read_usage(root["usage"], pieces);
  is_read_ = true;
  if (streamed_) std::ranges::move(pieces, std::back_inserter(events));
  if (has_error(root)) return refusal(head_, root);
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
  {
    json::ObjectWriter body(out);
    body.text("id", head_.generation_id).text("object", "chat.completion");
    for (const auto& [key, value] : top_) body.json(key, value);
    body.text("model", told_.model);
    if (!told_.provider.empty()) body.text("provider", told_.provider);
    body.member("choices") += '[';
    {
      json::ObjectWriter choice(out);
      choice.number("index", 0).json("message", message);
      choice.text_or_null("finish_reason", told_.finish_reason)
          .text_or_null("native_finish_reason", native_finish_reason_);
    }
    out += ']';
    if (has_usage_) body.json("usage", usage_raw_);
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
  reply.tool_calls = assistant_.tool_calls();
  reply.message = message_.empty() ? assistant_.message() : std::move(message_);
  if (form_ == Form::stream)
    reply.raw = raw_of_stream(reply.message);
  else
    reply.raw = is_read_ ? std::move(body_) : "null"; // null if nothing readable came
  static_cast<Billing&>(reply) = std::move(told_);
  reply.generation_id = head_.generation_id;
  reply.native_finish_reason = std::move(native_finish_reason_);
  reply.usage = usage_;
  assistant_.take(reply);
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
               .retry_after = wait_of(head_.retry_after, head_.wall_s)};
}

std::string metadata_of(const Reply& reply) {
  std::string out;
  out.reserve(512);
  {
    json::ObjectWriter object(out);
    object.number("v", 1);
    object.text_or_null("entry", reply.entry).text_or_null("request_id", reply.request_id);
    object.text_or_null("generation_id", reply.generation_id).text_or_null("model", reply.model);
    object.text_or_null("provider", reply.provider);
    object.number_or_null("prompt_tokens", reply.usage.prompt_tokens);
    object.number_or_null("completion_tokens", reply.usage.completion_tokens);
    object.number_or_null("cached_tokens", reply.usage.cached_tokens);
    object.number_or_null("reasoning_tokens", reply.usage.reasoning_tokens);
    object.text_or_null("cost", reply.cost ? reply.cost->text() : "").text("currency", "USD");
    object.text("cost_source", name(reply.cost_source));
    object.json("is_byok", !reply.is_byok ? "null" : *reply.is_byok ? "true" : "false");
    object.text_or_null("upstream_cost", reply.upstream_cost ? reply.upstream_cost->text() : "");
  }
  return out;
}

} // namespace wayfare::wire
