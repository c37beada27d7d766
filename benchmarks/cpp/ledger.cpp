// wayfare's ledger alone: `flight` attempts at once, each reserved, then settled. The next verb of
// an attempt is given as soon as the last one is answered, from the writer's own thread, so that
// nothing but the ledger is measured.
#include <atomic>
#include <semaphore>

#include "values/booking.hpp"
#include "ledger/shared_ledger.hpp"
#include "os/clock.hpp"
#include "worker.hpp"

namespace {

using namespace bench;
using wayfare::Ending;
using wayfare::Reservation;
using wayfare::Uid;
using wayfare::ledger::Ledger;

Reservation reservation() {
  Reservation r;
  r.uid = r.call =
      Uid::make(static_cast<std::uint64_t>(wayfare::os::wall_us()) / 1000, wayfare::os::chance());
  r.charge_to = {.app = "bench", .agent = "a"};
  r.model = "openai/gpt-4o-mini";
  static const auto origin = std::make_shared<const wayfare::Origin>(
      wayfare::Origin{"https://openrouter.ai/api/v1", "chat/completions", std::string(64, 'a')});
  r.origin = origin;
  return r;
}

Ending ending() {
  Ending e;
  e.state = wayfare::State::settled;
  e.billing = {.model = "openai/gpt-4o-mini",
               .provider = "OpenAI",
               .generation_id = "gen-1763900000-AbCdEfGhIjKlMnOpQrSt",
               .finish_reason = "stop",
               .cost = wayfare::Amount{38'100'000},
               .cost_source = wayfare::CostSource::response};
  e.usage = {
      .prompt_tokens = 110, .completion_tokens = 36, .cached_tokens = 0, .reasoning_tokens = 0};
  e.status = 200;
  e.total_us = 300'000;
  return e;
}

class Pairs {
 public:
  Pairs(Ledger& ledger, int count) : ledger_(ledger), left_(count), open_(count) {}
  void run(int flight) { // given as the network's thread gives what one turn of it brings
    for (int i = 0; i < flight; ++i) next(Ledger::Wake::later);
    ledger_.wake_writer();
    done_.acquire();
  }

 private:
  void next(Ledger::Wake wake = Ledger::Wake::now) {
    if (left_.fetch_sub(1) <= 0) return;
    Reservation r = reservation();
    const Uid uid = r.uid;
    const auto reserved = [this, uid](const wayfare::Verdict& verdict) {
      if (verdict.refused) die(verdict.refused->message);
      ledger_.book(uid, ending(), [this] {
        next();
        if (open_.fetch_sub(1) == 1) done_.release();
      });
    };
    ledger_.reserve(std::make_shared<const Reservation>(std::move(r)), reserved, wake);
  }
  Ledger& ledger_;
  std::atomic<int> left_, open_;
  std::binary_semaphore done_{0};
};

// One pair after the other, for so many seconds.
Figures contend(Ledger& ledger, int seconds) {
  Contended contended;
  for (const std::int64_t end = wall_ns() + seconds * 1'000'000'000LL; wall_ns() < end;) {
    const std::int64_t began = wall_ns();
    Pairs(ledger, 1).run(1);
    contended.pair(wall_ns() - began);
  }
  return contended.figures();
}

} // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  const bool durable = arguments.text("durability", "sync_reservations") != "no_sync";
  auto ledger =
      Ledger::open(arguments.text("ledger"),
                   durable ? wayfare::Durability::sync_reservations : wayfare::Durability::no_sync)
          .value();
  const int pairs = arguments.number("pairs", 2000), flight = arguments.number("flight", 1);
  const int seconds = arguments.number("seconds", 0);
  const int done = serve("wayfare", [&] {
    return seconds > 0 ? contend(*ledger, seconds)
                       : timed(pairs, [&] { Pairs(*ledger, pairs).run(flight); });
  });
  Ledger::release(ledger, std::chrono::steady_clock::now() + std::chrono::seconds(5));
  return done;
}
