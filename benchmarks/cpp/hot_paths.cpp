// The hot paths, each in a function of its own whose instructions callgrind counts: no threads, no
// network, no disk, so that the counts are the same from run to run. Usage: bench_hot_paths
// stream|plain|pair|rank
#include <memory>

#include "catalogue.hpp"
#include "ledger/ledger_file.hpp"
#include "read_stream.hpp"
#include "select/ranking.hpp"
#include "wire/prepare.hpp"

using namespace wayfare;

namespace {

constexpr int calls = 100;

// What a plain call does but for network and ledger: the request prepared, the answer read.
std::size_t plain(const std::string& body) {
  const auto prepared = wire::prepare({.body = body, .charge_to = {.app = "bench", .agent = "a"}},
                                      false, openrouter_server());
  wire::ResponseReader answer(false);
  answer.head({200, "application/json", ""});
  std::vector<Event> events;
  answer.feed(bench::plain_body, events);
  if (answer.end(true, events)) bench::die("the answer is not whole");
  return prepared->body_of(prepared->source, prepared->models.front(), {}).text->size() +
         answer.take_reply().text.size();
}

ledger::Moment moment(int number) { return {1'763'900'000'000'000 + number, number, "boot"}; }

// A reservation and its end, each in a transaction of its own, in memory.
void pair(ledger::File& file, int number) {
  Reservation reservation;
  reservation.uid = reservation.call =
      Uid::make(1'763'900'000'000 + static_cast<std::uint64_t>(number), {});
  reservation.charge_to = {.app = "bench", .agent = "a"};
  reservation.model = "openai/gpt-4o-mini";
  static const auto origin = std::make_shared<const Origin>(
      Origin{"https://openrouter.ai/api/v1", "chat/completions", std::string(64, 'a')});
  reservation.origin = origin;
  file.rows().reserve(reservation, file.rows().time(moment(number), file.database().begin()));
  file.commit();
  Ending ending;
  ending.state = State::settled;
  ending.billing.model = reservation.model;
  ending.billing.provider = "OpenAI";
  ending.billing.generation_id = "gen-1763900000-AbCdEfGhIjKlMnOpQrSt";
  ending.billing.finish_reason = "stop";
  ending.usage = {.prompt_tokens = 110, .completion_tokens = 36};
  ending.billing.cost = Amount{38'100'000};
  ending.billing.cost_source = CostSource::response;
  file.rows().end(reservation.uid, ending,
                  file.rows().time(moment(number), file.database().begin()));
  file.commit();
}

// The choice of the cheapest of a whole catalogue for a request that is read already.
std::size_t rank(const select::Catalogue& catalogue, const Needs& needs) {
  return select::rank(needs, {}, {.sort = Sort::cheapest}, catalogue, {1'763'900'000, "2025-11-23"},
                      {})
      .in.size();
}

volatile std::size_t sink = 0;

} // namespace

// Only these are counted; each path has run once before.
extern "C" {
[[gnu::noinline]] void hot_stream(const std::string& bytes) { sink = bench::read_stream(bytes); }
[[gnu::noinline]] void hot_plain(const std::string& body) {
  for (int i = 0; i < calls; ++i) sink = plain(body);
}
[[gnu::noinline]] void hot_rank(const select::Catalogue& catalogue, const Needs& needs) {
  for (int i = 0; i < calls; ++i) sink = rank(catalogue, needs);
}
[[gnu::noinline]] void hot_pair(ledger::File& file) {
  for (int i = 1; i <= calls; ++i) pair(file, i);
}
}

int main(int count, char** values) {
  const std::string path = count > 1 ? values[1] : "";
  if (path == "stream") {
    const std::string bytes = bench::stream_bytes(1000);
    sink = bench::read_stream(bytes);
    hot_stream(bytes);
  } else if (path == "plain") {
    const std::string body = bench::request_body(false);
    sink = plain(body);
    hot_plain(body);
  } else if (path == "pair") {
    ledger::File file(":memory:");
    file.open();
    pair(file, 0);
    hot_pair(file);
  } else if (path == "rank") {
    const auto catalogue = select::Catalogue::parse(bench::models_list(400)).value();
    const Needs needs = bench::needs_of(bench::request_body(false));
    sink = rank(catalogue, needs);
    hot_rank(catalogue, needs);
  } else {
    bench::die("usage: bench_hot_paths stream|plain|pair|rank");
  }
}
