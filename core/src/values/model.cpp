#include <wayfare/model.hpp>

namespace wayfare {

std::string_view name(Model::Kind kind) noexcept {
  switch (kind) {
    case Model::Kind::model: return "model";
    case Model::Kind::router: return "router";
    case Model::Kind::alias: return "alias";
    case Model::Kind::batch: return "batch";
  }
  return "";
}

std::string_view name(CatalogueState::Source source) noexcept {
  switch (source) {
    case CatalogueState::Source::built_in: return "built_in";
    case CatalogueState::Source::kept: return "kept";
    case CatalogueState::Source::fetched: return "fetched";
  }
  return "";
}

} // namespace wayfare
