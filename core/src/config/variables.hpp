// The variables that complete the options. They come from the environment of the process, else from
// .env.local in a folder, else from .env there.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <wayfare/error.hpp>

#include "config/dotenv.hpp"

namespace wayfare {

enum class FoundIn : std::uint8_t { nowhere, option, environment, file };

struct Variable {
  std::string value;  // empty only if the variable was not found
  std::string place;  // "NAME in the environment", "NAME in services/api/.env, line 3"
  std::string folder; // the absolute folder of the file; empty for the environment
  std::string file;   // the path of the file; empty for the environment
  FoundIn found_in = FoundIn::nowhere;
  bool expands = false; // see dotenv::Assignment
};

class Variables {
 public:
  // Reads the files in the folder. For "", only the environment of the process counts. Errors:
  // invalid, if the folder does not exist, a file cannot be read, or there is neither file, unless
  // `has_key` or the environment has OPENROUTER_API_KEY.
  static Result<Variables> read(const std::string& env_folder, bool has_key = false);

  // Returns an empty value if the variable is not set. A variable with an empty value counts as not
  // set, and the next place is searched.
  Variable find(const std::string& name) const;

  // Returns the value of an option: the given value, else the first variable of `names` that is
  // set. Errors: invalid, for a variable that names another one.
  Result<Variable> choose(const char* option, const std::string& given,
                          std::initializer_list<const char*> names) const;

  // The set variables whose name was probably meant to be OPENROUTER_API_KEY, without their values.
  // At most 3.
  struct Near {
    std::string name, place;
    std::string meant; // the variable
  };
  std::vector<Near> near_key_names() const;
  // The set variables whose names were probably meant to be other variables of wayfare, which are
  // not set. At most 8.
  std::vector<Near> near_names() const;

  // The places that find() searches: "the environment, services/api/.env.local or
  // services/api/.env".
  std::string places() const;

 private:
  struct File {
    std::string path; // as messages show it
    std::vector<dotenv::Assignment> assignments;
  };
  // Calls each(name, place) for every variable that is set.
  template <class Each>
  void for_each_set(Each each) const;

  std::string folder_;
  std::vector<File> files_;
};

} // namespace wayfare
