// Names of variables that were probably meant to be OPENROUTER_API_KEY.

#include "config/near_names.hpp"
#include "support/catch.hpp"

using namespace wayfare;

TEST_CASE("names near that of the key are known, and others are not") {
  for (const char* near :
       {"OPENROUTER_KEY", "openrouter_api_key", "OPENROUTER_APIKEY", "OPENROUTR_API_KEY",
        "OPEN_ROUTER_API_KEY", "OPENROUTER_API_TOKEN", "NEXT_PUBLIC_OPENROUTER_API_KEY",
        "VITE_OPENROUTER_API_KEY", "OPENROUTER_API_KEY_PROD", "OpenRouter_Api_Kye"})
    CHECK(is_near_key_name(near));
  for (const char* other :
       {"OPENROUTER_API_KEY", "OPENAI_API_KEY", "OPENROUTER_BASE_URL", "OPENROUTER_HTTP_REFERER",
        "OPENROUTER_MANAGEMENT_KEY", "OPENROUTER_API_KEY_FILE", "PATH", "", "API_KEY"})
    CHECK_FALSE(is_near_key_name(other));
  CHECK(is_public_name("NEXT_PUBLIC_OPENROUTER_API_KEY"));
  CHECK_FALSE(is_public_name("OPENROUTER_KEY"));
}
