// Cool-downs: the models that calls pass over for a while, because they failed.
#pragma once

#include <cstdint>
#include <string>

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
};
template <>
inline constexpr auto fields_of<Cooldown> = record(
    "Cooldown", "A model that cools down in all processes of the ledger.",
    field("model", &Cooldown::model,
          "The model, without a suffix that only chooses among its providers or adds a plugin: "
          ":nitro, :floor, :exacto and :online. `:free` is a model of its own."),
    field("server", &Cooldown::server, "The base URL of the server."),
    field("provider", &Cooldown::provider,
          "The provider of the last failure, if the server told it.", Shape::null_if_empty),
    field("until", &Cooldown::until,
          "When the next attempt may try the model. In the past: no attempt has tried it yet, or "
          "one does so now."),
    field("since", &Cooldown::since, "When the cool-down began."),
    field("failures", &Cooldown::failures, "How many attempts failed in a row."),
    field("error", &Cooldown::error, "The cause of the last failure."),
    field("status", &Cooldown::status, "The HTTP status of the last failure.",
          Shape::null_if_empty),
    field("probing", &Cooldown::probing, "Whether an attempt tries the model now."),
    field("entry", &Cooldown::entry, "The id of the attempt whose failure began the cool-down."));

} // namespace wayfare
