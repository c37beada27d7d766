#include "catalogue/key_models.hpp"

#include <utility>

namespace wayfare {

std::shared_ptr<ModelSource> KeyModels::list_of(const std::string& fingerprint,
                                                ModelSource::Fetch fetch) {
  std::lock_guard lock(mutex_);
  const auto known = lists_.find(fingerprint);
  if (known != lists_.end()) return known->second;
  if (closed_ || lists_.size() >= keys_max) return nullptr;
  CacheFile file({.folder = folder_,
                  .kind = "key-models",
                  .url = url_ + " for the key " + fingerprint,
                  .text_max = select::Catalogue::text_max,
                  .claims = false});
  auto list = std::make_shared<ModelSource>(std::move(file), std::move(fetch));
  return lists_.emplace(fingerprint, std::move(list)).first->second;
}

void KeyModels::ask(
    const std::string& fingerprint, ModelSource::Fetch fetch,
    const std::function<void(std::shared_ptr<const select::Catalogue> list)>& then) {
  const auto list = list_of(fingerprint, std::move(fetch));
  if (!list) return then(nullptr);
  list->ask([then](const ModelSource::Snapshot& known) {
    const bool is_known =
        known.state.source != CatalogueSource::built_in && !known.list->models().empty();
    then(is_known ? known.list : nullptr);
  });
}

void KeyModels::close(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  const auto lists = lists_; // a list that answers may ask for another one
  lock.unlock();
  for (const auto& [fingerprint, list] : lists) list->close(deadline);
}

} // namespace wayfare
