// The folders that the tests read from.
#pragma once

#include <filesystem>

namespace places {

// The golden files of this tree.
std::filesystem::path golden();

// Recordings beside the checkout. They are an extra: the folder need not exist.
std::filesystem::path shared();

// The table of providers that the sandbox has.
std::filesystem::path providers();

} // namespace places
