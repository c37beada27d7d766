#pragma once

namespace wayfare::ledger {

// The SQL of the views that any SQLite tool may read. Their names begin with v1_.
// A column may be added to a view, behind the others. None may go or get another meaning.
extern const char* const views;

} // namespace wayfare::ledger
