#include "wire/body_form.hpp"

#include <algorithm>
#include <array>

namespace wayfare::wire {

namespace {

constexpr std::string_view mark = "\xEF\xBB\xBF";
constexpr std::size_t blanks_max = 1024; // more of them tell nothing either

enum class Likeness : std::uint8_t { none, begun, field };

// Whether the text begins with a line of a stream of events, or with the beginning of one.
Likeness likeness_of(std::string_view text) {
  if (text.starts_with(':')) return Likeness::field; // a comment
  constexpr std::array<std::string_view, 5> fields{"data", "event", "id", "retry", "error"};
  const auto end = std::min(text.find_first_of(":\r\n"), text.size());
  const std::string_view name = text.substr(0, end);
  if (end < text.size())
    return std::ranges::find(fields, name) != fields.end() ? Likeness::field : Likeness::none;
  return std::ranges::any_of(fields, [&](auto field) { return field.starts_with(name); })
             ? Likeness::begun
             : Likeness::none;
}

} // namespace

std::string_view without_mark(std::string_view text) noexcept {
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  return text;
}

BodyForm form_of(std::string_view beginning, bool is_all, const ResponseHead& head, bool streamed) {
  if (head.status < 200 || head.status >= 300) return BodyForm::plain;
  std::string_view text = without_mark(beginning);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const bool may_grow = !is_all && beginning.size() < blanks_max;
  if (may_grow && (text.empty() || mark.starts_with(text))) return BodyForm::undecided;
  if (text.starts_with('{') || text.starts_with('[') || text.starts_with('<'))
    return BodyForm::plain;
  const Likeness likeness = likeness_of(text);
  if (may_grow && likeness == Likeness::begun) return BodyForm::undecided;
  if (likeness == Likeness::field) return BodyForm::stream;
  if (head.content_type.starts_with("text/event-stream")) return BodyForm::stream;
  if (head.content_type.starts_with("application/json")) return BodyForm::plain;
  return streamed && !text.empty() ? BodyForm::stream : BodyForm::plain;
}

} // namespace wayfare::wire
