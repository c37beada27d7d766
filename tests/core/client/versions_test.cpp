// What versions() and the operation of that name tell.

#include <filesystem>
#include <string>

#include <sqlite3.h>
#include <wayfare/wayfare.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace wayfare;

namespace {

bool is_version(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == text.npos &&
         text.find('.') != text.npos;
}

} // namespace

TEST_CASE("the libraries tell their versions, and nothing is opened for that") {
  const Versions told = versions();
  CHECK(is_version(told.wayfare));
  CHECK(is_version(told.libcurl));
  CHECK(told.sqlite == sqlite3_libversion());
  CHECK(is_version(told.nghttp2));
  CHECK(is_version(told.zlib));
  CHECK(told.tls.find('/') != told.tls.npos);

  const Folder folder;
  auto client = Client::open({.ledger = folder / "ledger.db"}).value();
  const Versions run = client.run(ListVersions{}).value();
  CHECK(run.wayfare == told.wayfare);
  CHECK(run.tls == told.tls);
  CHECK(std::filesystem::is_empty(folder / ""));
}
