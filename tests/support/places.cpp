#include "support/places.hpp"

namespace places {

std::filesystem::path golden() { return WAYFARE_GOLDEN; }

std::filesystem::path shared() { return WAYFARE_SHARED; }

} // namespace places
