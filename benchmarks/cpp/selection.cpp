// The choice of a model over a whole catalogue, beside what of it the body's own reading is.
//
//   mode=rank   what is compared of each model, for a request that was read
//   mode=call   the request's body read, the ranking, and its head put in words: what a call with a
//   policy does before it is sent
#include "answers.hpp"
#include "catalogue.hpp"
#include "worker.hpp"

int main(int count, char** values) {
  using namespace wayfare;
  const bench::Arguments arguments(count, values);
  const bool call = arguments.text("mode") == "call";
  const int calls = arguments.number("calls", 1000);
  const auto catalogue =
      select::Catalogue::parse(bench::models_list(arguments.number("models", 400))).value();
  const std::string body = bench::request_body(false);
  const Needs read = bench::needs_of(body);
  const Policy policy{.sort = Sort::cheapest};
  const select::Moment moment{1'763'900'000, "2025-11-23"};
  std::size_t seen = 0;
  return bench::serve("wayfare", [&] {
    return bench::timed(calls, [&] {
      for (int i = 0; i < calls; ++i) {
        if (!call) {
          seen += select::rank(read, {}, policy, catalogue, moment, {}).in.size();
          continue;
        }
        const Needs needs = bench::needs_of(body);
        auto ranking = select::rank(needs, {}, policy, catalogue, moment, {});
        if (ranking.out.size() > 10) ranking.out.resize(10);
        seen += select::explain(ranking, needs, policy, catalogue, moment).ranked.size();
      }
      if (seen == 0) bench::die("nothing was chosen");
    });
  });
}
