#include "wire/tool_calls.hpp"

#include <algorithm>

namespace wayfare::wire {

namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

} // namespace

struct ToolCalls::Piece {
  explicit Piece(json::Value given)
      : item(given),
        // A tool of the type custom takes any text, under another name.
        is_custom(given["custom"].is_object() ||
                  (given["type"].string() == "custom" && !given["function"].is_object())),
        function(given[is_custom ? "custom" : "function"]),
        arguments(function[is_custom ? "input" : "arguments"]),
        id(given["id"].string()),
        name(function["name"].string()),
        index(given["index"].integer()) {}

  json::Value item;
  bool is_custom;
  json::Value function, arguments;
  std::string_view id, name;
  std::optional<std::int64_t> index;

  // The arguments as text: some servers send the object itself.
  std::string_view text() const {
    return arguments.is_object() || arguments.is_array() ? arguments.raw() : arguments.string();
  }
};

void ToolCalls::Call::follow(std::string_view piece) {
  is_blank = is_blank && wire::is_blank(piece);
  for (const char c : piece) {
    if (in_string) {
      in_string = is_escaped || c != '"';
      is_escaped = !is_escaped && c == '\\';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      is_closed = --depth <= 0;
    }
  }
}

// Whether a piece that stands where the call goes on, by index or id, is of another call. Gateways
// give all calls one index, or no ids. Only a piece with a name begins a call.
bool ToolCalls::begins_another(const Call& call, const Piece& piece) {
  if (piece.name.empty() || call.name.empty()) return false;
  if (!piece.id.empty() && !call.id.empty() && piece.id != call.id) return true;
  const bool is_one_id = !piece.id.empty() && piece.id == call.id;
  const bool is_one_name = piece.name.starts_with(call.name);
  const std::string_view text = piece.text();
  if (call.is_complete()) {
    if (is_blank(text)) return !is_one_name;
    // the whole call, once more
    return !(is_one_id && is_one_name && text == call.arguments_so_far());
  }
  if (is_one_name) return false;
  if (call.is_blank) // the next piece of the name
    return !(is_one_id || piece.index || (!call.id.empty() && piece.id.empty()));
  return !is_one_id;
}

// The call that the piece belongs to, or null if it begins one. The index tells, else the id. A
// piece without both belongs to the last call. Two calls of one list are two, whatever they are
// called.
ToolCalls::Call* ToolCalls::known(const Piece& piece, std::size_t in_this_list) {
  std::optional<std::size_t> place;
  if (piece.index)
    place = by_index_.find(std::to_string(*piece.index),
                           [&](std::size_t one) { return calls_[one].index == piece.index; });
  else if (!piece.id.empty())
    place = by_id_.find(piece.id, [&](std::size_t one) { return calls_[one].id == piece.id; });
  else if (!calls_.empty() && !is_full_)
    place = calls_.size() - 1;
  Call* call = place ? &calls_[*place] : nullptr;
  const bool can_begin = !piece.name.empty() || calls_.empty() || is_full_ ||
                         (!piece.id.empty() && calls_.back().is_complete());
  if (!call && !can_begin) call = &calls_.back(); // its index or its id is wrong
  if (!call || begins_another(*call, piece)) return nullptr;
  const auto at = static_cast<std::size_t>(call - calls_.data());
  return at >= in_this_list && !piece.name.empty() && !call->name.empty() ? nullptr : call;
}

ToolCalls::Call* ToolCalls::begun(const Piece& piece, Room& room) {
  is_full_ = !room.fits(calls_.size());
  if (is_full_) return nullptr;
  if (piece.index) by_index_.add(std::to_string(*piece.index), calls_.size());
  Call& call = calls_.emplace_back();
  call.index = piece.index;
  room.take(Room::call_size);
  return &call;
}

void ToolCalls::add(json::Value list, Sent how, Room& room, std::vector<Event>& events) {
  const std::size_t before = calls_.size();
  std::size_t at = 0;
  for (json::Value item = list.first(); list.is_array() && item.exists() && room.fits(at);
       item = item.next()) {
    if (!item.is_object()) continue;
    const Piece piece(item);
    Call* call = nullptr;
    if (how == Sent::piece)
      call = known(piece, before);
    else if (at < before) // a message with all calls so far
      call = &calls_[at];
    ++at;
    if (!call) call = begun(piece, room);
    if (call) add_to(*call, piece, how, room, events);
  }
}

void ToolCalls::add_to(Call& call, const Piece& piece, Sent how, Room& room,
                       std::vector<Event>& events) {
  ToolPiece told{.index = static_cast<std::int32_t>(&call - calls_.data())};
  if (call.id.empty() && !piece.id.empty()) {
    call.id = told.id = piece.id;
    by_id_.add(piece.id, static_cast<std::size_t>(&call - calls_.data()));
  }
  told.name = grow(call.name, piece.name);
  call.is_custom = call.is_custom || piece.is_custom;
  const std::string_view so_far = call.arguments_so_far();
  if (piece.arguments.is_object() || piece.arguments.is_array()) {
    if (piece.text() != so_far) {
      told.arguments = call.object = piece.text();
      call.is_blank = false;
    }
  } else if (call.object.empty() && !(piece.text() == so_far && call.is_complete())) {
    told.arguments = call.arguments.add(piece.arguments, how);
    call.follow(told.arguments);
  }
  for (json::Value member = piece.item.first(); member.exists(); member = member.next())
    if (const auto key = member.key();
        key != "index" && key != "id" && key != "type" && key != "function" && key != "custom")
      call.more.add(key, member, room);
  for (json::Value member = piece.function.first(); piece.function.is_object() && member.exists();
       member = member.next())
    if (const auto key = member.key(); key != "name" && key != piece.arguments.key())
      call.more_of_function.add(key, member, room);
  const std::size_t size = told.arguments.size() + told.id.size() + told.name.size();
  room.take(size);
  if (size > 0) events.push_back({.type = EventType::tool, .tool_call = std::move(told)});
}

std::vector<ToolCall> ToolCalls::calls() const {
  std::vector<ToolCall> calls;
  for (const Call& call : calls_) {
    calls.push_back({call.id, call.name, std::string(call.arguments_so_far()), call.type()});
    if (calls.back().arguments.empty() && !call.is_custom) calls.back().arguments = "{}";
  }
  return calls;
}

void ToolCalls::write(json::ObjectWriter& message) const {
  if (calls_.empty()) return;
  std::string& out = message.member("tool_calls");
  json::append_array(out, calls_, [&out](const Call& call) {
    json::ObjectWriter one(out);
    one.text("id", call.id).text("type", call.type());
    {
      json::ObjectWriter function(one.member(call.is_custom ? "custom" : "function"));
      function.text("name", call.name);
      const std::string_view key = call.is_custom ? "input" : "arguments";
      if (!call.object.empty())
        function.json(key, call.object);
      else if (call.arguments.empty() && !call.is_custom)
        function.text(key, "{}");
      else
        function.text(key, call.arguments.text());
      call.more_of_function.write(function);
    }
    call.more.write(one);
  });
}

void ToolCalls::finish(std::vector<Event>& events) {
  for (Call& call : calls_)
    if (const auto rest = call.arguments.finish(); !rest.empty())
      events.push_back({.type = EventType::tool,
                        .tool_call = {.index = static_cast<std::int32_t>(&call - calls_.data()),
                                      .arguments = std::string(rest)}});
}

} // namespace wayfare::wire
