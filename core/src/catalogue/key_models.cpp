#include "catalogue/key_models.hpp"

#include <utility>

namespace wayfare {

void KeyModels::ask(
    const std::string& fingerprint, ModelSource::Fetch fetch,
    const std::function<void(std::shared_ptr<const select::Catalogue> list)>& then) {
  const auto list = lists_.of(fingerprint, [&] {
    CacheFile file({.folder = folder_,
                    .kind = "key-models",
                    .url = url_ + " for the key " + fingerprint,
                    .text_max = select::Catalogue::text_max,
                    .claims = false});
    return std::make_shared<ModelSource>(std::move(file), std::move(fetch));
  });
  if (!list) return then(nullptr);
  list->ask([then](const ModelSource::Snapshot& known) {
    const bool is_known =
        known.state.source != CatalogueSource::built_in && !known.list->models().empty();
    then(is_known ? known.list : nullptr);
  });
}

} // namespace wayfare
