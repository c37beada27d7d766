// The variables that complete the options: of the process's environment, else of a folder's
// .env.local, else of its .env.
#pragma once

#include <string>
#include <vector>

#include <wayfare/error.hpp>

#include "config/dotenv.hpp"

namespace wayfare {

struct Variable {
  std::string value;    // never empty where it was found
  std::string place;    // "NAME in the environment", "NAME in services/api/.env, line 3"
  std::string folder;   // of the file, absolute; empty for the environment
  bool expands = false; // see dotenv::Assignment
};

class Variables {
 public:
  // Reads the folder's files; the process's environment alone for "". Errors are `invalid`: there
  // is no such folder, or neither file in it, or one that cannot be read.
  static Result<Variables> read(const std::string& env_folder);

  // An empty value where it is not set. One that is set to nothing counts as not set, so that the
  // next place is asked.
  Variable find(const std::string& name) const;

  // Where `find` looks: "the environment, services/api/.env.local or services/api/.env".
  std::string places() const;

 private:
  struct File {
    std::string path; // as it is told
    std::vector<dotenv::Assignment> assignments;
  };
  std::string folder_;
  std::vector<File> files_;
};

} // namespace wayfare
