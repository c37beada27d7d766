// The models list, read and looked up in. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/model.hpp>

namespace wayfare::select {

class Catalogue {
 public:
  static constexpr std::size_t text_max = std::size_t{32} << 20;
  static constexpr std::size_t models_max = 20'000;

  // Reads the body of GET /models. Entries without an id, or with one that is longer than a request
  // may name or has control characters, are left out. Lists and texts of a model are kept up to
  // their limits; other servers' lists have no prices. `malformed` where it is no such list at all,
  // or an empty one.
  static Result<Catalogue> parse(std::string_view text);

  explicit Catalogue(std::vector<Model> models);
  Catalogue(Catalogue&&) = default; // a copy would look into the other's models
  Catalogue& operator=(Catalogue&&) = default;

  // The five that stand in where none was ever fetched.
  static Catalogue built_in();

  const std::vector<Model>& models() const noexcept { return models_; }

  // By id, or else by canonical slug with the suffix of the id, such as ":free". Null where there
  // is none. A suffix that only steers (":nitro", ":floor", ":exacto", ":online") leads to the
  // model itself.
  const Model* find(std::string_view name) const;

  // Returns the living model nearest to a name that is not there, or has expired: same author and
  // family before same author before spelling. Null where nothing is near. `today`: "2026-11-23".
  const Model* nearest(std::string_view id, std::string_view today) const;

 private:
  std::vector<Model> models_;
  // into the models' own ids, which stay where they are
  std::unordered_map<std::string_view, std::size_t> ids_;
  std::unordered_map<std::string, std::size_t> slugs_; // of the models whose id is another
};

// Whether the server chooses the model for this name: a router, a preset, the newest of a family.
// `model`: what the list has of this name, or null.
bool leaves_model_open(std::string_view name, const Model* model);

// Whether the model has reached its end by this day, "2026-11-23".
bool has_expired(const Model& model, std::string_view today);

} // namespace wayfare::select
