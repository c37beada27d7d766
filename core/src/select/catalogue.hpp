// The models list, read and looked up in. Pure.
#pragma once

#include <cstdint>
#include <limits>
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

  // Reads the body of GET /models. Entries without an id are left out; other servers' lists have no prices. `malformed` where it is no
  // such list at all, or an empty one.
  static Result<Catalogue> parse(std::string_view text);

  explicit Catalogue(std::vector<Model> models);
  Catalogue(Catalogue&&) = default; // a copy would look into the other's models
  Catalogue& operator=(Catalogue&&) = default;

  // The five that stand in where none was ever fetched.
  static Catalogue built_in();

  const std::vector<Model>& models() const noexcept { return models_; }

  // The same at the place of the model in models(), for those who look through all of them: a cache line each, where a model has many.
  struct Traits {
    std::string_view id;
    enum class Choice : std::uint8_t { may_be, kind, free, no_price }; // why it is not chosen by itself
    Choice choice = Choice::may_be;
    bool callable = true;         // not of the batch interface
    bool tells = false;           // what it takes and supports: other servers' lists do not
    std::int32_t end = never;     // the day by which it has reached its end, as day_of() has it
    std::uint32_t modalities = 0; // input_bit() and output_bit()
    std::uint32_t parameters = 0; // parameter_bit()
    std::int64_t context_tokens = never_full, completion_tokens_max = never_full;
    // Prices per token in 1e-18 dollars, where those two, unconditional, are all that a text costs and fit; else below zero.
    std::int64_t prompt_e18 = -1, completion_e18 = -1;
    static constexpr std::int32_t never = std::numeric_limits<std::int32_t>::max();
    static constexpr std::int64_t never_full = std::numeric_limits<std::int64_t>::max();
  };
  static std::int32_t day_of(std::string_view day); // 20261123 of "2026-11-23", and of "2026-11-23T10:00:00"; 0 of what is none
  const Traits& traits_of(const Model& model) const { return traits_[static_cast<std::size_t>(&model - models_.data())]; }
  // A bit for each name of the API of today; for others one that no model has.
  static std::uint32_t input_bit(std::string_view modality);
  static std::uint32_t output_bit(std::string_view modality);
  static std::uint32_t parameter_bit(std::string_view parameter);

  // By id; null where there is none. A suffix that only steers (":nitro", ":floor", ":exacto", ":online") leads to the model itself.
  const Model* find(std::string_view id) const;

  // The model that a response names, by id or by dated slug, of the same variant as was asked for.
  const Model* served(std::string_view model, std::string_view requested) const;

  // Of a name that is not there, or has expired: the nearest living one (same author and family before same author before spelling),
  // null where nothing is near. `today`: "2026-11-23".
  const Model* nearest(std::string_view id, std::string_view today) const;

 private:
  std::vector<Model> models_;
  std::vector<Traits> traits_;
  std::unordered_map<std::string_view, std::size_t> ids_; // into the models' own ids, which stay where they are
};

// Whether the model has reached its end by this day.
bool has_expired(const Model& model, std::string_view today);

} // namespace wayfare::select
