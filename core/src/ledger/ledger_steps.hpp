// How a Ledger runs a step of its writer or a report of its reader.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ledger/budgets.hpp"
#include "ledger/performance.hpp"
#include "ledger/reports.hpp"
#include "ledger/shared_ledger.hpp"
#include "ledger/unknowns.hpp"

namespace wayfare::ledger {

// The error of a report that failed. Only the end of the reader interrupts one that is waited for.
inline Error unread(const sqlite::Failure& failure) {
  if (failure.kind() == sqlite::Failure::Kind::interrupted) return error_of(Code::closed);
  return Error{.code = Code::ledger_unavailable,
               .message = std::string("the ledger cannot be read: ") + failure.what(),
               .advice = "check the path, its permissions and its disk",
               .retryable = true};
}

template <class T>
void Ledger::change(std::function<Result<T>(File&, std::int64_t)> step, Answer<T> answer,
                    bool mends) {
  const auto result = std::make_shared<T>();
  writer_->change(
      [result, step = std::move(step)](File& file, std::int64_t now_us) -> std::optional<Error> {
        Result<T> done = step(file, now_us);
        if (!done) return done.error();
        *result = std::move(*done);
        return std::nullopt;
      },
      [result, waiting = waiting_, answer = std::move(answer)](const std::optional<Error>& failed) {
        answer(failed ? Result<T>(*failed) : Result<T>(std::move(*result)));
        waiting->changed();
      },
      mends);
}

template <class Rule>
void Ledger::change_rule(const Rule& rule, Answer<typename Rule::Result> answer) {
  if (auto fault = fault_of(rule); !fault.empty()) return answer(Error::invalid(std::move(fault)));
  change<typename Rule::Result>(
      [rule](File& file, std::int64_t now_us) {
        return file.rows().budgets().change(rule, now_us);
      },
      std::move(answer));
}

template <class T>
void Ledger::read(std::function<T(sqlite::Database&)> answer_of, Answer<T> answer,
                  GivenUp given_up) {
  const auto failed = [answer](const sqlite::Failure& failure) { answer(unread(failure)); };
  const auto job = [answer_of = std::move(answer_of), answer](sqlite::Database& database) {
    database.execute("BEGIN"); // one snapshot for all queries
    std::optional<T> found;
    try {
      found = answer_of(database);
      database.check_moment();
    } catch (const sqlite::Failure&) {
      database.roll_back();
      throw;
    }
    // Rolled back, because nothing was written and a commit would fail if pages are corrupt.
    database.roll_back();
    answer(std::move(*found));
  };
  on_reader(job, failed, [answer](const Error& error) { answer(error); }, std::move(given_up));
}

template <class Query>
void Ledger::ask(const Query& query,
                 typename Query::Result (*answer_of)(sqlite::Database&, const Query&),
                 Answer<typename Query::Result> answer, GivenUp given_up) {
  if (auto fault = fault_of(query); !fault.empty()) return answer(Error::invalid(std::move(fault)));
  read<typename Query::Result>(
      [query, answer_of](sqlite::Database& database) { return answer_of(database, query); },
      std::move(answer), std::move(given_up));
}

template <class T>
void Ledger::look(std::function<T(Lookups&, std::int64_t)> step, Answer<T> answer) {
  change<T>(
      [step = std::move(step)](File& file, std::int64_t now_us) {
        Lookups lookups(file.database(), file.rows());
        return Result<T>(step(lookups, now_us));
      },
      std::move(answer));
}

} // namespace wayfare::ledger
