#include "values.hpp"

// Behind pybind11, which includes Python.h as it must be.
#include <datetime.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "models.hpp"
#include "records.hpp"

namespace wayfare::python {

namespace {

// See records.hpp.
PyTypeObject *usage_type, *tool_call_type, *tool_piece_type, *timings_type, *attempt_type,
    *entry_type, *usage_row_type, *budget_type, *block_type, *reconciled_type, *verification_type,
    *pruned_type;

py::object count(const std::optional<std::int64_t>& number) {
  return number ? py::object(py::int_(*number)) : py::none();
}
py::object micros(std::int64_t time) { return time != 0 ? py::object(py::int_(time)) : py::none(); }
py::str word(std::string_view name) { return py::str(name.data(), name.size()); }

py::dict charge_to_dict(const Entry& entry) {
  py::dict to;
  if (!entry.app.empty()) to["app"] = text(entry.app);
  if (!entry.agent.empty()) to["agent"] = text(entry.agent);
  if (!entry.user.empty()) to["user"] = text(entry.user);
  if (!entry.run.empty()) to["run"] = text(entry.run);
  if (entry.tags.empty()) return to;
  py::list tags;
  for (const auto& tag : entry.tags) tags.append(text(tag));
  to["tags"] = tags;
  return to;
}

} // namespace

py::str text(const std::string& utf8) {
  auto made = py::reinterpret_steal<py::str>(
      PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "replace"));
  if (!made) throw py::error_already_set();
  return made;
}
py::object text_or_none(const std::string& utf8) {
  return utf8.empty() ? py::object(py::none()) : text(utf8);
}
py::object status_or_none(int status) {
  return status != 0 ? py::object(py::int_(status)) : py::none();
}

bool load_types() {
  if (!PyDateTimeAPI) PyDateTime_IMPORT;
  bool loaded = PyDateTimeAPI != nullptr;
  for (const char* name : {"decimal", "json"}) {
    PyObject* module = loaded ? PyImport_ImportModule(name) : nullptr;
    loaded = module != nullptr;
    Py_XDECREF(module);
  }
  return loaded;
}

static py::object decimal_of(const std::string& text) {
  return py::module_::import("decimal").attr("Decimal")(text);
}
py::object decimal(const std::optional<Amount>& dollars) {
  return dollars ? decimal_of(dollars->text()) : py::none();
}
py::object decimal(const std::optional<Price>& price) {
  return price ? decimal_of(price->text()) : py::none();
}

py::object datetime(Time time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day day(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  auto made = py::reinterpret_steal<py::object>(PyDateTimeAPI->DateTime_FromDateAndTime(
      static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
      static_cast<int>(static_cast<unsigned>(day.day())), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()), PyDateTime_TimeZone_UTC,
      PyDateTimeAPI->DateTimeType));
  if (!made) throw py::error_already_set();
  return made;
}

py::object usage_record(const Usage& usage) {
  return new_record(usage_type, count(usage.prompt_tokens), count(usage.completion_tokens),
                    count(usage.total_tokens), count(usage.cached_tokens),
                    count(usage.cache_write_tokens), count(usage.reasoning_tokens));
}

py::object tool_call_record(const ToolCall& call) {
  return new_record(tool_call_type, text(call.id), text(call.name), text(call.arguments));
}

py::object tool_piece_record(const Event& event) {
  return new_record(tool_piece_type, py::int_(event.index), text_or_none(event.tool_id),
                    text_or_none(event.tool_name), text(event.text));
}

py::object timings_record(const Timings& timings) {
  return new_record(timings_type, micros(timings.reserved_us), micros(timings.headers_us),
                    micros(timings.first_delta_us), micros(timings.total_us));
}

py::object attempt_record(const Attempt& attempt) {
  return new_record(attempt_type, text(attempt.entry),
                    attempt.code == Code::ok ? py::object(py::none()) : word(name(attempt.code)),
                    text(attempt.model), status_or_none(attempt.status), word(name(attempt.state)),
                    decimal(attempt.cost), py::int_(attempt.waited_us));
}

py::object entry_record(const Entry& entry) {
  return new_record(
      entry_type, text(entry.entry), word(name(entry.state)), datetime(entry.reserved),
      datetime(entry.booked), charge_to_dict(entry), text(entry.requested_model), text(entry.model),
      text_or_none(entry.provider), text_or_none(entry.generation_id),
      text_or_none(entry.request_id), count(entry.prompt_tokens), count(entry.completion_tokens),
      count(entry.cached_tokens), count(entry.cache_write_tokens), count(entry.reasoning_tokens),
      decimal(entry.cost), word(name(entry.cost_source)), decimal(entry.non_token_cost),
      text_or_none(entry.finish_reason), text_or_none(entry.error), status_or_none(entry.status),
      py::int_(entry.total_us), py::bool_(entry.correction));
}

py::object usage_row_record(const std::vector<std::string>& by, const UsageRow& row) {
  const auto part = [&](std::string_view name) -> py::object {
    const auto at = static_cast<std::size_t>(std::ranges::find(by, name) - by.begin());
    return at < row.by.size() ? py::object(text(row.by[at])) : py::none();
  };
  return new_record(usage_row_type, part("day"), part("app"), part("agent"), part("model"),
                    part("provider"), part("key"), part("user"), part("tag"), part("run"),
                    py::int_(row.calls), py::int_(row.unknown), py::int_(row.prompt_tokens),
                    py::int_(row.completion_tokens), py::int_(row.cached_tokens),
                    py::int_(row.cache_write_tokens), py::int_(row.reasoning_tokens),
                    decimal(row.cost), decimal(row.held));
}

static py::object budget_record(const BudgetState& budget) {
  const Scope& scope = budget.scope;
  return new_record(budget_type, text(budget.name), decimal(budget.limit), decimal(budget.spent),
                    decimal(budget.reserved), decimal(budget.left),
                    budget.resets_at ? datetime(*budget.resets_at) : py::object(py::none()),
                    word(name(budget.mode)), word(name(budget.window)), text_or_none(scope.app),
                    text_or_none(scope.agent), text_or_none(scope.user), text_or_none(scope.run),
                    text_or_none(scope.tag), text_or_none(scope.key), text_or_none(scope.model),
                    text_or_none(budget.value), decimal(budget.assume), decimal(budget.excess));
}

static py::object reconciled_record(const Reconciled& done) {
  return new_record(reconciled_type, py::int_(done.looked_up), py::int_(done.settled),
                    py::int_(done.given_up), py::int_(done.unknown), decimal(done.cost),
                    decimal(done.charged), text_or_none(done.trouble));
}

static py::object verification_record(const Verification& found) {
  py::list problems;
  for (const auto& problem : found.problems) problems.append(text(problem));
  return new_record(verification_type, py::bool_(found.ok()), py::int_(found.entries),
                    py::int_(found.pending), problems);
}

static py::object block_record(const Scope& scope) {
  return new_record(block_type, text_or_none(scope.app), text_or_none(scope.agent),
                    text_or_none(scope.user), text_or_none(scope.run), text_or_none(scope.tag),
                    text_or_none(scope.key), text_or_none(scope.model));
}

// ---- The types.

static void add_reply_types(py::module_& module) {
  static PyStructSequence_Field usage[] = {
      {"prompt_tokens", "all of the prompt, cached and written ones included"},
      {"completion_tokens", "all of the answer, reasoning included"},
      {"total_tokens", "as the server adds them up"},
      {"cached_tokens", "of the prompt: read from the provider's cache"},
      {"cache_write_tokens", "of the prompt: written to the provider's cache"},
      {"reasoning_tokens", "of the answer: spent on reasoning"},
      {}};
  usage_type = new_record_type(module, "wayfare.Usage",
                               "Tokens as the provider counts them; None where the server did not "
                               "tell. Assume no sums between them.",
                               usage, std::size(usage) - 1);

  static PyStructSequence_Field tool_call[] = {
      {"id", "to be sent back with the tool's answer"},
      {"name", "of the tool"},
      {"arguments", "JSON text as the model wrote it, not checked"},
      {}};
  tool_call_type =
      new_record_type(module, "wayfare.ToolCall", "A call of a tool that the model asks for.",
                      tool_call, std::size(tool_call) - 1);

  static PyStructSequence_Field piece[] = {{"index", "which of the reply's tool calls"},
                                           {"id", "in the first piece, else None"},
                                           {"name", "in the first piece, else None"},
                                           {"arguments", "the next piece of the JSON text"},
                                           {}};
  tool_piece_type =
      new_record_type(module, "wayfare.ToolPiece", "One piece of a tool call, as it streams in.",
                      piece, std::size(piece) - 1);

  static PyStructSequence_Field timings[] = {
      {"reserved_us", "the reservation was in the ledger"},
      {"headers_us", "the status line was here"},
      {"first_delta_us", "the first piece of text, reasoning or a tool call was here"},
      {"total_us", "the last byte was here"},
      {}};
  timings_type =
      new_record_type(module, "wayfare.Timings",
                      "Microseconds since the call was made; None where it did not happen.",
                      timings, std::size(timings) - 1);

  static PyStructSequence_Field attempt[] = {
      {"entry", "its entry in the ledger"},
      {"code", "why it failed, as Error.code; None where it succeeded"},
      {"model", "that was asked for"},
      {"status", "HTTP status, or the code inside a 200; None where there was no answer"},
      {"state", "\"settled\", \"void\" (not sent, or not billed), \"unknown\" or \"reserved\""},
      {"cost", "what it was billed, as a decimal.Decimal; None where that is unknown"},
      {"waited_us", "microseconds waited before it, since the one before had failed"},
      {}};
  attempt_type = new_record_type(module, "wayfare.Attempt",
                                 "One HTTP request of a call; each has an entry in the ledger.",
                                 attempt, std::size(attempt) - 1);
}

static void add_ledger_types(py::module_& module) {
  static PyStructSequence_Field entry[] = {
      {"entry", "its id: 26 characters, sorted by time"},
      {"state", "\"reserved\", \"settled\", \"void\" or \"unknown\""},
      {"reserved", "datetime in UTC: before it was sent"},
      {"booked", "datetime in UTC: of its end; of the reservation while there is none"},
      {"charge_to", "dict of what was given of app, agent, user, run and tags"},
      {"requested_model", "that was asked for"},
      {"model", "that served, else the requested one"},
      {"provider", "that served, or None"},
      {"generation_id", "the server's id, or None"},
      {"request_id", "yours, or None"},
      {"prompt_tokens", "int or None"},
      {"completion_tokens", "int or None"},
      {"cached_tokens", "int or None"},
      {"cache_write_tokens", "int or None"},
      {"reasoning_tokens", "int or None"},
      {"cost", "Decimal in US dollars; None where unknown, which is not zero"},
      {"cost_source",
       "where that is from: \"response\", \"generation\", \"bound\", \"computed\" or \"none\""},
      {"non_token_cost",
       "Decimal: of cost, what the tokens' prices do not explain; None where not told"},
      {"finish_reason", "or None"},
      {"error", "why it failed, as Error.code; None where it succeeded"},
      {"status", "HTTP status, or None where no answer came"},
      {"total_us", "microseconds from the call to its last byte"},
      {"correction", "True: to be added to the row of the same entry before it"},
      {}};
  entry_type = new_record_type(module, "wayfare.Entry", "One attempt, as it stands in the ledger.",
                               entry, std::size(entry) - 1);

  static PyStructSequence_Field row[] = {
      {"day",
       "\"2026-11-23\" in UTC; this and the next eight are None where they were not asked for"},
      {"app", "of charge_to"},
      {"agent", "of charge_to"},
      {"model", "that served"},
      {"provider", "that served"},
      {"key", "the first 12 hex digits of the API key's SHA-256"},
      {"user", "of charge_to"},
      {"tag", "of charge_to; of several, each counts the call whole"},
      {"run", "of charge_to"},
      {"calls", "attempts that were or may have been sent"},
      {"unknown", "of them: those whose cost is not known"},
      {"prompt_tokens", "sum of the known ones"},
      {"completion_tokens", "sum of the known ones"},
      {"cached_tokens", "sum of the known ones"},
      {"cache_write_tokens", "sum of the known ones"},
      {"reasoning_tokens", "sum of the known ones"},
      {"cost", "Decimal in US dollars: sum of the known ones"},
      {"held", "Decimal in US dollars: what calls without an end may cost at most, where known"},
      {}};
  usage_row_type =
      new_record_type(module, "wayfare.UsageRow", "Sums over calls.", row, std::size(row) - 1);
}

static void add_rule_types(py::module_& module) {
  static PyStructSequence_Field budget[] = {
      {"name", "of the budget"},
      {"limit", "Decimal in US dollars, as all amounts here"},
      {"spent", "in the present window"},
      {"reserved", "held for calls whose cost is not known yet"},
      {"left", "limit less both; below zero where a cost passed its bound, or the budget is soft"},
      {"resets_at", "datetime in UTC; None: never"},
      {"mode", "\"hard\" or \"soft\""},
      {"window", "\"hour\", \"day\", \"week\", \"month\" or \"lifetime\""},
      {"app", "this and the next six: whose calls; None: everybody's"},
      {"agent", "or None"},
      {"user", "or None"},
      {"run", "or None"},
      {"tag", "or None"},
      {"key", "or None"},
      {"model", "as asked for, or None"},
      {"value", "of the part that is \"*\", or None"},
      {"assume", "held for calls without a bound, or None"},
      {"excess", "costs above what was held for them, and limits set below what was spent"},
      {}};
  budget_type = new_record_type(module, "wayfare.Budget", "A budget in its present window.", budget,
                                std::size(budget) - 1);
  static PyStructSequence_Field reconciled[] = {
      {"looked_up", "attempts that the server was asked about"},
      {"settled", "those whose cost it told"},
      {"given_up", "those that nobody knows a day later: charged at the bound that was held"},
      {"unknown", "those of the ledger that stay so: younger, or of another server or key"},
      {"cost", "Decimal in US dollars, of the settled"},
      {"charged", "Decimal in US dollars, to those given up"},
      {"trouble", "why the pass ended early; None where it went through"},
      {}};
  reconciled_type = new_record_type(module, "wayfare.Reconciled", "What came of a pass of lookups.",
                                    reconciled, std::size(reconciled) - 1);
  static PyStructSequence_Field verification[] = {
      {"ok", "whether the ledger is whole"},
      {"entries", "rows that were read"},
      {"pending", "rows of attempts without an end that were read"},
      {"problems", "list of str, a line each, at most 100"},
      {}};
  verification_type =
      new_record_type(module, "wayfare.Verification", "What a look at the whole ledger found.",
                      verification, std::size(verification) - 1);
  static PyStructSequence_Field pruned[] = {
      {"entries", "that were deleted"}, {"windows", "of budgets, that were deleted"}, {}};
  pruned_type = new_record_type(module, "wayfare.Pruned", "What prune() deleted.", pruned,
                                std::size(pruned) - 1);
  static PyStructSequence_Field block[] = {
      {"app", "or None"}, {"agent", "or None"}, {"user", "or None"},  {"run", "or None"},
      {"tag", "or None"}, {"key", "or None"},   {"model", "or None"}, {}};
  block_type = new_record_type(module, "wayfare.Block", "Whose calls are blocked.", block,
                               std::size(block) - 1);
}

py::object report_object(const Report& report) {
  py::list list;
  for (const BudgetState& budget : report.budgets) list.append(budget_record(budget));
  for (const Scope& scope : report.blocks) list.append(block_record(scope));
  if (report.kind == Report::Kind::budgets || report.kind == Report::Kind::blocks ||
      report.kind == Report::Kind::none)
    return list;
  if (report.kind == Report::Kind::usage) {
    for (const UsageRow& row : report.usage) list.append(usage_row_record(report.by, row));
    return list;
  }
  if (report.kind == Report::Kind::verification) return verification_record(report.verification);
  if (report.kind == Report::Kind::pruned)
    return new_record(pruned_type, py::int_(report.pruned.entries),
                      py::int_(report.pruned.windows));
  if (report.kind == Report::Kind::reconciled) return reconciled_record(report.reconciled);
  if (report.kind == Report::Kind::models) return models_object(report.models);
  if (report.kind == Report::Kind::selection) return selection_record(report.selection);
  for (const Entry& entry : report.page.entries) list.append(entry_record(entry));
  return py::make_tuple(list, text(report.page.next));
}

void add_values(py::module_& module) {
  add_reply_types(module);
  add_ledger_types(module);
  add_rule_types(module);
}

} // namespace wayfare::python
