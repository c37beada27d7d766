// How values stand in the columns of attempts. For the files that write these rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <wayfare/billing.hpp>
#include <wayfare/reply.hpp>

#include "ledger/sqlite.hpp"
#include "values/booking.hpp"

namespace wayfare::ledger {

// Texts that few rows have are NULL where they are empty.
inline void bind_text(sqlite::Statement& statement, int at, const std::string& text) {
  if (text.empty())
    statement.bind_null(at);
  else
    statement.bind_kept(at, text);
}

inline void bind_counts(sqlite::Statement& statement, int at, const Usage& usage) {
  statement.bind(at, usage.prompt_tokens)
      .bind(at + 1, usage.completion_tokens)
      .bind(at + 2, usage.cached_tokens)
      .bind(at + 3, usage.cache_write_tokens)
      .bind(at + 4, usage.reasoning_tokens);
}

// Whether the provider bills the caller directly and the server did not tell how much.
inline bool lacks_upstream(const Billing& billing) {
  return billing.is_byok == true && !billing.upstream_cost;
}
inline std::int64_t upstream_of(const Billing& billing) {
  return billing.is_byok == true && billing.upstream_cost ? billing.upstream_cost->picodollars : 0;
}

// The text of a uid, without memory for it.
struct UidText {
  char characters[Uid::text_size];
  explicit UidText(const Uid& uid) noexcept { uid.write(characters); }
  operator std::string_view() const noexcept { return {characters, Uid::text_size}; }
};

} // namespace wayfare::ledger
