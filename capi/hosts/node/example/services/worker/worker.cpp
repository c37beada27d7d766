// Summarizes finished conversations, each by its own agent.   ./worker QUEUE
//
// A job is a folder of the queue, as lib/queue.ts describes it. The summary is charged to the agent
// with the tag "summary". A job whose call may succeed later is tried again. So is one whose worker
// was killed: the first call is booked as `unknown` then, and the second one is another call.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/wayfare.hpp>

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t summary_tokens = 200; // where the agent has no limit of its own
constexpr std::chrono::seconds first_wait{2}, longest_wait{300};

struct Retry {
  std::chrono::seconds wait = first_wait;
  Clock::time_point at;
};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The reader of the file sees all of the text or nothing.
void write(const fs::path& path, const std::string& text) {
  const fs::path beside = path.string() + ".new";
  std::ofstream(beside, std::ios::binary) << text;
  fs::rename(beside, path);
}

bool is_open(const fs::path& job) {
  return !job.filename().string().starts_with('.') && fs::exists(job / "request.json") &&
         !fs::exists(job / "summary.txt") && !fs::exists(job / "failure.txt");
}

std::vector<fs::path> open_jobs(const fs::path& queue) {
  std::vector<fs::path> jobs;
  std::error_code gone; // the queue is not there before its first job
  for (const auto& entry : fs::directory_iterator(queue, gone))
    if (is_open(entry.path())) jobs.push_back(entry.path());
  return jobs;
}

wayfare::Result<wayfare::Reply> summarize(wayfare::Client& client, const fs::path& job) {
  wayfare::Request request;
  request.body = read(job / "request.json");
  request.agent = read(job / "agent");
  request.route.deadline = std::chrono::minutes(1);
  request.charge_to.run = job.filename().string();
  request.charge_to.tags = {"summary"};
  request.defaults.emplace_back().max_tokens = summary_tokens;
  return client.chat(std::move(request));
}

// Room in a budget and the end of a block come without a change of the request.
bool may_work_later(const wayfare::Error& error) {
  return error.retryable || error.code == wayfare::Code::budget_exceeded ||
         error.code == wayfare::Code::blocked;
}

// Does one job. Tells whether it is done with it.
bool finish(wayfare::Client& client, const fs::path& job) {
  const auto reply = summarize(client, job);
  if (reply) {
    write(job / "metadata.json", reply->metadata);
    write(job / "summary.txt", reply->text);
    std::cout << job.filename().string() << ": " << reply->model << "\n" << std::flush;
    return true;
  }
  std::cerr << job.filename().string() << ": " << reply.error() << "\n";
  const bool later = may_work_later(reply.error());
  write(job / (later ? "waiting.txt" : "failure.txt"),
        reply.error().message + ". What to do: " + reply.error().advice + ".");
  return !later;
}

void work(wayfare::Client& client, const fs::path& queue, std::map<fs::path, Retry>& later) {
  for (const fs::path& job : open_jobs(queue)) {
    const auto retry = later.find(job);
    if (retry != later.end() && Clock::now() < retry->second.at) continue;
    if (finish(client, job)) {
      later.erase(job);
      continue;
    }
    Retry& again = later[job];
    again.at = Clock::now() + again.wait;
    again.wait = std::min(again.wait * 2, longest_wait);
  }
}

wayfare::Result<wayfare::Client> open_client() {
  wayfare::Options options;
  const char* folder = std::getenv("PRODUCT_ENV_FOLDER"); // it may have a .env
  if (folder && fs::exists(fs::path(folder) / ".env")) options.env_folder = folder;
  options.defaults.charge_to.app = "product";
  options.require_charge_to = {wayfare::ChargePart::app, wayfare::ChargePart::agent};
  return wayfare::Client::open(std::move(options));
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::cerr << "give the folder of the queue\n", 2;
  sigset_t ends; // the loop takes these between two jobs, so that no call is cut
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr); // before the client starts its threads

  auto client = open_client();
  if (!client) return std::cerr << client.error() << "\n", 1;
  std::map<fs::path, Retry> later;
  constexpr timespec pause{0, 300'000'000};
  do {
    work(*client, arguments[1], later);
  } while (sigtimedwait(&ends, nullptr, &pause) < 0);
  return 0;
}
