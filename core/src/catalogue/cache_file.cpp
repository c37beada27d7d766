#include "catalogue/cache_file.hpp"

#include <charconv>
#include <utility>

#include "base/sha256.hpp"

namespace wayfare {

namespace {

std::string magic_of(const std::string& kind) { return "wayfare " + kind + " 1 "; }
constexpr std::int64_t time_max = 253'402'300'799; // the end of the year 9999

std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr == text.data() + text.size()) return std::nullopt;
  // Also removes the character after the number.
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()) + 1);
  return value;
}

} // namespace

CacheFile::CacheFile(Place place) : place_(std::move(place)) {
  if (place_.folder.empty()) return;
  path_ = place_.folder + "/" + place_.kind + "-" + sha256_hex(place_.url).substr(0, 16);
}

std::optional<CacheFile::Kept> CacheFile::read() const {
  if (path_.empty()) return std::nullopt;
  const std::string magic = magic_of(place_.kind);
  os::FileText file = os::read_file(path_, place_.text_max + 128);
  std::string_view text = file.text;
  if (!file.found || !file.fault.empty() || !text.starts_with(magic)) return std::nullopt;
  text.remove_prefix(magic.size());
  const auto fetched = take_number(text), fresh = take_number(text), size = take_number(text);
  // The file is incomplete.
  if (!fetched || !fresh || !size || static_cast<std::int64_t>(text.size()) != *size)
    return std::nullopt;
  if (*fetched < 0 || *fetched > time_max || *fresh < 0 || *fresh > time_max) return std::nullopt;
  return Kept{*fetched, *fresh, std::string(text)};
}

void CacheFile::write(const Kept& kept) const {
  if (path_.empty()) return;
  std::string text = magic_of(place_.kind);
  text += std::to_string(kept.fetched_s) + " " + std::to_string(kept.fresh_s) + " " +
          std::to_string(kept.body.size()) + "\n";
  os::replace_file(path_, text + kept.body);
}

bool CacheFile::claim() {
  if (claimed_) return true;
  const bool has_folder = !path_.empty() && os::make_folder(place_.folder).empty();
  if (has_folder && place_.claims && !lock_.ok()) lock_ = os::FileLock(path_ + ".lock");
  return claimed_ = !lock_.ok() || lock_.try_lock(0);
}

void CacheFile::release() {
  if (claimed_ && lock_.ok()) lock_.unlock(0);
  claimed_ = false;
}

} // namespace wayfare
