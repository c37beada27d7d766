// The session of a run, by which a server keeps its calls with one provider.
#include <string>
#include <utility>

#include "base/json.hpp"
#include "support/catch.hpp"
#include "wire/prepare.hpp"

using namespace wayfare;

TEST_CASE("a session tells nobody the run, and is another one in another ledger") {
  const auto session = [](const char* run, const char* ledger, const char* body,
                          bool openrouter = true) {
    Request request{.body = body};
    request.charge_to.run = run;
    auto prepared = wire::prepare(std::move(request), false,
                                  openrouter ? openrouter_server() : openai_server());
    REQUIRE(prepared.ok());
    if (prepared->session.empty()) return std::string();
    prepared->add_session(ledger);
    CHECK(prepared->added_for("", {}).back() == "session_id");
    json::Document document;
    const std::string sent = *prepared->body_of(prepared->source, "", {}).text;
    REQUIRE(document.parse(sent));
    return std::string(document.root()["session_id"].string());
  };
  const char* plain = R"({"model":"m","messages":[]})";
  const std::string one = session("run", "ledger", plain);
  CHECK(one.size() == 32);
  CHECK(one == session("run", "ledger", R"({"model":"m","messages":[],"session_id":null})"));
  CHECK(one != session("ru", "ledger", plain));
  CHECK(one != session("run", "other", plain));
  CHECK(session("", "ledger", plain).empty());
  CHECK(session("run", "ledger", R"({"model":"m","messages":[],"session_id":"x"})").empty());
  CHECK(session("run", "ledger", R"({"model":"m","messages":[],"prompt_cache_key":"x"})").empty());
  CHECK(session("run", "ledger", plain, false).empty());
}
