// What is said between a call and the ledger: plain data, known to both.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/billing.hpp>
#include <wayfare/reply.hpp>
#include <wayfare/request.hpp>

#include "values/ledger_view.hpp"

namespace wayfare {

// The id of an attempt: a ULID, 48 bits of UTC milliseconds and 80 of chance, made by us so that a
// row can be known before the ledger has it.
struct Uid {
  std::array<std::uint8_t, 16> bytes{};

  static Uid make(std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& chance) noexcept;
  static std::optional<Uid> parse(std::string_view text) noexcept;
  static constexpr std::size_t text_size = 26;
  std::string text() const;            // 26 characters, Crockford's base 32; sorts as the bytes do
  void write(char* to) const noexcept; // the same

  auto operator<=>(const Uid&) const = default;
};

// Where attempts are sent, and by which key: the same for many.
struct Origin {
  std::string server; // base URL
  std::string endpoint;
  std::string key;      // SHA-256 of the API key, hex; empty without one
  bool looks_up = true; // the server tells later what an attempt has cost, by its generation id
};

// An attempt that is about to be sent.
struct Reservation {
  Uid uid;
  Uid call; // the uid of the call's first attempt
  ChargeTo charge_to;
  std::string model; // as asked for
  // the server may take one of these instead: the `models` of the body
  std::vector<std::string> other_models;
  std::shared_ptr<const Origin> origin = std::make_shared<const Origin>();
  std::string request_id;
  // Whether the plan looked for what the attempt costs at most. A hard budget asks for it.
  bool bound_sought = true;
  std::optional<Amount> bound; // what it costs at most
  std::string unbounded;       // else the part of it that may cost anything, such as "web_search"
};

// What the ledger says to a reservation: it is refused, or the call is to be planned again, or else
// it is granted.
struct Verdict {
  std::optional<Error> refused;
  // The plan lacks what the ledger asks for: what to plan with. Nothing was reserved.
  std::shared_ptr<const LedgerView> plan_again;
  std::vector<std::string> warnings; // of soft budgets that are passed
  bool hard = false;                 // a hard budget holds it

  bool is_granted() const noexcept { return !refused && !plan_again; }
};

// How an attempt ended.
struct Ending {
  State state = State::unknown; // settled, voided or unknown
  Billing billing;
  Usage usage;
  Code error = Code::ok;
  int status = 0;
  std::int64_t total_us = 0;
  // settled at its bound, or without a cost where it has none, since what it cost could not be
  // learned
  bool given_up = false;
};

} // namespace wayfare
