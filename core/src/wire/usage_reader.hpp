// Reads what a server tells of tokens and costs, wherever in the answer it stands. Pure.
#pragma once

#include <string>
#include <vector>

#include <wayfare/billing.hpp>

#include "base/json.hpp"
#include "base/refused_figures.hpp"

namespace wayfare::wire {

class UsageReader {
 public:
  // Reads a usage object; later figures replace earlier ones, except by zeros. `is_final`: the end
  // of the answer has come. False if it tells nothing that counts. The costs go to `billing`.
  bool read(json::Value usage, bool is_final, Billing& billing);

  const Usage& usage() const noexcept { return usage_; }
  bool is_known() const noexcept { return is_known_; }
  // Whether the cost came when the answer had ended.
  bool is_final() const noexcept { return is_final_; }
  // The object that counted last, unchanged.
  const std::string& raw() const noexcept { return raw_; }
  // One line for each figure that was rounded, or is not believed.
  std::vector<std::string> warnings() const;

 private:
  struct Told;
  void drop_running(const Told& told, Billing& billing);
  static void take_cost(const Told& told, bool was_final, Billing& billing);

  Usage usage_;
  std::string raw_;
  std::vector<std::string> rounded_; // a warning for each
  RefusedFigures refused_;
  bool is_known_ = false, is_final_ = false;
};

} // namespace wayfare::wire
