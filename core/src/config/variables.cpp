#include "config/variables.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include <unistd.h>

#include "config/near_names.hpp"
#include "os/files.hpp"

namespace wayfare {

static constexpr std::size_t file_max = std::size_t{1} << 20;

Result<Variables> Variables::read(const std::string& env_folder, bool has_key) {
  Variables variables;
  if (env_folder.empty()) return variables;
  const std::string told = env_folder.substr(0, env_folder.find('\0'));
  if (told.size() == env_folder.size()) variables.folder_ = os::real_folder(env_folder);
  if (variables.folder_.empty())
    return Error::invalid("env_folder: there is no folder " + told,
                          "name the folder that has .env.local or .env in it");
  const std::string before = told == "." ? "" : told.ends_with('/') ? told : told + "/";
  for (const char* name : {".env.local", ".env"}) {
    const auto file = os::read_file(before + name, file_max);
    if (!file.found) continue;
    if (!file.fault.empty())
      return Error::invalid("env_folder: " + file.fault, "correct the file, or remove it");
    if (file.text.find('\0') != std::string::npos)
      return Error::invalid("env_folder: " + before + name + " has NUL bytes in it",
                            "save it as UTF-8");
    variables.files_.push_back({before + name, dotenv::parse(file.text)});
  }
  // A container has the key in its environment, and no files.
  if (variables.files_.empty() && !has_key && variables.find("OPENROUTER_API_KEY").value.empty())
    return Error::invalid("env_folder: there is neither .env.local nor .env in " + told +
                              ", and OPENROUTER_API_KEY is not set in the environment",
                          "name the folder that has one of these files, or set OPENROUTER_API_KEY");
  return variables;
}

Variable Variables::find(const std::string& name) const {
  if (const char* value = std::getenv(name.c_str()); value && *value)
    return {
        .value = value, .place = name + " in the environment", .found_in = FoundIn::environment};
  for (const File& file : files_) {
    const auto last = std::find_if(file.assignments.rbegin(), file.assignments.rend(),
                                   [&](const auto& one) { return one.name == name; });
    if (last != file.assignments.rend() && !last->value.empty())
      return {.value = last->value,
              .place = name + " in " + file.path + ", line " + std::to_string(last->line),
              .folder = folder_,
              .file = file.path,
              .found_in = FoundIn::file,
              .expands = last->expands};
  }
  return {};
}

template <class Each>
void Variables::for_each_set(Each each) const {
  for (char** at = environ; at && *at; ++at) {
    const std::string_view both = *at;
    const std::size_t end = both.find('=');
    if (end != both.npos && end + 1 < both.size()) each(both.substr(0, end), "the environment");
  }
  for (const File& file : files_)
    for (const auto& one : file.assignments)
      if (!one.value.empty()) each(one.name, file.path + ", line " + std::to_string(one.line));
}

Result<Variable> Variables::choose(const char* option, const std::string& given,
                                   std::initializer_list<const char*> names) const {
  if (!given.empty())
    return Variable{
        .value = given, .place = "the option " + std::string(option), .found_in = FoundIn::option};
  for (const char* name : names) {
    Variable found = find(name);
    if (found.expands)
      return Error::invalid(found.place + " names another variable, and variables are not expanded",
                            "write its value out there, or set the option " + std::string(option));
    if (!found.value.empty()) return found;
  }
  return Variable{};
}

std::vector<Variables::Near> Variables::near_key_names() const {
  constexpr std::size_t most = 3;
  std::vector<Near> near;
  for_each_set([&](std::string_view name, const std::string& place) {
    if (near.size() < most && is_near_key_name(name))
      near.push_back({std::string(name), place, "OPENROUTER_API_KEY"});
  });
  return near;
}

std::vector<Variables::Near> Variables::near_names() const {
  constexpr std::size_t most = 8;
  std::vector<Near> near;
  for_each_set([&](std::string_view name, const std::string& place) {
    const std::string_view meant = meant_variable(name);
    if (near.size() < most && !meant.empty() && find(std::string(meant)).value.empty())
      near.push_back({std::string(name), place, std::string(meant)});
  });
  return near;
}

std::string Variables::places() const {
  std::string all = "the environment";
  for (const File& file : files_) all += (&file == &files_.back() ? " or " : ", ") + file.path;
  return all;
}

} // namespace wayfare
