#include "select/default_models.hpp"

namespace wayfare::select {

std::vector<DefaultModel> default_models(const Catalogue& catalogue, std::string_view today) {
  std::vector<DefaultModel> found;
  const Catalogue built_in = Catalogue::built_in();
  for (const Model& known : built_in.models()) {
    DefaultModel& one = found.emplace_back(DefaultModel{.id = known.id});
    const Model* const model = catalogue.find(known.id);
    one.gone = !model || has_expired(*model, today);
    if (model) {
      one.expires = model->expires;
      one.prompt = model->prices.prompt;
      one.completion = model->prices.completion;
    }
    if (!one.gone && one.expires.empty()) continue;
    if (const Model* near = catalogue.nearest(known.id, today)) one.instead = near->id;
  }
  return found;
}

} // namespace wayfare::select
