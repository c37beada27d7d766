// Uids, the names of states and sources, and the fingerprint of keys.

#include <random>
#include <string>

#include "values/booking.hpp"
#include "base/sha256.hpp"
#include "support/catch.hpp"

using namespace wayfare;

namespace {

Uid random_uid(std::mt19937_64& engine) {
  Uid uid;
  for (auto& byte : uid.bytes) byte = static_cast<std::uint8_t>(engine());
  return uid;
}

} // namespace

TEST_CASE("a uid is written as a ULID") {
  // The ULID specification's own example: 1469918176385 ms are 01ARYZ6S41.
  std::array<std::uint8_t, 10> chance{};
  CHECK(Uid::make(1469918176385, chance).text() == "01ARYZ6S410000000000000000");
  chance.fill(0xFF);
  CHECK(Uid::make(0, chance).text() == "0000000000ZZZZZZZZZZZZZZZZ");
  CHECK(Uid::make(0xFFFFFFFFFFFF, chance).text() == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  CHECK(Uid{}.text() == "00000000000000000000000000");
  CHECK(Uid::make(1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}).text() == "00000000010000000000000001");
  CHECK(Uid::make(0, {0x08, 0x42, 0x10, 0x84, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21}).text() ==
        "00000000001111111111111111");
}

TEST_CASE("a uid begins with its time, the highest byte first") {
  // Only 48 bits of the time count.
  const Uid uid = Uid::make(0x0102030405060708, {9, 10, 11, 12, 13, 14, 15, 16, 17, 18});
  CHECK(uid.bytes ==
        std::array<std::uint8_t, 16>{3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18});
}

TEST_CASE("a uid is read back from its text") {
  std::mt19937_64 engine(1);
  for (int left = 20'000; left > 0; --left) {
    const Uid uid = random_uid(engine);
    const std::string text = uid.text();
    const auto back = Uid::parse(text);
    if (text.size() != 26 || !back || *back != uid) FAIL(text);
  }
}

TEST_CASE("uids sort as their texts do, and by their time") {
  std::mt19937_64 engine(2);
  for (int left = 20'000; left > 0; --left) {
    Uid one = random_uid(engine), other = random_uid(engine);
    // Uids may differ only in late bytes.
    for (auto same = engine() % 17; same > 0; --same) other.bytes[same - 1] = one.bytes[same - 1];
    if ((one < other) != (one.text() < other.text()) ||
        (one == other) != (one.text() == other.text()))
      FAIL(one.text() << " " << other.text());
  }
  std::array<std::uint8_t, 10> high{}, low{};
  high.fill(0xFF);
  for (std::uint64_t time :
       {0ULL, 255ULL, 256ULL, 65'535ULL, 1'795'000'000'000ULL, 0xFFFFFFFFFFFEULL}) {
    CHECK(Uid::make(time, high) < Uid::make(time + 1, low));
    CHECK(Uid::make(time, high).text() < Uid::make(time + 1, low).text());
  }
}

TEST_CASE("a text that is not a uid is refused") {
  const std::string good = "01ARYZ6S410000000000000000";
  REQUIRE(Uid::parse(good));
  CHECK_FALSE(Uid::parse(""));
  CHECK_FALSE(Uid::parse(good.substr(1)));
  CHECK_FALSE(Uid::parse(good + "0"));
  CHECK_FALSE(Uid::parse("8" + good.substr(1))); // 129 bits
  CHECK_FALSE(Uid::parse("Z" + good.substr(1)));
  // only upper case, because the ledger compares texts
  CHECK_FALSE(Uid::parse("01aryz6s410000000000000000"));
  for (const char wrong : std::string("ILOU-_ .\0/@[`{\x7F\x80\xFF", 17)) {
    std::string bad = good;
    bad[13] = wrong;
    CHECK_FALSE(Uid::parse(bad));
  }
}

TEST_CASE("states and sources have the names of the reference") {
  CHECK(name(State::reserved) == "reserved");
  CHECK(name(State::settled) == "settled");
  CHECK(name(State::voided) == "void");
  CHECK(name(State::unknown) == "unknown");
  CHECK(name(static_cast<State>(200)).empty());
  CHECK(name(CostSource::none) == "none");
  CHECK(name(CostSource::response) == "response");
  CHECK(name(static_cast<CostSource>(200)).empty());
}

TEST_CASE("an ending is unknown by default") {
  CHECK(Ending{}.state == State::unknown);
  CHECK(Ending{}.billing.cost_source == CostSource::none);
  CHECK_FALSE(Ending{}.billing.cost);
}

TEST_CASE("SHA-256 gives the hashes of FIPS 180-4") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 pads every length, and reads bytes above 127 and NUL") {
  // Hashes the concatenated hashes of the first n bytes of 0, 1, 2, …, for each n in three blocks.
  std::string bytes, sums;
  for (int length = 0; length < 200; ++length) {
    sums += sha256_hex(bytes);
    bytes += static_cast<char>(length);
  }
  CHECK(sha256_hex(sums) == "7a38a844c9e159de39f0862ee2e28569a8250831150a3fbf0a59c001129b2fb2");
}
