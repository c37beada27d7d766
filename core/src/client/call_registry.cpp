#include "client/call_registry.hpp"

#include <utility>
#include <vector>

namespace wayfare {

CallRegistry::Opened CallRegistry::open() {
  Opened opened{++last_id_, nullptr};
  opened.box = std::make_shared<Mailbox>(opened.id, shared_);
  std::lock_guard lock(mutex_);
  boxes_.emplace(opened.id, opened.box);
  return opened;
}

std::shared_ptr<Mailbox> CallRegistry::find(std::int64_t id) {
  std::lock_guard lock(mutex_);
  const auto known = boxes_.find(id);
  return known == boxes_.end() ? nullptr : known->second;
}

void CallRegistry::drop(std::int64_t id) {
  std::lock_guard lock(mutex_);
  boxes_.erase(id);
}

void CallRegistry::await(std::int64_t id) {
  std::lock_guard lock(mutex_);
  waiting_.insert(id);
}
bool CallRegistry::is_waiting(std::int64_t id) {
  std::lock_guard lock(mutex_);
  return waiting_.contains(id);
}
bool CallRegistry::arrived(std::int64_t id) {
  std::lock_guard lock(mutex_);
  return waiting_.erase(id) != 0;
}

void CallRegistry::close() {
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, box] : boxes_) box->close();
  }
  ready().close();
}

static void finish(Mailbox& box, Event event) {
  std::vector<Event> events;
  events.push_back(std::move(event));
  box.put(events);
}

void finish(Mailbox& box, Error error) {
  finish(box,
         Event{.type = EventType::error, .error = std::make_shared<const Error>(std::move(error))});
}

void finish(Mailbox& box, Result<OperationResult> result) {
  if (!result) return finish(box, result.error());
  finish(box, Event{.type = EventType::done,
                    .result = std::make_shared<const OperationResult>(std::move(*result))});
}

} // namespace wayfare
