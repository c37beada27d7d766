#include "catalogue/endpoint_source.hpp"

#include <cctype>
#include <mutex>
#include <utility>

namespace wayfare {

namespace {

constexpr const char* zdr_path = "/endpoints/zdr";

// Lists that are gathered. The last one to come calls `then`.
struct Gathering {
  std::mutex mutex;
  std::size_t missing = 0;
  select::EndpointBook book;
  EndpointSource::Then then;
};

} // namespace

bool EndpointSource::may_be_a_name(std::string_view model) {
  const std::string whole = "/" + std::string(model) + "/";
  return whole.find("/../") == whole.npos && whole.find("/./") == whole.npos;
}

std::string EndpointSource::path_of(std::string_view model) {
  constexpr std::string_view plain = "-._~/"; // beside letters and digits (RFC 3986, 2.3)
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string path = "/models/";
  for (const char one : model) {
    const auto byte = static_cast<unsigned char>(one);
    const bool is_plain = (byte < 0x80 && std::isalnum(byte) != 0) || plain.find(one) != plain.npos;
    if (is_plain)
      path += one;
    else
      (path += '%') += {digits[byte >> 4U], digits[byte & 15U]};
  }
  return path + "/endpoints";
}

std::shared_ptr<EndpointSource::List> EndpointSource::list_of(const std::string& path) {
  return lists_.of(path, [&] {
    CacheFile file({.folder = folder_,
                    .kind = "endpoints",
                    .url = url_ + path,
                    .text_max = select::Endpoints::text_max,
                    .claims = false});
    return std::make_shared<List>(std::move(file),
                                  [fetch = fetch_, path](ListAnswer answer, ListLate late) {
                                    fetch(path, std::move(answer), std::move(late));
                                  });
  });
}

void EndpointSource::ask(const std::vector<std::string>& models, bool zdr, const Then& then) {
  const auto gathering = std::make_shared<Gathering>();
  gathering->missing = models.size() + (zdr ? 2 : 1); // one for this function
  gathering->then = then;
  const auto arrived = [gathering](const std::string& model, const List::Snapshot* known) {
    std::unique_lock lock(gathering->mutex);
    const bool is_known = known && known->state.source != CatalogueSource::built_in;
    if (is_known && model.empty())
      gathering->book.zdr = known->list;
    else if (is_known)
      gathering->book.models.insert_or_assign(model, known->list);
    if (--gathering->missing > 0) return;
    lock.unlock();
    gathering->then(gathering->book);
  };
  const auto ask_one = [&](const std::string& model, const std::string& path) {
    const auto list = list_of(path);
    if (!list) return arrived(model, nullptr);
    list->ask([arrived, model](const List::Snapshot& known) { arrived(model, &known); });
  };
  for (const std::string& model : models) {
    if (may_be_a_name(model))
      ask_one(model, path_of(model));
    else
      arrived(model, nullptr);
  }
  if (zdr) ask_one("", zdr_path);
  arrived("", nullptr);
}

void EndpointSource::ask(const std::string& model, const ThenOne& then) {
  const auto list = list_of(path_of(model));
  if (!list) return then({std::make_shared<const select::Endpoints>(), {}});
  list->ask(then);
}

std::shared_ptr<const select::Endpoints> EndpointSource::known(const std::string& model) {
  const auto list = lists_.find(path_of(model));
  const auto snapshot = list ? list->known() : std::nullopt;
  return snapshot ? snapshot->list : nullptr;
}

void EndpointSource::recall(const std::string& model, const ThenOne& then) {
  const auto list = may_be_a_name(model) ? list_of(path_of(model)) : nullptr;
  if (!list) return then({std::make_shared<const select::Endpoints>(), {}});
  list->recall(then);
}

} // namespace wayfare
