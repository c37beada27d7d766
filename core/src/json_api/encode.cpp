// What is told in JSON: events, replies, entries and errors. A text that is empty because nothing
// is known is null.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "json_api/json_api.hpp"
#include "base/time_text.hpp"

namespace wayfare::json_api {

namespace {

class Object : public json::ObjectWriter {
 public:
  explicit Object(std::string& out) : json::ObjectWriter(out), out_(out) {}
  Object& text(std::string_view name, std::string_view value) {
    return json::ObjectWriter::text(name, value), *this;
  }
  Object& known(std::string_view name, std::string_view value) {
    return text_or_null(name, value), *this;
  }
  Object& number(std::string_view name, std::int64_t value) {
    return json::ObjectWriter::number(name, value), *this;
  }
  Object& count(std::string_view name, const std::optional<std::int64_t>& value) {
    return number_or_null(name, value), *this;
  }
  Object& truth(std::string_view name, bool value) {
    return json::ObjectWriter::truth(name, value), *this;
  }
  Object& json(std::string_view name, std::string_view value) {
    return json::ObjectWriter::json(name, value), *this;
  }
  Object& money(std::string_view name, const std::optional<Amount>& value) {
    return value ? text(name, value->text()) : json(name, "null");
  }
  Object& texts(std::string_view name, const std::vector<std::string>& values) {
    return array(name, values,
                 [this](const std::string& value) { wayfare::json::append_string(out_, value); });
  }
  template <class Items, class Append>
  Object& array(std::string_view name, const Items& items, Append append) {
    wayfare::json::append_array(member(name), items, append);
    return *this;
  }

 private:
  std::string& out_;
};

void append_usage(std::string& out, const Usage& usage) {
  Object(out)
      .count("prompt_tokens", usage.prompt_tokens)
      .count("completion_tokens", usage.completion_tokens)
      .count("total_tokens", usage.total_tokens)
      .count("cached_tokens", usage.cached_tokens)
      .count("cache_write_tokens", usage.cache_write_tokens)
      .count("reasoning_tokens", usage.reasoning_tokens);
}

void append_timings(std::string& out, const Timings& timings) {
  Object(out)
      .number("reserved_us", timings.reserved_us)
      .number("headers_us", timings.headers_us)
      .number("first_delta_us", timings.first_delta_us)
      .number("total_us", timings.total_us);
}

void append_catalogue(std::string& out, const CatalogueState& state) {
  Object object(out);
  object.text("source", name(state.source)).truth("stale", state.stale);
  object.known("fetched", state.fetched ? time_text(*state.fetched) : "");
}

void append_selection(std::string& out, const Selection& selection) {
  const auto candidate = [&out](const Candidate& one) {
    Object(out)
        .text("model", one.model)
        .text("reason", one.reason)
        .money("expected", one.expected)
        .money("bound", one.bound)
        .known("unbounded", one.unbounded);
  };
  Object object(out);
  object.text("policy", selection.policy)
      .array("ranked", selection.ranked, candidate)
      .array("out", selection.out, candidate);
  append_catalogue(object.member("catalogue"), selection.catalogue);
}

void append_rates(std::string& out, const Rates& rates) {
  Object object(out);
  for (const auto& [name, price] : rate_names) // those that there are
    if (rates.*price) object.text(name, (rates.*price)->text());
}

void append_override(std::string& out, const Override& special) {
  Object object(out);
  object.count("above_prompt_tokens", special.above_prompt_tokens);
  object.count("utc_start", special.utc_start)
      .count("utc_end", special.utc_end)
      .texts("utc_days", special.utc_days);
  object.truth("understood", special.understood);
  append_rates(object.member("prices"), special.rates);
}

void append_model(std::string& out, const Model& model) {
  Object object(out);
  object.text("id", model.id)
      .known("canonical_slug", model.canonical_slug)
      .known("name", model.name);
  object.text("kind", name(model.kind)).known("alias_of", model.alias_of).truth("free", model.free);
  object.number("created", model.created).known("expires", model.expires);
  object.count("context_tokens", model.context_tokens)
      .count("completion_tokens_max", model.completion_tokens_max);
  object.texts("input_modalities", model.input_modalities)
      .texts("output_modalities", model.output_modalities);
  object.texts("parameters", model.parameters);
  append_rates(object.member("prices"), model.rates);
  object.array("overrides", model.overrides,
               [&out](const Override& special) { append_override(out, special); });
}

void append_reply(std::string& out, const Reply& reply) {
  Object object(out);
  object.text("text", reply.text).known("reasoning", reply.reasoning);
  object.array("tool_calls", reply.tool_calls, [&out](const ToolCall& call) {
    Object(out).text("id", call.id).text("name", call.name).text("arguments", call.arguments);
  });
  object.known("finish_reason", reply.finish_reason)
      .known("native_finish_reason", reply.native_finish_reason);
  object.known("model", reply.model).known("provider", reply.provider);
  append_usage(object.member("usage"), reply.usage);
  object.money("cost", reply.cost)
      .text("cost_source", name(reply.cost_source))
      .money("non_token_cost", reply.non_token_cost);
  object.known("generation_id", reply.generation_id)
      .known("entry", reply.entry)
      .known("request_id", reply.request_id);
  object.texts("added", reply.added);
  object.array("attempts", reply.attempts, [&out](const Attempt& attempt) {
    Object(out)
        .text("entry", attempt.entry)
        .known("model", attempt.model)
        .known("error", attempt.code == Code::ok ? "" : name(attempt.code))
        .count("status",
               attempt.status == 0 ? std::nullopt : std::optional<std::int64_t>(attempt.status))
        .text("state", name(attempt.state))
        .money("cost", attempt.cost)
        .number("waited_us", attempt.waited_us);
  });
  object.texts("warnings", reply.warnings);
  if (reply.selection)
    append_selection(object.member("selection"), *reply.selection);
  else
    object.json("selection", "null");
  append_timings(object.member("timings"), reply.timings);
  object.count("status",
               reply.status == 0 ? std::nullopt : std::optional<std::int64_t>(reply.status));
  object.json("message", reply.message).json("metadata", reply.metadata).json("raw", reply.raw);
}

void append_error(std::string& out, const Error& error) {
  Object object(out);
  object.text("code", name(error.code))
      .text("message", error.message)
      .known("advice", error.advice)
      .truth("retryable", error.retryable);
  object.count("status",
               error.status == 0 ? std::nullopt : std::optional<std::int64_t>(error.status));
  object.known("generation_id", error.generation_id)
      .known("provider", error.provider)
      .known("limit", error.limit);
  object.count("retry_after_ms", error.retry_after
                                     ? std::optional<std::int64_t>(error.retry_after->count())
                                     : std::nullopt);
  object.known("budget", error.budget).money("left", error.left);
  object.known("resets_at", error.resets_at ? time_text(*error.resets_at) : "");
  if (error.reply)
    append_reply(object.member("reply"), *error.reply);
  else
    object.json("reply", "null");
}

void append_entry(std::string& out, const Entry& entry) {
  Object object(out);
  object.text("entry", entry.entry)
      .text("state", name(entry.state))
      .text("reserved", time_text(entry.reserved))
      .text("booked", time_text(entry.booked))
      .known("app", entry.app)
      .known("agent", entry.agent)
      .known("user", entry.user)
      .known("run", entry.run)
      .texts("tags", entry.tags)
      .known("requested_model", entry.requested_model)
      .known("model", entry.model)
      .known("provider", entry.provider)
      .known("generation_id", entry.generation_id)
      .known("request_id", entry.request_id)
      .count("prompt_tokens", entry.prompt_tokens)
      .count("completion_tokens", entry.completion_tokens)
      .count("cached_tokens", entry.cached_tokens)
      .count("cache_write_tokens", entry.cache_write_tokens)
      .count("reasoning_tokens", entry.reasoning_tokens)
      .money("cost", entry.cost)
      .text("cost_source", name(entry.cost_source))
      .money("non_token_cost", entry.non_token_cost)
      .known("finish_reason", entry.finish_reason)
      .known("error", entry.error)
      .count("status", entry.status == 0 ? std::nullopt : std::optional<std::int64_t>(entry.status))
      .number("total_us", entry.total_us);
  if (entry.correction) object.truth("correction", true);
}

void append_usage_row(std::string& out, const std::vector<std::string>& by, const UsageRow& row) {
  Object object(out);
  for (std::size_t at = 0; at < by.size(); ++at) object.known(by[at], row.by[at]);
  object.number("calls", row.calls).number("unknown", row.unknown);
  object.number("prompt_tokens", row.prompt_tokens)
      .number("completion_tokens", row.completion_tokens);
  object.number("cached_tokens", row.cached_tokens)
      .number("cache_write_tokens", row.cache_write_tokens);
  object.number("reasoning_tokens", row.reasoning_tokens)
      .money("cost", row.cost)
      .money("held", row.held);
}

void append_scope(Object& object, const Scope& scope) {
  for (const auto& [name, part] : Scope::parts()) object.known(name, scope.*part);
}

void append_budget(std::string& out, const BudgetState& budget) {
  Object object(out);
  object.text("name", budget.name)
      .money("limit", budget.limit)
      .money("spent", budget.spent)
      .money("reserved", budget.reserved);
  object.money("left", budget.left).money("excess", budget.excess);
  object.known("resets_at", budget.resets_at ? time_text(*budget.resets_at) : "");
  object.text("mode", name(budget.mode))
      .text("window", name(budget.window))
      .money("assume", budget.assume)
      .known("value", budget.value);
  append_scope(object, budget.scope);
}

void append_reconciled(Object& object, const Reconciled& done) {
  object.number("looked_up", done.looked_up)
      .number("settled", done.settled)
      .number("given_up", done.given_up)
      .number("unknown", done.unknown);
  object.money("cost", done.cost).money("charged", done.charged).known("trouble", done.trouble);
}

void append_report(std::string& out, const Report& report) {
  Object object(out);
  switch (report.kind) {
    case Report::Kind::usage:
      object.array("rows", report.usage,
                   [&](const UsageRow& row) { append_usage_row(out, report.by, row); });
      break;
    case Report::Kind::entries:
      object
          .array("entries", report.page.entries,
                 [&out](const Entry& entry) { append_entry(out, entry); })
          .known("next", report.page.next);
      break;
    case Report::Kind::models:
      object.array("models", report.models.models,
                   [&out](const Model& model) { append_model(out, model); });
      append_catalogue(object.member("catalogue"), report.models.catalogue);
      break;
    case Report::Kind::budgets:
      object.array("budgets", report.budgets,
                   [&](const BudgetState& budget) { append_budget(out, budget); });
      break;
    case Report::Kind::blocks:
      object.array("blocks", report.blocks, [&](const Scope& scope) {
        Object one(out);
        append_scope(one, scope);
      });
      break;
    case Report::Kind::verification:
      object.truth("ok", report.verification.ok()).number("entries", report.verification.entries);
      object.number("pending", report.verification.pending)
          .texts("problems", report.verification.problems);
      break;
    case Report::Kind::pruned:
      object.number("entries", report.pruned.entries).number("windows", report.pruned.windows);
      break;
    case Report::Kind::reconciled: append_reconciled(object, report.reconciled); break;
    case Report::Kind::none: break;
    case Report::Kind::selection:
      append_selection(object.member("selection"), report.selection);
      break;
  }
}

void append_event(std::string& out, std::int64_t id, const Event& event) {
  Object object(out);
  object.number("v", 1).number("id", id);
  switch (event.type) {
    case Event::Type::text: object.text("type", "text").text("text", event.text); break;
    case Event::Type::reasoning: object.text("type", "reasoning").text("text", event.text); break;
    case Event::Type::tool:
      object.text("type", "tool")
          .number("index", event.index)
          .known("tool_id", event.tool_id)
          .known("name", event.tool_name);
      object.text("arguments", event.text);
      break;
    case Event::Type::usage:
      object.text("type", "usage");
      append_usage(object.member("usage"), event.reply->usage);
      object.money("cost", event.reply->cost);
      break;
    case Event::Type::done:
      object.text("type", "done");
      if (event.reply) append_reply(object.member("reply"), *event.reply);
      if (event.report) append_report(object.member("result"), *event.report);
      break;
    case Event::Type::error:
      object.text("type", "error");
      append_error(object.member("error"), *event.error);
      break;
  }
}

} // namespace

std::string to_json(std::int64_t id, const std::vector<Event>& events) {
  std::string out = "[";
  for (const Event& event : events) {
    if (out.size() > 1) out += ',';
    append_event(out, id, event);
  }
  return out += ']';
}

std::string to_json(const Error& error) {
  std::string out;
  append_error(out, error);
  return out;
}

} // namespace wayfare::json_api
