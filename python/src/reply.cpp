#include "reply.hpp"

#include <pybind11/stl.h>

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "errors.hpp"
#include "models.hpp"
#include "types.hpp"
#include "values.hpp"

namespace wayfare::python {

namespace {

// The core's reply as it is; its fields become Python objects when they are asked for.
struct ReplyObject {
  PyObject_HEAD std::shared_ptr<const Reply> reply;
  PyObject* read[3]; // what was read of `json_texts`, or null
};
constexpr std::array<std::string Reply::*, 3> json_texts{&Reply::message, &Reply::raw,
                                                         &Reply::metadata};

PyTypeObject* reply_type; // as long as the process

ReplyObject* as_reply(PyObject* self) { return reinterpret_cast<ReplyObject*>(self); }

template <class Items, class Record>
py::list list_of(const Items& items, Record record) {
  py::list list;
  for (const auto& item : items) list.append(record(item));
  return list;
}

// ---- Pickling: the fields in plain types, in this order for good.

using Count = std::optional<std::int64_t>;
using Words = std::vector<std::string>;
using Texts =
    std::tuple<std::string, std::string, std::string, std::string, std::string, std::string,
               std::string, std::string, std::string, std::string, std::string, std::string>;
using ToolCalls = std::vector<std::tuple<std::string, std::string, std::string>>;
using Tokens = std::tuple<Count, Count, Count, Count, Count, Count>;
// picodollars, their source, and what of them is other cost
using Money = std::tuple<Count, int, Count>;
using Attempts =
    std::vector<std::tuple<std::string, std::string, int, int, int, Count, std::int64_t>>;
using Times = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
using Candidates = std::vector<std::tuple<std::string, std::string, Count, Count, std::string>>;
using Chosen = std::optional<std::tuple<std::string, Candidates, Candidates, int, bool, Count>>;
using Plain =
    std::tuple<Texts, ToolCalls, Tokens, Money, Words, Attempts, Times, int, Words, Chosen>;

Count amount_of(const std::optional<Amount>& amount) {
  return amount ? Count(amount->picodollars) : Count();
}
std::optional<Amount> amount_of(const Count& count) {
  return count ? std::optional(Amount{*count}) : std::nullopt;
}

Candidates to_plain(const std::vector<Candidate>& candidates) {
  Candidates plain;
  for (const Candidate& one : candidates)
    plain.emplace_back(one.model, one.reason, amount_of(one.expected), amount_of(one.bound),
                       one.unbounded);
  return plain;
}
std::vector<Candidate> from_plain(const Candidates& plain) {
  std::vector<Candidate> candidates;
  for (const auto& [model, reason, expected, bound, unbounded] : plain)
    candidates.push_back({model, reason, amount_of(expected), amount_of(bound), unbounded});
  return candidates;
}

Chosen to_plain(const std::shared_ptr<const Selection>& selection) {
  if (!selection) return {};
  const CatalogueState& state = selection->catalogue;
  return {{selection->policy, to_plain(selection->ranked), to_plain(selection->out),
           static_cast<int>(state.source), state.stale,
           state.fetched ? Count(state.fetched->time_since_epoch().count()) : Count()}};
}
std::shared_ptr<const Selection> from_plain(const Chosen& plain) {
  if (!plain) return nullptr;
  const auto& [policy, ranked, out, source, stale, fetched] = *plain;
  CatalogueState state{static_cast<CatalogueState::Source>(source), stale, {}};
  if (fetched) state.fetched = Time(std::chrono::microseconds(*fetched));
  return std::make_shared<const Selection>(
      Selection{policy, from_plain(ranked), from_plain(out), state});
}

Plain to_plain(const Reply& r) {
  ToolCalls tools;
  for (const auto& call : r.tool_calls) tools.emplace_back(call.id, call.name, call.arguments);
  Attempts attempts;
  for (const auto& attempt : r.attempts)
    attempts.emplace_back(attempt.entry, attempt.model, static_cast<int>(attempt.code),
                          attempt.status, static_cast<int>(attempt.state), amount_of(attempt.cost),
                          attempt.waited_us);
  return {
      {r.text, r.reasoning, r.finish_reason, r.native_finish_reason, r.model, r.provider,
       r.generation_id, r.entry, r.request_id, r.message, r.raw, r.metadata},
      std::move(tools),
      {r.usage.prompt_tokens, r.usage.completion_tokens, r.usage.total_tokens,
       r.usage.cached_tokens, r.usage.cache_write_tokens, r.usage.reasoning_tokens},
      {amount_of(r.cost), static_cast<int>(r.cost_source), amount_of(r.non_token_cost)},
      r.added,
      std::move(attempts),
      {r.timings.reserved_us, r.timings.headers_us, r.timings.first_delta_us, r.timings.total_us},
      r.status,
      r.warnings,
      to_plain(r.selection)};
}

std::shared_ptr<const Reply> from_plain(const Plain& plain) {
  Reply r;
  const auto& [texts, tools, tokens, money, added, attempts, times, http_status, warnings,
               selection] = plain;
  std::tie(r.text, r.reasoning, r.finish_reason, r.native_finish_reason, r.model, r.provider,
           r.generation_id, r.entry, r.request_id, r.message, r.raw, r.metadata) = texts;
  for (const auto& [id, name, arguments] : tools) r.tool_calls.push_back({id, name, arguments});
  std::tie(r.usage.prompt_tokens, r.usage.completion_tokens, r.usage.total_tokens,
           r.usage.cached_tokens, r.usage.cache_write_tokens, r.usage.reasoning_tokens) = tokens;
  const auto& [cost, source, other] = money;
  r.cost = amount_of(cost);
  r.cost_source = static_cast<CostSource>(source);
  r.non_token_cost = amount_of(other);
  r.added = added;
  for (const auto& [entry, model, code, status, state, cost, waited] : attempts)
    r.attempts.push_back({entry, model, static_cast<Code>(code), status, static_cast<State>(state),
                          amount_of(cost), waited});
  std::tie(r.timings.reserved_us, r.timings.headers_us, r.timings.first_delta_us,
           r.timings.total_us) = times;
  r.status = http_status;
  r.warnings = warnings;
  r.selection = from_plain(selection);
  return std::make_shared<const Reply>(std::move(r));
}

// ---- The type.

PyObject* reply_new(PyTypeObject*, PyObject* args, PyObject*) {
  return guarded([&] {
    if (PyTuple_GET_SIZE(args) != 1) throw py::type_error("a Reply is made by a call");
    return reply_object(from_plain(py::handle(PyTuple_GET_ITEM(args, 0)).cast<Plain>()))
        .release()
        .ptr();
  });
}

void reply_dealloc(PyObject* self) {
  for (PyObject* held : as_reply(self)->read) Py_XDECREF(held);
  as_reply(self)->reply.~shared_ptr();
  free_object(self);
}

PyObject* reply_reduce(PyObject* self, PyObject*) {
  return guarded([&] {
    const py::handle type(reinterpret_cast<PyObject*>(reply_type));
    return py::make_tuple(type, py::make_tuple(to_plain(*as_reply(self)->reply))).release().ptr();
  });
}

PyObject* reply_repr(PyObject* self) {
  if (!load_types()) return nullptr;
  return guarded([&] {
    const Reply& reply = *as_reply(self)->reply;
    py::str words = text(reply.text);
    if (py::len(words) > 60) words = py::str(words[py::slice(0, 60, 1)]) + py::str("…");
    return py::str(
               "wayfare.Reply(text={!r}, model={!r}, finish_reason={!r}, cost={!r}, entry={!r})")
        .format(words, text(reply.model), text_or_none(reply.finish_reason), decimal(reply.cost),
                text(reply.entry))
        .release()
        .ptr();
  });
}

template <class Read>
PyObject* reply_get(PyObject* self, void*) {
  return guarded([&] { return py::object(Read{}(*as_reply(self)->reply)).release().ptr(); });
}

template <class Read>
PyGetSetDef field(const char* name, Read, const char* doc) {
  return {name, reply_get<Read>, nullptr, doc, nullptr};
}

PyObject* reply_cost(PyObject* self, void*) {
  return load_types()
             ? guarded([&] { return decimal(as_reply(self)->reply->cost).release().ptr(); })
             : nullptr;
}

PyObject* reply_attempts(PyObject* self, void*) { // which have costs
  return load_types() ? guarded([&] {
    return list_of(as_reply(self)->reply->attempts, attempt_record).release().ptr();
  })
                      : nullptr;
}

PyObject* reply_selection(PyObject* self, void*) {
  if (!load_types()) return nullptr;
  return guarded([&] {
    const auto& selection = as_reply(self)->reply->selection;
    return (selection ? selection_record(*selection) : py::object(py::none())).release().ptr();
  });
}

// Reads the JSON when it is first asked for; then it stays the same object. Plain C: see wait.hpp.
template <int which>
PyObject* reply_json(PyObject* self, void*) {
  PyObject*& kept = as_reply(self)->read[which];
  if (!kept) {
    const std::string& source = (*as_reply(self)->reply).*json_texts[which];
    PyObject* json = PyImport_ImportModule("json");
    PyObject* utf8 =
        PyUnicode_DecodeUTF8(source.data(), static_cast<Py_ssize_t>(source.size()), "replace");
    PyObject* read = json && utf8 ? PyObject_CallMethod(json, "loads", "O", utf8) : nullptr;
    Py_XDECREF(json);
    Py_XDECREF(utf8);
    if (!read) return nullptr;
    if (kept)
      Py_DECREF(read); // another thread was faster
    else
      kept = read;
  }
  Py_INCREF(kept);
  return kept;
}

} // namespace

py::object reply_object(std::shared_ptr<const Reply> reply) {
  if (!reply) return py::none();
  auto made = new_object(reply_type);
  new (&as_reply(made.ptr())->reply) std::shared_ptr<const Reply>(std::move(reply));
  return made;
}

void add_reply(py::module_& module) {
  static PyGetSetDef fields[] = {
      field(
          "text", [](const Reply& r) { return text(r.text); },
          "The answer; \"\" where there is none."),
      field(
          "reasoning", [](const Reply& r) { return text(r.reasoning); },
          "The model's reasoning, as far as it is shown; \"\" where it is not."),
      field(
          "tool_calls", [](const Reply& r) { return list_of(r.tool_calls, tool_call_record); },
          "A list of ToolCall."),
      field(
          "finish_reason", [](const Reply& r) { return text_or_none(r.finish_reason); },
          "\"stop\", \"length\", \"tool_calls\", \"content_filter\", \"error\", or None."),
      field(
          "native_finish_reason",
          [](const Reply& r) { return text_or_none(r.native_finish_reason); },
          "The provider's own word for it, or None."),
      field(
          "model", [](const Reply& r) { return text(r.model); },
          "The model that served; the requested one where the server did not say."),
      field(
          "provider", [](const Reply& r) { return text_or_none(r.provider); },
          "The provider that served, such as \"Amazon Bedrock\", or None."),
      field(
          "usage", [](const Reply& r) { return usage_record(r.usage); }, "Tokens, as a Usage."),
      {"cost", reply_cost, nullptr,
       "US dollars as a decimal.Decimal, exact; None where unknown, which is not zero.", nullptr},
      field(
          "cost_source", [](const Reply& r) { return py::str(std::string(name(r.cost_source))); },
          "\"response\": the response told the cost; \"none\": it is unknown."),
      field(
          "non_token_cost", [](const Reply& r) { return decimal(r.non_token_cost); },
          "Of cost, what the tokens' prices do not explain (web search, server tools, …), as a "
          "Decimal; None where the response does not\n"
          "tell what the tokens cost."),
      field(
          "generation_id", [](const Reply& r) { return text_or_none(r.generation_id); },
          "The server's id of the call, or None."),
      field(
          "entry", [](const Reply& r) { return text(r.entry); },
          "The id of the call's (last) entry in the ledger: 26 characters, sorted by time."),
      field(
          "request_id", [](const Reply& r) { return text_or_none(r.request_id); },
          "What was given as request_id, or None."),
      field(
          "added", [](const Reply& r) { return list_of(r.added, text); },
          "What wayfare added to the body, such as [\"stream\"]."),
      {"attempts", reply_attempts, nullptr,
       "A list of Attempt: all of the call, in order. The first ones failed.", nullptr},
      field(
          "warnings", [](const Reply& r) { return list_of(r.warnings, text); },
          "A line for each soft budget that is passed."),
      {"selection", reply_selection, nullptr,
       "Why these models, in this order, as a Selection; None where no policy or max_cost asked "
       "for it.",
       nullptr},
      field(
          "timings", [](const Reply& r) { return timings_record(r.timings); },
          "Where the time went, as a Timings."),
      field(
          "status", [](const Reply& r) { return status_or_none(r.status); },
          "The HTTP status; None where no answer came."),
      {"message", reply_json<0>, nullptr,
       "The assistant's turn as a dict, to be appended to the messages of the next call: tool "
       "calls and reasoning details are in it.",
       nullptr},
      {"raw", reply_json<1>, nullptr,
       "The body of the response as a dict; after a stream, the body that would have come without "
       "streaming. None where nothing readable "
       "came.",
       nullptr},
      {"metadata", reply_json<2>, nullptr,
       "A dict for your own message: v, entry, request_id, generation_id, model, provider, "
       "prompt_tokens, completion_tokens, "
       "cached_tokens,\n"
       "reasoning_tokens, cost (a decimal str or None), currency, cost_source.",
       nullptr},
      {}};
  static PyMethodDef methods[] = {{"__reduce__", reply_reduce, METH_NOARGS, nullptr}, {}};
  static PyType_Slot slots[] = {
      {Py_tp_new, slot(reply_new)},
      {Py_tp_dealloc, slot(reply_dealloc)},
      {Py_tp_repr, slot(reply_repr)},
      {Py_tp_getset, fields},
      {Py_tp_methods, methods},
      {Py_tp_doc, const_cast<char*>("A whole answer. Read-only; fields that have to be made are "
                                    "made when they are asked for.")},
      {}};
  static PyType_Spec spec{"wayfare.Reply", sizeof(ReplyObject), 0, Py_TPFLAGS_DEFAULT, slots};
  reply_type = add_type(module, spec, true); // by what __reduce__ gave
}

} // namespace wayfare::python
