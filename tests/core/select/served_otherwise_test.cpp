// Whether another model served, with a models list and without one.

#include "select/served_otherwise.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace wayfare;
using select::Catalogue;

namespace {

// Two models of one family, one with a dated slug and a free variant, an alias and a router.
Catalogue list() {
  std::vector<Model> models;
  models.push_back({.id = "a/big", .canonical_slug = "a/big-20260101"});
  models.push_back({.id = "a/big:free", .canonical_slug = "a/big-20260101", .free = true});
  models.push_back({.id = "a/big-mini", .canonical_slug = "a/big-mini-20260101"});
  models.push_back({.id = "~a/big-latest", .kind = ModelKind::alias, .alias_of = "a/big"});
  models.push_back({.id = "r/router", .kind = ModelKind::router});
  return Catalogue(std::move(models));
}

const std::optional<bool> unsure;

struct Row {
  std::vector<std::string_view> asked;
  std::string_view served;
  std::optional<bool> with_list, without, of_another_server;
};

} // namespace

TEST_CASE("the model that served is compared with those that were asked for") {
  const Catalogue known = list();
  const std::vector<Row> rows{
      {{"a/big"}, "a/big", false, false, false},
      {{"A/Big"}, "a/big", false, false, false},
      {{"a/big"}, "a/big-20260101", false, false, false},
      {{"a/big:nitro"}, "a/big-20260101", false, false, false},
      {{"a/big"}, "a/big:free", false, false, false},
      {{"a/big-20260101"}, "a/big", false, false, false},
      {{"~a/big-latest"}, "a/big", false, unsure, unsure},
      {{"~a/big-latest"}, "a/big-20260101", false, unsure, unsure},
      {{"~a/big-latest"}, "a/big-mini", unsure, unsure, unsure}, // it may be newer than the list
      {{"a/big"}, "a/big-mini", true, unsure, unsure},           // the names alone are alike
      {{"a/big"}, "b/other", true, true, unsure},
      {{"a/big", "b/other"}, "b/other", false, false, false},
      {{"a/big", "a/big-mini"}, "b/other", true, true, unsure},
      {{"a/big", "r/router"}, "b/other", unsure, true, unsure},
      {{"r/router"}, "a/big", unsure, true, unsure}, // without a list nobody knows the router
      {{"openrouter/auto"}, "a/big", unsure, unsure, unsure},
      {{"@preset/mine"}, "a/big", unsure, unsure, unsure},
      {{"a/big@preset/mine"}, "b/other", unsure, unsure, unsure},
      {{""}, "a/big", unsure, unsure, unsure},
      {{"a/big"}, "", unsure, unsure, unsure},
      {{}, "a/big", unsure, unsure, unsure},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asked, row.served);
    CHECK(select::served_otherwise(row.served, row.asked, &known, true) == row.with_list);
    CHECK(select::served_otherwise(row.served, row.asked, nullptr, true) == row.without);
    CHECK(select::served_otherwise(row.served, row.asked, nullptr, false) == row.of_another_server);
  }
}

TEST_CASE("a server that is not OpenRouter has another model where its list has both") {
  const Catalogue known = list();
  CHECK(select::served_otherwise("a/big-mini", {"a/big"}, &known, false) == true);
  CHECK(select::served_otherwise("b/other", {"a/big"}, &known, false) == unsure);
}
