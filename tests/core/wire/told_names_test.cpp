// The names that a server tells are cut, because they are booked and reported.

#include <string>
#include <vector>

#include "base/json_text.hpp"
#include "support/catch.hpp"
#include "support/read_answer.hpp"
#include "wire/generation.hpp"

using namespace wayfare;

namespace {

void check_cut(const std::string& told, const std::string& name) {
  CHECK(told.size() <= 512);
  CHECK(told.size() > 512 - 4 - 3); // no more is cut than must be
  CHECK(told.ends_with("…"));
  CHECK(json::is_utf8(told));
  CHECK(name.starts_with(told.substr(0, told.size() - std::string("…").size())));
}

} // namespace

TEST_CASE("a name of 512 bytes is kept, and a longer one is cut between two characters") {
  for (const std::string character : {"x", "é", "…", "😀"})
    for (int before = 0; before < 4; ++before) {
      INFO(character << before);
      std::string name(static_cast<std::size_t>(before), 'x');
      while (name.size() <= 512) name += character;
      for (const bool streamed : {false, true}) {
        const std::string quoted = json::quoted(name);
        const std::string choice =
            R"([{"delta":{"content":"a"},"message":{"content":"a"},"finish_reason":)" + quoted +
            R"(,"native_finish_reason":)" + quoted + "}]";
        const std::string body = R"({"id":)" + quoted + R"(,"model":)" + quoted +
                                 R"(,"provider":)" + quoted + R"(,"choices":)" + choice + "}";
        const Reply reply = answers::read(streamed ? answers::event(body) : body, streamed).reply;
        for (const std::string& told : {reply.generation_id, reply.model, reply.provider,
                                        reply.finish_reason, reply.native_finish_reason})
          check_cut(told, name);
      }
      const auto later =
          wire::generation_of(R"({"data":{"id":"gen-1","total_cost":1,"model":)" +
                                  json::quoted(name) + R"(,"provider_name":)" + json::quoted(name) +
                                  R"(,"finish_reason":)" + json::quoted(name) + "}}",
                              "gen-1");
      REQUIRE(later);
      for (const std::string& told :
           {later->billing.model, later->billing.provider, later->billing.finish_reason})
        check_cut(told, name);
    }
  const std::string longest(512, 'x');
  CHECK(answers::read(R"({"model":")" + longest + R"(","choices":[]})", false).reply.model ==
        longest);
}
