// The C++ version of worker.py: three threads that chat and stream until stdin ends. worker
// BASE_URL LEDGER ACKS PROCESS SEED
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <wayfare/wayfare.hpp>

namespace {

using namespace std::chrono_literals;
constexpr std::array models{"openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-3-haiku"};
constexpr std::array faults{"fine",       "fine",           "fine",       "fine",
                            "slow-2",     "keepalive-data", "hangup",     "cut",
                            "status-502", "html-502",       "status-504", "no-cost"};

struct Worker {
  wayfare::Client& client;
  int acks;
  std::string process, seed;
  std::atomic<bool> over = false;

  void tell(const std::string& call, const std::string& entry, std::string_view state,
            const std::string& what) const {
    const std::string line = call + " " + entry + " " + std::string(state) + " " + what + "\n";
    if (write(acks, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      std::cerr << "acks\n";
  }

  void acknowledge(const std::string& call, const wayfare::Reply& reply) const {
    for (const wayfare::Attempt& attempt : reply.attempts)
      tell(call, attempt.entry, wayfare::name(attempt.state),
           attempt.cost ? attempt.cost->text() : "-");
  }

  void judge(const std::string& call, const wayfare::Error& error) const {
    using wayfare::Code;
    if (error.reply) acknowledge(call, *error.reply);
    if (error.code == Code::budget_exceeded) {
      tell(call, "-", "refused", error.budget);
      std::this_thread::sleep_for(20ms);
    }
    for (const Code code : {Code::internal, Code::invalid, Code::no_bound, Code::not_booked,
                            Code::ledger_unavailable, Code::clock})
      if (error.code == code) std::cerr << call << " " << error.message << "\n";
  }

  wayfare::Request request(const std::string& call, std::mt19937& chance) const {
    const auto draw = [&](std::size_t below) { return chance() % below; };
    const std::string prompt = call + " " + faults[draw(faults.size())] + " in C++";
    const std::size_t first = process.find('.'), second = process.find('.', first + 1);
    return {.body = R"({"messages":[{"role":"user","content":")" + prompt + R"("}],"max_tokens":)" +
                    std::to_string(4 + draw(50)) + "}",
            .route = {.model = models[draw(models.size())], .retries = 1, .deadline = 60s},
            .charge_to = {.app = "bounded",
                          .agent = "w" + process.substr(first + 1, second - first - 1),
                          .user = "c++",
                          .run = "r" + process.substr(0, first),
                          .tags = {"c++"}},
            .request_id = call};
  }

  void work(int thread) {
    const std::string text = seed + process + std::to_string(thread);
    std::seed_seq seeds(text.begin(), text.end());
    std::mt19937 chance(seeds);
    for (int count = 1; !over; ++count) {
      const std::string call = process + "-" + std::to_string(thread) + "." + std::to_string(count);
      auto result = thread == 1 ? client.chat(request(call, chance))
                                : client.stream(request(call, chance)).reply();
      if (result)
        acknowledge(call, *result);
      else
        judge(call, result.error());
      std::this_thread::sleep_for(std::chrono::microseconds(chance() % 10'000));
    }
  }
};

} // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  auto client = wayfare::Client::open({.api_key = "sk-or-v1-crash",
                                       .base_url = arguments[1],
                                       .ledger = arguments[2],
                                       .dialect = wayfare::Dialect::openrouter,
                                       .first_byte_timeout = 600ms,
                                       .idle_timeout = 600ms});
  if (!client) return std::cerr << client.error().message << "\n", 1;
  Worker worker{*client, open(arguments[3], O_WRONLY | O_APPEND | O_CREAT, 0600), arguments[4],
                arguments[5]};
  std::vector<std::thread> threads;
  for (const int thread : {1, 2, 3}) threads.emplace_back([&, thread] { worker.work(thread); });
  for (char byte; read(0, &byte, 1) > 0;) continue;
  worker.over = true;
  for (auto& thread : threads) thread.join();
}
