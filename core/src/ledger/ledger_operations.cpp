// The operations of a Ledger: changes run on its writer, reports on its reader.
#include <memory>
#include <string>
#include <utility>

#include "ledger/backup.hpp"
#include "ledger/ledger_steps.hpp"
#include "ledger/mend.hpp"
#include "ledger/prune.hpp"
#include "ledger/verify.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"

namespace wayfare::ledger {

static Moment moment_now() { return {os::wall_us(), os::boot_us(), os::boot_id()}; }

void Ledger::execute(const UsageQuery& query, Answer<std::vector<UsageRow>> answer,
                     GivenUp given_up) {
  ask(query, &usage, std::move(answer), std::move(given_up));
}
void Ledger::execute(const EntryQuery& query, Answer<EntryPage> answer, GivenUp given_up) {
  ask(query, &entries, std::move(answer), std::move(given_up));
}
void Ledger::execute(const ListUnknown& query, Answer<UnknownPage> answer, GivenUp given_up) {
  ask(query, &unknown, std::move(answer), std::move(given_up));
}
void Ledger::execute(const SettleCost& settle, Answer<Done> answer) {
  if (auto fault = fault_of(settle); !fault.empty())
    return answer(Error::invalid(std::move(fault)));
  change<Done>(
      [settle](File& file, std::int64_t now_us) {
        return Lookups(file.database(), file.rows()).settle(settle, now_us);
      },
      std::move(answer));
}
void Ledger::execute(const SetBudget& budget, Answer<std::optional<Budget>> answer) {
  if (auto fault = fault_of(budget); !fault.empty())
    return answer(Error::invalid(std::move(fault)));
  change<std::optional<Budget>>(
      [budget](File& file, std::int64_t now_us) -> Result<std::optional<Budget>> {
        if (auto refused = owned_by_agent(file.database(), budget.name)) return std::move(*refused);
        return file.rows().budgets().change(budget, now_us);
      },
      std::move(answer));
}
void Ledger::execute(const OverrideBudget& change, Answer<Budget> answer) {
  change_rule(change, std::move(answer));
}
void Ledger::new_crossings(std::int64_t after, Answer<NewCrossings> answer) {
  if (after < 0) return last_crossing(std::move(answer));
  read<NewCrossings>(
      [after](sqlite::Database& database) { return ledger::new_crossings(database, after); },
      std::move(answer), {});
}
void Ledger::execute(const BlockCalls& block, Answer<Done> answer) {
  change_rule(block, std::move(answer));
}
void Ledger::execute(const UnblockCalls& block, Answer<Done> answer) {
  change_rule(block, std::move(answer));
}
void Ledger::execute(const ListBudgets&, Answer<std::vector<Budget>> answer, GivenUp given_up) {
  read<std::vector<Budget>>(
      [](sqlite::Database& database) { return budgets(database, os::wall_us()); },
      std::move(answer), std::move(given_up));
}
void Ledger::execute(const ListCrossings& query, Answer<std::vector<Crossing>> answer,
                     GivenUp given_up) {
  ask(query, &crossings, std::move(answer), std::move(given_up));
}
void Ledger::execute(const PerformanceQuery& query, Answer<std::vector<PerformanceRow>> answer,
                     GivenUp given_up) {
  ask(query, &performance, std::move(answer), std::move(given_up));
}
void Ledger::execute(const ListBlocks&, Answer<std::vector<Block>> answer, GivenUp given_up) {
  read<std::vector<Block>>(&blocks, std::move(answer), std::move(given_up));
}
void Ledger::execute(const SetRateLimit& limit, Answer<std::optional<RateLimit>> answer) {
  if (auto fault = fault_of(limit); !fault.empty()) return answer(Error::invalid(std::move(fault)));
  change<std::optional<RateLimit>>(
      [limit](File& file, std::int64_t) { return file.rows().change(limit, moment_now()); },
      std::move(answer));
}
void Ledger::execute(const ListRateLimits&, Answer<std::vector<RateLimit>> answer,
                     GivenUp given_up) {
  read<std::vector<RateLimit>>(
      [](sqlite::Database& database) { return rate_limits(database, moment_now()); },
      std::move(answer), std::move(given_up));
}
void Ledger::execute(const ListCooldowns&, Answer<std::vector<Cooldown>> answer, GivenUp given_up) {
  read<std::vector<Cooldown>>(
      [](sqlite::Database& database) { return cooldowns(database, os::wall_us()); },
      std::move(answer), std::move(given_up));
}
void Ledger::execute(const EndCooldown& end, Answer<Done> answer) {
  if (auto fault = fault_of(end); !fault.empty()) return answer(Error::invalid(std::move(fault)));
  change<Done>([end](File& file, std::int64_t) { return file.rows().cooldowns().change(end); },
               std::move(answer));
}
void Ledger::execute(const AcceptClock& clock, Answer<Done> answer) {
  if (!clock.accept)
    return answer(Error::invalid("accept of clock is not true", "give accept as true"));
  change<Done>([](File& file, std::int64_t) { return file.accept_clock(); }, std::move(answer));
}
void Ledger::execute(const Verify&, Answer<Verification> answer, GivenUp given_up) {
  read<Verification>(&verify, std::move(answer), std::move(given_up));
}

void Ledger::execute(const Mend&, Answer<Verification> answer) {
  change<Verification>(
      [](File& file, std::int64_t now_us) -> Result<Verification> {
        mend(file.database(), file.rows(), now_us);
        return verify(file.database());
      },
      std::move(answer), true);
}

void Ledger::execute(const Backup& backup, Answer<Done> answer, GivenUp given_up) {
  if (backup.path.empty()) return answer(Error::invalid("backup has no path"));
  if (backup.path.find('\0') != std::string::npos)
    return answer(Error::invalid("the path of the backup has a NUL in it"));
  const auto job = [this, from = path_, to = os::absolute(backup.path),
                    answer](sqlite::Database& database) {
    if (auto fault = back_up(database, agent_texts_, from, to); !fault.empty())
      return answer(Error::invalid(to + " cannot take a backup: " + fault, "give another path"));
    answer(Done{});
  };
  const auto failed = [answer](const sqlite::Failure& failure) {
    answer(Error{.code = Code::ledger_unavailable,
                 .message = std::string("the backup cannot be made: ") + failure.what(),
                 .advice = "check the path, its permissions and the room on its disk",
                 .retryable = true});
  };
  on_reader(job, failed, [answer](const Error& error) { answer(error); }, std::move(given_up));
}

void Ledger::give_up(const GivenUp& report) {
  report->store(true);
  std::lock_guard lock(reader_mutex_);
  if (reader_) reader_->give_up(report);
}

void Ledger::execute(const Prune& prune, Answer<Pruned> answer) {
  const std::int64_t before_us = prune.before.time_since_epoch().count();
  if (before_us > os::wall_us()) return answer(Error::invalid("before of prune is in the future"));
  prune_on(before_us, std::make_shared<Pruned>(), std::move(answer));
}

// Runs one step. Queues the next step after the commands that have come meanwhile.
void Ledger::prune_on(std::int64_t before_us, std::shared_ptr<Pruned> pruned,
                      Answer<Pruned> answer) {
  constexpr std::int64_t rows = 1000; // a step takes a few milliseconds
  struct Step {
    Pruned pruned;
    bool done = false;
  };
  change<Step>(
      [before_us](File& file, std::int64_t now_us) {
        Step step;
        file.rows().budgets().keep_values(before_us, now_us);
        step.done = prune_step(file.database(), before_us, rows, step.pruned);
        return Result<Step>(step);
      },
      [this, before_us, pruned, answer = std::move(answer)](Result<Step> step) {
        if (!step) return answer(step.error());
        pruned->entries += step->pruned.entries;
        pruned->windows += step->pruned.windows;
        if (step->done) return answer(*pruned);
        prune_on(before_us, pruned, answer);
      });
}

} // namespace wayfare::ledger
