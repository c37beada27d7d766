#include "support/places.hpp"

namespace places {

std::filesystem::path golden() { return WAYFARE_GOLDEN; }

std::filesystem::path shared() { return WAYFARE_SHARED; }

std::filesystem::path providers() { return WAYFARE_PROVIDERS; }

} // namespace places
