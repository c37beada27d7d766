// One call on the engine's thread: what its state machine asks for is done here, by the network,
// the ledger and the caller's mailbox.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "call/call.hpp"
#include "engine/engine_state.hpp"
#include "io/http.hpp"
#include "wire/prepare.hpp"

namespace wayfare {

class ActiveCall final : public io::Http::Listener {
 public:
  // What it needs beside its plan; the reservation and the sending are completed for each attempt.
  struct Parts {
    // of the attempt; null where no other may follow
    std::shared_ptr<const Reservation> reservation;
    io::Sending sending;
    std::unique_ptr<const wire::Prepared> prepared; // where there are several models
    std::vector<std::optional<Amount>> bounds;      // of each model, where the route asked for it
    bool bounded = false;                           // the body is: for a hard budget
    const Key* key = nullptr;
  };
  ActiveCall(EngineState& engine, std::int64_t id, std::shared_ptr<Mailbox> box, call::Plan plan,
             Parts parts);
  ~ActiveCall() override;

  void start();
  void cancel();
  void resume(); // its mailbox has room again
  void note();   // tells the ledger the generation id, where the turn did not bring the end too

  void on_given() override;
  void on_head(ResponseHead head) override;
  io::Http::Flow on_bytes(std::string_view bytes) override;
  void on_end(const TransferEnd& end) override;

 private:
  void perform();
  void reserve(const call::Actions::Reserve& asked);
  void ask();
  void ask_ledger();
  void judged(const Verdict& verdict);
  void find_bound();
  void bound(const std::shared_ptr<const select::Catalogue>& catalogue);
  bool guesses_guarded() const;
  void was_guarded(bool hard);
  void book(Ending ending);
  void booked();
  void send();
  void wake_at(call::Micros at);
  void finish_if_over();
  std::shared_ptr<const Error> cleaned(const Error& error) const;

  EngineState& engine_;
  const std::int64_t id_;
  const std::shared_ptr<Mailbox> box_;
  call::Call call_;
  call::Actions& actions_;
  Parts parts_;
  std::string note_;      // a generation id that the ledger has not been told yet
  Uid uid_;               // of the attempt
  std::size_t model_ = 0; // that the parts are made for
  io::Http::Transfer* transfer_ = nullptr;
  std::optional<io::Loop::Timer> timer_;
  bool paused_ = false, finished_ = false;
};

} // namespace wayfare
