#include "wire/upstream_cost.hpp"

namespace wayfare::wire {

void read_upstream_cost(json::Value is_byok, json::Value upstream, Billing& billing) {
  if (is_byok.kind() != json::Kind::boolean) return;
  billing.is_byok = is_byok.is_true();
  billing.upstream_cost.reset();
  if (*billing.is_byok)
    billing.upstream_cost =
        Amount::parse(upstream.is_string() ? upstream.string() : upstream.number());
}

} // namespace wayfare::wire
