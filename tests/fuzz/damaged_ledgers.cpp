// A damaged ledger: every report and a call end, with JSON or an error. The input is a list of
// changes to a good ledger.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "fuzz/conversation.hpp"
#include "fuzz/targets.hpp"
#include "support/folder.hpp"
#include "support/golden.hpp"

namespace fuzz {

namespace {

// Two files of a ledger. The WAL is empty where the ledger was closed.
struct Files {
  std::string database, wal;
};

std::string good_answer(const std::string&) {
  return Server::plain(R"({"id":"gen-1","model":"m/served","choices":[{"index":0,"message":)"
                       R"({"role":"assistant","content":"Hi"},"finish_reason":"stop"}],)"
                       R"("usage":{"prompt_tokens":9,"completion_tokens":4,"cost":0.5}})");
}

std::string chat(int user) {
  const std::string name = std::to_string(user);
  return R"({"body":{"model":"a/b","max_tokens":5,"messages":[{"role":"user","content":"hi"}]},)"
         R"("charge_to":{"app":"x","user":"u)" +
         name + R"(","tags":["t)" + name + R"(","s"]},"route":{"retries":0}})";
}

bool is_done(const std::string& last) { return last.find(R"("type":"done")") != last.npos; }

// A ledger with budgets and calls of several users, open and closed. The places in the files are
// the same each time; ids and times differ.
std::vector<Files> make_ledgers(const Folder& folder) {
  const std::string path = folder / "good.db";
  const auto read = [&] { return Files{golden::read(path), golden::read(path + "-wal")}; };
  const Server server(good_answer);
  CClient client(server, path);
  Conversation conversation(client);
  const auto ask = [&](const std::string& request) {
    const std::string last = conversation.ask_in_time(request, std::chrono::seconds(20));
    check(is_done(last), "the good ledger is not made", last);
  };
  ask(R"({"op":"budget","name":"all","limit":"1000","window":"lifetime","assume":"1"})");
  ask(R"({"op":"budget","name":"each","limit":"100","window":"day","user":"*",)"
      R"("missing":"share","assume":"1"})");
  ask(R"({"op":"block","app":"y"})");
  for (int user = 0; user < 24; ++user) ask(chat(user % 3));
  std::vector<Files> made{read()};
  client.close();
  made.push_back(read());
  check(!made[0].wal.empty() && made[1].wal.empty(), "a WAL is missing, or was left");
  return made;
}

void damage(Choices& choices, std::string& file) {
  constexpr std::size_t page = 4096;
  const unsigned kind = choices.below(6);
  std::size_t place = choices.next();
  place = place << 8 | choices.next();
  place = place << 8 | choices.next();
  if (file.empty()) return;
  place %= file.size();
  const std::size_t pages = std::max<std::size_t>(file.size() / page, 1);
  switch (kind) {
    case 0:
    case 1: file[place] = static_cast<char>(choices.next()); return;
    case 2: file.resize(place); return;
    case 3: // a page of zeros
      std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(place / page * page),
                  std::min(page, file.size() - place / page * page), '\0');
      return;
    case 4: { // a page in the place of another one
      const std::string other = file.substr(choices.next() % pages * page, page);
      file.replace(place / page * page, other.size(), other);
      return;
    }
    default: { // any bytes
      const std::string_view bytes = choices.text(choices.below(64));
      file.replace(place, bytes.size(), bytes);
    }
  }
}

} // namespace

void damaged_ledgers(std::string_view input) {
  setenv("XDG_CACHE_HOME", "/dev/null", 1);
  static const Folder* const folder = new Folder; // the fuzzer never ends it
  static const auto* const good = new std::vector<Files>(make_ledgers(*folder));

  Choices choices(input);
  const Files& whole = (*good)[choices.below(2)];
  Files files = whole;
  for (int left = 32; left > 0 && !choices.is_empty(); --left)
    damage(choices, choices.below(3) == 0 ? files.wal : files.database);

  const bool is_damaged = files.database != whole.database || files.wal != whole.wal;

  const Folder own;
  const std::string path = own / "ledger.db";
  std::ofstream(path, std::ios::binary) << files.database;
  if (!files.wal.empty()) std::ofstream(path + "-wal", std::ios::binary) << files.wal;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const Server server(good_answer);
  CClient client(server, path, R"(,"retries":0,"deadline":2)");
  Conversation conversation(client);
  // A call whose end cannot be booked waits 30 seconds for the ledger.
  constexpr std::chrono::seconds limit{45};
  for (const std::string& request :
       {std::string(R"({"op":"usage","by":["day","model"]})"), std::string(R"({"op":"entries"})"),
        std::string(R"({"op":"budgets"})"), std::string(R"({"op":"crossings"})"),
        std::string(R"({"op":"blocks"})"), std::string(R"({"op":"unknown"})"), chat(1),
        std::string(R"({"op":"verify"})"), std::string(R"({"op":"mend"})"),
        R"({"op":"backup","path":")" + (own / "copy.db") + "\"}",
        std::string(R"({"op":"prune","before":"2020-01-01"})"), chat(0)}) {
    const std::string last = conversation.ask_in_time(request, limit);
    check(is_damaged || is_done(last), "a good ledger has a fault", last);
  }
  close_in_time(client);
}

} // namespace fuzz
