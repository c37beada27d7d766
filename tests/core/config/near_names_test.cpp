// Names of variables that were probably meant to be others.

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

TEST_CASE("a name that means another variable is known, and others are not") {
  const auto means = [](std::string_view name, std::string_view meant) {
    CAPTURE(name);
    CHECK(meant_variable(name) == meant);
  };
  means("WAYFARE_LEDGER_PATH", "WAYFARE_LEDGER");
  means("WAYFARE_DB", "WAYFARE_LEDGER");
  means("WAYFARE_DATABASE_FILE", "WAYFARE_LEDGER");
  means("wayfare_ledger", "WAYFARE_LEDGER");
  means("WAYFARE_LEGDER", "WAYFARE_LEDGER");
  means("OPENROUTER_URL", "OPENROUTER_BASE_URL");
  means("OPENROUTER_API_BASE_URL", "OPENROUTER_BASE_URL");
  means("OPENROUTER_HOST", "OPENROUTER_BASE_URL");
  means("OPENROUTER_SITE_URL", "OPENROUTER_HTTP_REFERER");
  means("OPENROUTER_REFERRER", "OPENROUTER_HTTP_REFERER");
  means("OPENROUTER_APP_NAME", "OPENROUTER_APP_TITLE");
  means("WAYFARE_DIALECTS", "WAYFARE_DIALECT");
  for (const char* other :
       {"WAYFARE_LEDGER", "OPENROUTER_BASE_URL", "OPENROUTER_API_KEY", "OPENROUTER_DEBUG",
        "NEXT_PUBLIC_APP_URL", "NEXT_PUBLIC_OPENROUTER_BASE_URL", "DATABASE_URL", "PATH", "",
        "WAYFARE_SEED", "WAYFARE_GOLDEN_WRITE", "OPENAI_BASE_URL"})
    means(other, "");
}
