#include "ledger/agent_texts.hpp"

#include <cstddef>
#include <optional>

#include "base/json.hpp"
#include "base/json_source.hpp"
#include "base/read_fields.hpp"
#include "base/sha256.hpp"
#include "base/write_fields.hpp"
#include "os/files.hpp"

namespace wayfare {

namespace ledger {

namespace {

struct Texts {
  std::string parameters{}, tools{}, system{};
};

} // namespace

} // namespace ledger

template <>
inline constexpr auto fields_of<ledger::Texts> = record(
    "Texts", "The content of a file.",
    // As text: as JSON they could be one level too deep.
    field("parameters", &ledger::Texts::parameters, doc_of<Profile>("parameters")),
    field("tools", &ledger::Texts::tools, doc_of<Profile>("tools")),
    field("system", &ledger::Texts::system, doc_of<Profile>("system"), Shape::null_if_empty));

namespace ledger {

AgentTexts::AgentTexts(const std::string& ledger)
    : ledger_(ledger), folder_(ledger == ":memory:" ? std::string() : ledger + ".agents") {}

std::string AgentTexts::content_of(const Profile& profile) {
  if (profile.parameters.empty() && profile.tools.empty() && profile.system.empty()) return {};
  std::string content;
  fields::write(content, Texts{profile.parameters, profile.tools, profile.system}, Shape::sparse);
  return content;
}

std::string AgentTexts::store(const std::string& content, std::string& hash) {
  hash.clear();
  if (content.empty()) return {};
  hash = sha256_hex(content);
  if (folder_.empty()) {
    std::lock_guard lock(mutex_);
    in_memory_.emplace(hash, content);
    return {};
  }
  if (auto failed = os::make_folder(folder_, ledger_); !failed.empty()) return failed;
  return os::store_file(folder_ + "/" + hash, content, ledger_);
}

std::string AgentTexts::load(const std::string& hash, std::string& content) {
  constexpr std::size_t most = std::size_t{4} << 20; // escapes may lengthen the texts
  if (folder_.empty()) {
    std::lock_guard lock(mutex_);
    content = in_memory_[hash];
  } else {
    const std::string path = folder_ + "/" + hash;
    const os::FileText file = os::read_file(path, most);
    if (!file.found) return "there is no file " + path;
    if (!file.fault.empty()) return file.fault;
    content = file.text;
  }
  return sha256_hex(content) == hash ? "" : "the file " + folder_ + "/" + hash + " was changed";
}

std::string AgentTexts::read(const std::string& hash, Profile& profile) {
  if (hash.empty()) return {};
  std::string content;
  if (auto fault = load(hash, content); !fault.empty()) return fault;
  Texts texts;
  try {
    json::Document document;
    if (!document.parse(content)) return "the file of its texts is not JSON";
    fields::read_record(json::Source(document.root()), "", texts);
  } catch (const Exception& refused) {
    return "a newer wayfare wrote its texts: " + refused.error().message;
  }
  profile.parameters = std::move(texts.parameters);
  profile.tools = std::move(texts.tools);
  profile.system = std::move(texts.system);
  return {};
}

std::string AgentTexts::copy(const std::string& hash, AgentTexts& to) {
  std::string content, same;
  if (!load(hash, content).empty()) return {};
  return to.store(content, same);
}

} // namespace ledger

} // namespace wayfare
