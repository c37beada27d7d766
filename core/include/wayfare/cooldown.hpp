// Cool-downs: the models and providers that calls pass over for a while, because they failed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>

namespace wayfare {

struct Cooldown {
  std::string model, server, provider;
  Time until{}, since{};
  std::int64_t failures = 0;
  Code error = Code::ok;
  std::int32_t status = 0;
  bool probing = false;
  std::string entry;
  std::string slug;
};
template <>
inline constexpr auto fields_of<Cooldown> = record(
    "Cooldown", "A model that cools down in all processes of the ledger, or one of its providers.",
    field("model", &Cooldown::model,
          "The model, without a suffix that only chooses among its providers or adds a plugin: "
          ":nitro, :floor, :exacto and :online. `:free` is a model of its own."),
    field("server", &Cooldown::server, "The base URL of the server."),
    field("provider", &Cooldown::provider,
          "The name of the provider that cools down. If the model cools down: the provider of the "
          "last failure, if the server told it.",
          Shape::null_if_empty),
    field("until", &Cooldown::until,
          "When the next attempt may try it. In the past: no attempt has tried it yet, or one does "
          "so now."),
    field("since", &Cooldown::since, "When the cool-down began."),
    field("failures", &Cooldown::failures, "How many attempts failed in a row."),
    field("error", &Cooldown::error, "The cause of the last failure."),
    field("status", &Cooldown::status, "The HTTP status of the last failure.",
          Shape::null_if_empty),
    field("probing", &Cooldown::probing, "Whether an attempt tries it now."),
    field("entry", &Cooldown::entry, "The id of the attempt whose failure began the cool-down."),
    field("slug", &Cooldown::slug,
          "The slug of the provider that cools down. Null: the model cools down.",
          Shape::null_if_empty));

struct ListCooldowns {
  using Result = std::vector<Cooldown>;
};
template <>
inline constexpr auto fields_of<ListCooldowns> = record(
    "cooldowns",
    "Lists the models and providers that cool down, by model. A model cools down in all processes "
    "of the ledger: "
    "at once if its answer tells by Retry-After how long to wait, at most an hour; else after 3 "
    "failures of the model or its provider in a row within 60 seconds, for 30 seconds. Then one "
    "attempt of any process tries the model. If it succeeds, the cool-down ends. If it fails, the "
    "time doubles, to 10 minutes at most. Mistakes of the caller and failures of this machine's "
    "network do not count. At OpenRouter, a provider of the model cools down by the same rules, in "
    "place of the model, if the server named it as the one that failed, if the list of the model's "
    "providers is known (see the operation endpoints), and if another one is left. Calls then keep "
    "the model, and the provider stands in the `provider.ignore` of their bodies. A call that "
    "chooses providers itself is not changed, and its failures count for the model.");

} // namespace wayfare
