// What the server tells about a key.

#include "support/catch.hpp"
#include "wire/key_info.hpp"

using namespace wayfare;

TEST_CASE("every field of a key is read exactly") {
  KeyInfo info;
  REQUIRE(wire::read_key(R"({"data":{"label":"sk-or-v1-abc...def","limit":10,"limit_remaining":-0.5,
    "limit_reset":"daily","include_byok_in_limit":true,"usage":0.1234567890123,
    "usage_daily":1e-6,"usage_weekly":"2.5","usage_monthly":3,"byok_usage":0,"is_free_tier":false,
    "is_management_key":false,"expires_at":"2026-12-31T23:59:59Z",
    "free_model_daily_requests":{"used":3,"limit":50,"remaining":47},
    "rate_limit":{"requests":-1}}})",
                         info));
  CHECK(info.label == "sk-or-v1-abc...def");
  CHECK(info.limit == Amount::parse("10"));
  CHECK(info.limit_remaining->picodollars == -500'000'000'000);
  CHECK(info.limit_reset == "daily");
  CHECK(info.counts_byok == true);
  CHECK(info.usage->text() == "0.123456789012");
  CHECK(info.usage_daily == Amount::parse("0.000001"));
  CHECK(info.usage_weekly == Amount::parse("2.5"));
  CHECK(info.is_free_tier == false);
  CHECK(info.is_management_key == false);
  CHECK(info.expires_at);
  CHECK(info.free_requests_used == 3);
  CHECK(info.free_requests_limit == 50);
  wire::read_credits(R"({"data":{"total_credits":100.5,"total_usage":25.75}})", info);
  CHECK(info.credits_bought == Amount::parse("100.5"));
  CHECK(info.credits_used == Amount::parse("25.75"));
}

TEST_CASE("what a key's answer does not tell is unknown, and another answer is none") {
  KeyInfo info;
  REQUIRE(
      wire::read_key(R"({"data":{"limit":null,"usage":"much","is_provisioning_key":true}})", info));
  CHECK_FALSE(info.limit);
  CHECK_FALSE(info.usage);
  CHECK_FALSE(info.expires_at);
  CHECK_FALSE(info.is_free_tier);
  CHECK(info.is_management_key == true);
  for (const char* other : {"", "null", "{}", R"({"data":null})", R"({"data":[]})",
                            R"({"error":{"code":401,"message":"No"}})"})
    CHECK_FALSE(wire::read_key(other, info));
  wire::read_credits(R"({"error":{"code":403}})", info);
  CHECK_FALSE(info.credits_bought);
}

TEST_CASE("an answer takes the place of the one before, and another answer changes nothing") {
  KeyInfo info;
  REQUIRE(wire::read_key(R"({"data":{"usage":1,"expires_at":"2026-12-31"}})", info));
  REQUIRE(info.expires_at);
  REQUIRE(wire::read_key(R"({"data":{"usage":2}})", info));
  CHECK_FALSE(info.expires_at);
  wire::read_credits(R"({"data":{"total_credits":3}})", info);
  for (const char* other : {"", "null", R"({"data":[]})", R"({"error":{"code":403}})"})
    wire::read_credits(other, info);
  CHECK(info.credits_bought == Amount::parse("3"));
}
