// A worker: sets up once, says that it is ready, and does a round of work for each line it reads.
// So two workers' rounds can be taken in turn, and each pair of rounds sees the machine in the same
// state. Arguments are name=value.
#pragma once

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

inline std::int64_t clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}
inline std::int64_t cpu_ns() { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); } // of every thread
inline std::int64_t wall_ns() { return clock_ns(CLOCK_MONOTONIC); }

[[noreturn]] inline void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

class Arguments {
 public:
  Arguments(int count, char** values) {
    for (int i = 1; i < count; ++i) {
      const std::string_view text = values[i];
      const std::size_t at = text.find('=');
      if (at == text.npos) die("not name=value: " + std::string(text));
      values_.emplace(text.substr(0, at), text.substr(at + 1));
    }
  }
  std::string text(const std::string& name, const std::string& otherwise = "") const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  int number(const std::string& name, int otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : std::atoi(found->second.c_str());
  }

 private:
  std::map<std::string, std::string> values_;
};

// Memory that the process holds, in KB.
inline std::int64_t resident_kb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::int64_t value = 0;
  while (status >> word)
    if (word == "VmRSS:") status >> value;
  return value;
}

struct Figures {
  std::vector<std::pair<std::string, double>> all;
  void add(std::string name, double value) { all.emplace_back(std::move(name), value); }
};

// Microseconds of wall and of CPU for each of `count` things that `work` does.
inline Figures timed(double count, const std::function<void()>& work) {
  const std::int64_t cpu = cpu_ns(), wall = wall_ns();
  work();
  Figures figures;
  figures.add("wall", static_cast<double>(wall_ns() - wall) / 1e3 / count);
  figures.add("cpu", static_cast<double>(cpu_ns() - cpu) / 1e3 / count);
  return figures;
}

inline int serve(const std::string& version, const std::function<Figures()>& round) {
  std::printf("{\"ready\": \"%s\"}\n", version.c_str());
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string out = "{";
    for (const auto& [name, value] : round().all) {
      char text[64];
      std::snprintf(text, sizeof text, "%s\"%s\": %.6g", out.size() > 1 ? ", " : "", name.c_str(),
                    value);
      out += text;
    }
    std::puts((out + "}").c_str());
    std::fflush(stdout);
  }
  return 0;
}

inline void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// What one of several processes on one file comes to: pairs, and how long they took.
class Contended {
 public:
  void pair(std::int64_t ns) { ms_.push_back(static_cast<double>(ns) / 1e6); }
  Figures figures() {
    if (ms_.empty()) die("not one pair was done");
    std::ranges::sort(ms_);
    const auto at = [&](double part) {
      return ms_[std::min(ms_.size() - 1,
                          static_cast<std::size_t>(part * static_cast<double>(ms_.size())))];
    };
    Figures figures;
    figures.add("pairs", static_cast<double>(ms_.size()));
    figures.add("p50", at(0.5));
    figures.add("p999", at(0.999));
    figures.add("max", ms_.back());
    return figures;
  }

 private:
  std::vector<double> ms_;
};

// What holding many streams costs: of the second and third quarter of the tokens, when all streams
// are open and none has ended.
class Held {
 public:
  Held(int streams, int tokens)
      : streams_(streams),
        all_(static_cast<std::size_t>(streams) * static_cast<std::size_t>(tokens)),
        kb_(resident_kb()) {
    late_ms_.reserve(all_);
  }
  void token(std::int64_t sent_ns) {
    late_ms_.push_back(static_cast<double>(wall_ns() - sent_ns) / 1e6);
    if (late_ms_.size() == all_ / 4) cpu_ = cpu_ns();
    if (late_ms_.size() == all_ / 4 * 3) {
      cpu_ = cpu_ns() - cpu_;
      kb_ = resident_kb() - kb_;
    }
  }
  Figures figures() {
    if (late_ms_.size() != all_) die("not all tokens came");
    const auto quarter = static_cast<std::ptrdiff_t>(all_ / 4);
    std::vector<double> late(late_ms_.begin() + quarter, late_ms_.begin() + 3 * quarter);
    std::sort(late.begin(), late.end());
    Figures figures;
    figures.add("cpu", static_cast<double>(cpu_) / 1e3 / static_cast<double>(late.size()));
    figures.add("memory", static_cast<double>(kb_) / streams_);
    figures.add("late_p50", late[late.size() / 2]);
    figures.add("late_p99", late[late.size() * 99 / 100]);
    return figures;
  }

 private:
  int streams_;
  std::size_t all_;
  std::int64_t kb_, cpu_ = 0;
  std::vector<double> late_ms_;
};

// The body of every request: 480 characters of prompt.
inline std::string request_body(bool streamed) {
  std::string prompt;
  while (prompt.size() < 480) prompt += "Tell me about the quick brown fox and the lazy dog. ";
  prompt.resize(480);
  return R"({"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":")" + prompt +
         "\"}]" + (streamed ? R"(,"stream":true)" : "") + "}";
}

} // namespace bench
