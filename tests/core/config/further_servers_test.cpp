// The option servers, and the servers of a route.

#include <string>
#include <vector>

#include "config/settings.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/settings.hpp"

using namespace wayfare;

namespace {

const std::string key = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string local_url = "http://127.0.0.1:8080/v1";

std::string fault(std::vector<ServerOptions> servers, const Route& route = {}) {
  const auto settings = resolve({.keys = {{"own", "sk-local-1"}, {"bad", "sk-or-v1-short"}},
                                 .servers = std::move(servers),
                                 .ledger = ":memory:"});
  if (!settings) return settings.error().message;
  const auto chosen = settings->servers_of(route);
  return chosen ? std::string() : chosen.error().message;
}

} // namespace

TEST_CASE("a further server has its own key, dialect and names of models") {
  const auto settings = resolve({.api_key = key,
                                 .keys = {{"own", "sk-local-1"}},
                                 .servers = {{.name = "local",
                                              .base_url = local_url + "/",
                                              .key = "own",
                                              .model = "llama",
                                              .models = {{"openai/gpt-4o", "gpt-4o"}}},
                                             {.name = "open", .base_url = "http://localhost:1"}},
                                 .ledger = ":memory:"})
                            .value();
  REQUIRE(settings.servers.size() == 3);
  CHECK(settings.server().name == "default");
  const Server& local = settings.servers[1];
  CHECK(local.base_url == local_url);
  CHECK_FALSE(local.tells_cost);
  CHECK(local.name_of("openai/gpt-4o") == "gpt-4o");
  CHECK(local.name_of("a/b") == "llama");
  CHECK(settings.servers[2].name_of("a/b") == "a/b");
  CHECK(settings.key_for(local, {}).value()->text == "sk-local-1");
  CHECK(settings.key_for(settings.server(), {}).value()->name.empty());
  // Neither the default key nor that of the route goes to a server that was given none.
  CHECK(settings.key_for(settings.servers[2], {}).value() == nullptr);
  CHECK(settings.key_for(settings.servers[2], {.key = "own"}).value() == nullptr);

  CHECK(settings.servers_of({}).value() == std::vector<std::size_t>{0});
  CHECK(settings.servers_of({.servers = {"open", "default"}}).value() ==
        std::vector<std::size_t>{2, 0});
}

TEST_CASE("a server or a route that cannot be used is refused by name") {
  const ServerOptions local{.name = "local", .base_url = local_url};
  const auto with = [&](auto change) {
    ServerOptions one = local;
    change(one);
    return fault({one});
  };
  CHECK(fault({local}).empty());
  CHECK(holds(with([](auto& one) { one.name = "default"; }), "default is the name"));
  CHECK(holds(with([](auto& one) { one.name.clear(); }), "its name is empty"));
  CHECK(holds(with([](auto& one) { one.base_url = "http://10.0.0.1"; }), "plain http"));
  CHECK(holds(with([](auto& one) { one.base_url = "ftp://10.0.0.1"; }), "servers[0]"));
  CHECK(holds(with([](auto& one) { one.key = "none"; }), "none"));
  CHECK(holds(with([](auto& one) { one.dialect = Dialect::openrouter; }), "has no key"));
  CHECK(
      holds(with([](auto& one) { one.base_url = "https://openrouter.ai/api/v1"; }), "has no key"));
  CHECK(holds(with([](auto& one) {
                one.dialect = Dialect::openrouter;
                one.key = "own";
                one.price = TokenPrice{};
              }),
              "has a price"));
  CHECK(holds(with([](auto& one) { one.models = {{"a", ""}}; }), "a name in its models is empty"));
  CHECK(holds(fault({local, local}), "servers[1] has the name"));
  CHECK(holds(fault(std::vector<ServerOptions>(9, local)), "more than 8"));

  CHECK(holds(fault({local}, {.servers = {"locale"}}), "no server of the client has"));
  CHECK(fault({local}, {.key = "own", .servers = {"local", "default"}}).empty());
  CHECK(holds(fault({local}, {.key = "own", .servers = {"local"}}), "route.key"));
}
