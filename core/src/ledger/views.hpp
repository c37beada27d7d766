#pragma once

#include <string>

namespace wayfare::ledger {

// The SQL of the views that any SQLite tool may read. Their names begin with v1_. A later version
// may add columns at the end of a view. It may not remove a column or change its meaning.
std::string views();

} // namespace wayfare::ledger
