// wayfare by its public C++ face: the same rounds as curl.cpp's.
//
//   mode=alone   client.chat, one after the other
//   mode=calls   `flight` calls in flight from one thread, by submit, ready and next
//   mode=stream  client.stream, one after the other; every delta read
//   mode=hold    `flight` paced streams at once from one thread; how late each token is
//   mode=report  the month's usage by day and model, of the ledger that is there
//   mode=agents  the list of agents with a filter that few pass
//
// agents=N: the ledger has so many agents. profile=1: the calls name one of them, and take their
// model, system prompt and temperature from it; profile=2: they have the same parts themselves.
// budget=1: the calls are under a hard budget by day and agent, and made as to OpenRouter, so that
// the bound of each is made true.
#include <charconv>

#include <wayfare/wayfare.hpp>

#include "worker.hpp"

namespace {

using namespace bench;
using wayfare::Event;
using wayfare::EventType;

wayfare::Durability durability_of(const std::string& name) {
  if (name == "no_sync") return wayfare::Durability::no_sync;
  return name == "sync_all" ? wayfare::Durability::sync_all
                            : wayfare::Durability::sync_reservations;
}

class Calls {
 public:
  explicit Calls(const Arguments& arguments)
      : mode_(arguments.text("mode")),
        calls_(arguments.number("calls", 1000)),
        flight_(arguments.number("flight", 1)),
        body_(request_body(false)),
        client_(wayfare::Client::open(
                    {.api_key = "none",
                     .base_url = arguments.text("base", "http://127.0.0.1:9"),
                     .ledger = arguments.text("ledger"),
                     .durability = durability_of(arguments.text("durability", "sync_reservations")),
                     .dialect = arguments.number("budget", 0) ? wayfare::Dialect::openrouter
                                                              : wayfare::Dialect::automatic})
                    .value()) {
    make_agents(static_cast<int>(arguments.number("agents", 0)));
    profile_ = static_cast<int>(arguments.number("profile", 0));
    if (profile_ != 0) body_ = body_beside(profile_ == 1 ? "" : system_prompt());
    const wayfare::Amount limit = wayfare::Amount::parse("1000000").value();
    if (arguments.number("budget", 0) == 0) return;
    client_
        .budget({.name = "day",
                 .limit = limit,
                 .window = wayfare::Window::day,
                 .scope = {.agent = "a"}})
        .value();
  }

  Figures round() {
    if (mode_ == "alone") return alone();
    if (mode_ == "calls") return timed(calls_, [this] { crowd(); });
    if (mode_ == "stream") return timed(calls_, [this] { streams(); });
    if (mode_ == "report") return report();
    if (mode_ == "agents") return list();
    return hold();
  }

 private:
  wayfare::Request request() const {
    return {.body = body_,
            .charge_to = {.app = "bench",
                          .agent = profile_ == 0   ? "a"
                                   : profile_ == 1 ? ""
                                                   : "agent 4711"},
            .agent = profile_ == 1 ? "agent 4711" : ""};
  }

  // 2 KB, as many agents have it.
  static std::string system_prompt() {
    std::string text;
    while (text.size() < 2000) text += "You help the customers of a shop. Be brief and kind. ";
    return text;
  }
  static constexpr const char* model = "openai/gpt-4o-mini";
  // A request without what the profile has; or, with a system prompt, with all of it.
  static std::string body_beside(const std::string& system) {
    std::string body = wayfare::user_message("Where is my parcel?");
    if (system.empty()) return body;
    body.insert(body.find('[') + 1, R"({"role":"system","content":")" + system + "\"},");
    body.back() = ',';
    return body + "\"model\":\"" + model + "\",\"temperature\":0.2}";
  }

  void make_agents(int count) {
    constexpr int page = 1000;
    for (int at = 0; at < count;) {
      wayfare::ImportAgents import;
      for (; at < count && std::ssize(import.agents) < page; ++at)
        import.agents.push_back({.name = "agent " + std::to_string(at),
                                 .profile = {.defaults = {.model = model},
                                             .parameters = R"({"temperature":0.2})",
                                             .system = system_prompt(),
                                             .tags = {at % 1000 == 7 ? "few" : "many"}}});
      client_.run(import).value();
    }
  }

  Figures list() {
    std::vector<double> each;
    const auto work = [&] {
      for (int i = 0; i < calls_; ++i) {
        const std::int64_t begun = wall_ns();
        if (client_.run(wayfare::ListAgents{.tag = "few"}).value().agents.empty()) die("no agents");
        each.push_back(static_cast<double>(wall_ns() - begun) / 1e6);
      }
    };
    Figures figures = timed(calls_, work);
    std::sort(each.begin(), each.end());
    figures.add("milliseconds", each[each.size() / 2]);
    return figures;
  }

  static void check(const Event& event) {
    if (event.type == EventType::error) die(event.error->message);
  }

  Figures alone() {
    std::vector<double> each;
    const auto work = [&] {
      for (int i = 0; i < calls_; ++i) {
        const std::int64_t begun = wall_ns();
        if (client_.chat(request()).value().text.size() < 100) die("not the answer");
        each.push_back(static_cast<double>(wall_ns() - begun) / 1e3);
      }
    };
    Figures figures = timed(calls_, work);
    std::sort(each.begin(), each.end());
    figures.add("latency_p50", each[each.size() / 2]);
    return figures;
  }

  void crowd() {
    int begun = 0, ended = 0;
    std::vector<Event> events;
    const auto take = [&](std::int64_t id) {
      events.clear();
      client_.next(id, std::chrono::milliseconds(0), events);
      for (const Event& event : events) {
        check(event);
        ended += event.type == EventType::done;
      }
    };
    while (ended < calls_) {
      while (begun < calls_ && begun - ended < flight_) {
        if (client_.submit(wayfare::Chat{.request = request()}) < 0) die("submit failed");
        ++begun;
      }
      if (const std::int64_t id = client_.ready(std::chrono::milliseconds(-1)); id > 0) take(id);
    }
  }

  void streams() {
    for (int i = 0; i < calls_; ++i) {
      wayfare::Stream stream = client_.stream(request());
      std::size_t size = 0;
      while (const Event* event = stream.next()) size += event->text.size();
      if (!stream.reply().ok() || size < 500) die("not the stream");
    }
  }

  Figures hold() {
    Held held(flight_, calls_);
    std::vector<Event> events;
    int ended = 0;
    for (int i = 0; i < flight_; ++i)
      if (client_.submit(wayfare::Chat{.request = request(), .stream = true}) < 0)
        die("submit failed");
    while (ended < flight_) {
      const std::int64_t id = client_.ready(std::chrono::milliseconds(1000));
      if (id <= 0) continue;
      events.clear();
      client_.next(id, std::chrono::milliseconds(0), events);
      for (const Event& event : events) {
        check(event);
        ended += event.type == EventType::done;
        std::int64_t sent = 0;
        if (event.type != EventType::text) continue;
        std::from_chars(event.text.data(), event.text.data() + event.text.size(), sent);
        held.token(sent);
      }
    }
    return held.figures();
  }

  Figures report() {
    std::vector<double> each;
    std::size_t rows = 0;
    const auto work = [&] {
      for (int i = 0; i < calls_; ++i) {
        const std::int64_t begun = wall_ns();
        const wayfare::Time since = std::chrono::sys_days(std::chrono::year(2026) / 10 / 1);
        rows = client_
                   .usage({.by = {wayfare::Dimension::day, wayfare::Dimension::model},
                           .since = since,
                           .until = since + std::chrono::days(31)})
                   .value()
                   .size();
        each.push_back(static_cast<double>(wall_ns() - begun) / 1e3);
      }
    };
    Figures figures = timed(calls_, work);
    std::sort(each.begin(), each.end());
    figures.add("latency_p50", each[each.size() / 2]);
    figures.add("rows", static_cast<double>(rows));
    return figures;
  }

  std::string mode_;
  int calls_, flight_, profile_ = 0;
  std::string body_;
  wayfare::Client client_;
};

} // namespace

int main(int count, char** values) {
  raise_descriptor_limit();
  Calls calls{Arguments(count, values)};
  return serve("wayfare", [&] { return calls.round(); });
}
