// One call on the engine's thread. Carries out the actions of the call's state machine with the
// network, the ledger and the caller's mailbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
  // One of the servers of the call.
  struct At {
    std::size_t number = 0; // among the servers of the client
    std::shared_ptr<call::Planner> planner;
    std::shared_ptr<const io::Target> target;
    std::shared_ptr<const Origin> origin;
    const Key* key = nullptr;
  };
  // The data of a call besides its plan.
  struct Parts {
    // The reservation of the current attempt. It and the planners become null when no other attempt
    // can follow.
    std::shared_ptr<const Reservation> reservation;
    std::vector<At> servers; // as the choices of the plan count them
    wire::Body body;         // of the current attempt
    bool waits = false;      // for a budget that has too little left
    // see Outgoing
    bool is_profile_old = false;
    std::function<void(std::string body)> again;
  };
  ActiveCall(EngineState& engine, std::int64_t id, std::shared_ptr<Mailbox> box, call::Plan plan,
             Parts parts);
  ~ActiveCall() override;

  void start();
  bool is_finished() const noexcept { return finished_; }
  void cancel();
  void resume(); // the mailbox has room again
  void note();   // tells the ledger the generation id, unless the same turn also brought the end

  void on_given() override;
  void on_head(ResponseHead head) override;
  io::Http::Flow on_bytes(std::string_view bytes) override;
  void on_end(const TransferEnd& end) override;

 private:
  friend struct EngineState;
  static call::Micros now();
  struct Away;
  using Input = std::function<void(call::Call& call, call::Actions& actions)>;
  template <class Given>
  void take(std::size_t weight, Given input);
  void take_aside(std::size_t weight, Input input);
  void come_back(Away& away);
  bool is_aside() const noexcept { return !call_; }
  void put_off(std::function<void()> input) { put_off_.push_back(std::move(input)); }
  std::size_t weight() const;
  void ended(const TransferEnd& end);
  void timer();
  void give_up_request();
  void perform();
  void carry_out();
  void queue_for(const std::string& budget); // "": for none
  void turn();
  void reserve(const call::Actions::Reserve& asked);
  void judged(const Verdict& verdict);
  void step_down(const std::string& near_end);
  void plan_again(const std::shared_ptr<const LedgerView>& view);
  using Lists = std::vector<std::optional<ModelSource::Snapshot>>;
  void with_lists(Lists lists, const std::function<void(ActiveCall&, const Lists&)>& then);
  void planned_again(const Lists& lists, const LedgerView& view);
  void stepped_down(const Lists& lists, const std::string& near_end, const LedgerView& view);
  const At& at() const { return parts_.servers[server_]; }
  void begin_anew();
  void book(Ending ending);
  std::string quantization_of(const Billing& billing) const;
  void tell(Notice notice);
  void tell_of_cooldown(const Notice& ended);
  void booked();
  void send();
  void send_body();
  void wake_at(call::Micros at);
  void finish_if_over();

  EngineState& engine_;
  const std::int64_t id_;
  const std::shared_ptr<Mailbox> box_;
  std::unique_ptr<call::Call> call_; // null while it is aside
  call::Actions& actions_;
  Parts parts_;
  std::string note_;   // a generation id that the ledger does not have yet
  Uid uid_;            // of the current attempt
  std::size_t server_; // the server for which the body is made
  std::string model_;  // the model for which it is made
  wire::Caps caps_;    // the caps with which the body is made
  bool usage_unasked_;
  bool is_body_old_ = false;   // it is not made yet
  bool may_leave_out_ = false; // see Choice
  const std::string run_;      // of charge_to
  io::Http::Transfer* transfer_ = nullptr;
  std::optional<io::Loop::Timer> timer_;
  // Notices of the first attempt come from it. Null if nobody watched at the start.
  const std::shared_ptr<const Reservation> watched_;
  std::unique_ptr<Notice> ended_;              // of an attempt whose end is being booked
  std::uint64_t place_ = 0;                    // among the calls that wait for budgets; 0: none
  std::vector<std::function<void()>> put_off_; // inputs that came while the call was aside
  bool was_aside_ = false, held_up_ = false;   // held_up: the transfer waits until the call is back
  bool paused_ = false, finished_ = false;
  bool given_on_ = false; // the mailbox belongs to the call that began anew
};

} // namespace wayfare
