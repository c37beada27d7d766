#include <wayfare/error.hpp>

namespace wayfare {

Error error_of(Code code) {
  switch (code) {
    case Code::forked:
      return {.code = code,
              .message = "the client was used before this process was forked",
              .advice = "open a new client in the child"};
    case Code::closed:
      return {.code = code, .message = "the client is closed", .advice = "open a new client"};
    case Code::full:
      return {.code = code,
              .message = "max_open_calls calls are open",
              .advice = "let some calls end, or raise max_open_calls",
              .retryable = true};
    case Code::no_memory:
      return {.code = code,
              .message = "out of memory",
              .advice = "free some memory",
              .retryable = true};
    case Code::busy:
      return {.code = code,
              .message = "another thread waits for this call",
              .advice = "let only one thread take the events of a call"};
    case Code::cancelled: return {.code = code, .message = "the call was cancelled before its end"};
    default:
      return {.code = Code::internal,
              .message = "unexpected code " + std::to_string(static_cast<std::int32_t>(code))};
  }
}

Error Error::invalid(std::string message, std::string advice) {
  return Error{.code = Code::invalid, .message = std::move(message), .advice = std::move(advice)};
}

static std::string one_line(const Error& error) {
  std::string line(name(error.code));
  line += ": " + error.message;
  if (!error.advice.empty()) line += "; " + error.advice;
  return line;
}

Exception::Exception(Error error) : std::runtime_error(one_line(error)), error_(std::move(error)) {}

} // namespace wayfare
