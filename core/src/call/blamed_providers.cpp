#include "call/blamed_providers.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wayfare::call {

namespace {

// "google-vertex" of "google-vertex/us-east5": both stand for the endpoint in a request.
std::string_view slug_of(std::string_view tag) { return tag.substr(0, tag.find('/')); }

// Empty where the provider is not known, or has several.
std::string_view slug_of_provider(const select::Endpoints& known, std::string_view name) {
  std::string_view slug;
  for (const select::Endpoints::Row& row : known.rows()) {
    if (row.endpoint.provider != name || row.endpoint.tag.empty()) continue;
    const std::string_view one = slug_of(row.endpoint.tag);
    if (!slug.empty() && slug != one) return {};
    slug = one;
  }
  return slug;
}

} // namespace

void blame_providers(Outcome& outcome, const select::Endpoints& known) {
  if (outcome.told != Told::fails || slug_of_provider(known, outcome.provider).empty()) return;
  std::vector<FailedProvider> failed;
  const auto has_failed = [&](std::string_view slug) {
    return std::ranges::find(failed, slug, &FailedProvider::slug) != failed.end();
  };
  for (const std::string& name : outcome.before) {
    const std::string_view slug = slug_of_provider(known, name);
    if (!slug.empty() && name != outcome.provider && !has_failed(slug))
      failed.push_back({std::string(slug), name});
  }
  failed.push_back({std::string(slug_of_provider(known, outcome.provider)), outcome.provider});
  std::vector<std::string> others;
  for (const select::Endpoints::Row& row : known.rows()) {
    const std::string_view slug = slug_of(row.endpoint.tag);
    const bool serves = row.endpoint.status >= 0 && select::names_endpoint(slug, row.endpoint.tag);
    if (serves && !slug.empty() && !has_failed(slug) &&
        std::ranges::find(others, slug) == others.end())
      others.emplace_back(slug);
  }
  if (others.empty()) return;
  outcome.failed = std::move(failed);
  outcome.others = std::move(others);
}

} // namespace wayfare::call
