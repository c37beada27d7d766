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
  // What it needs beside its plan.
  struct Parts {
    // of the present attempt; null where no other may follow
    std::shared_ptr<const Reservation> reservation;
    std::shared_ptr<const call::Planner> planner; // null where no other attempt may follow
    wire::Body body;                              // of the present attempt
    std::shared_ptr<const io::Target> target;
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
  void judged(const Verdict& verdict);
  void plan_again(const std::shared_ptr<const LedgerView>& view);
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
  std::string note_;  // a generation id that the ledger has not been told yet
  Uid uid_;           // of the attempt
  std::string model_; // that the body is made for, with
  wire::Caps caps_;   // these caps
  io::Http::Transfer* transfer_ = nullptr;
  std::optional<io::Loop::Timer> timer_;
  bool paused_ = false, finished_ = false;
};

} // namespace wayfare
