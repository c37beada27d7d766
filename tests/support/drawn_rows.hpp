// Rows of a models list, by chance: of every kind that a list has, and of some that it may have.
#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace drawn {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t up_to(std::uint64_t last) { return engine_() % (last + 1); }
  bool one_in(std::uint64_t count) { return engine_() % count == 0; }
  std::string pick(std::initializer_list<const char*> words) {
    return words.begin()[up_to(words.size() - 1)];
  }

 private:
  std::mt19937_64 engine_;
};

// Dollars, of a number of picodollars.
inline std::string dollars(std::uint64_t picodollars) {
  constexpr std::uint64_t unit = 1'000'000'000'000;
  char text[48];
  std::snprintf(text, sizeof text, "%llu.%012llu",
                static_cast<unsigned long long>(picodollars / unit),
                static_cast<unsigned long long>(picodollars % unit));
  return text;
}
inline std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

inline std::string member(const char* name, std::uint64_t picodollars) {
  return std::string(",\"") + name + "\":" + in_quotes(dollars(picodollars));
}

inline std::string overrides(Dice& dice, std::uint64_t prompt, std::uint64_t answer) {
  std::string out;
  for (auto left = 1 + dice.up_to(2); left > 0; --left) {
    const auto factor = 1 + dice.up_to(3);
    std::string one = in_quotes("prompt") + ":" + in_quotes(dollars(prompt * factor)) +
                      member("completion", answer * factor);
    if (dice.one_in(3)) one += member("input_cache_write", prompt * factor * 5 / 4);
    if (!dice.one_in(4)) one += ",\"min_prompt_tokens\":" + std::to_string(1 << dice.up_to(9));
    if (dice.one_in(4))
      one += ",\"utc_start\":" + std::to_string(dice.up_to(23) * 100) +
             ",\"utc_end\":" + std::to_string(dice.up_to(23) * 100);
    if (dice.one_in(12)) one += ",\"utc_days\":[\"monday\",\"sunday\"]";
    if (dice.one_in(20)) one += ",\"min_output_tokens\":5";
    out += (out.empty() ? "{" : ",{") + one + "}";
  }
  return ",\"overrides\":[" + out + "]";
}

// As a list may write it.
inline std::string written(Dice& dice, std::uint64_t picodollars) {
  switch (dice.up_to(40)) {
    case 0: return in_quotes(std::to_string(picodollars) + "e-12");
    case 1: return dollars(picodollars);
    case 2: return in_quotes("-1");
    case 3: return in_quotes("0");
    case 4: return in_quotes("0.0000000208333333333333");
    default: return in_quotes(dollars(picodollars));
  }
}

inline std::string pricing(Dice& dice, const std::string& id) {
  const std::uint64_t prompt = dice.one_in(25) ? 0 : (1 + dice.up_to(20)) * 250'000;
  const std::uint64_t answer = prompt * (1 + dice.up_to(6));
  if (id.ends_with(":free")) return R"({"prompt":"0","completion":"0"})";
  if (dice.one_in(40)) return R"({"prompt":"0","completion":"0"})";
  std::string out =
      "{\"prompt\":" + written(dice, prompt) + ",\"completion\":" + written(dice, answer);
  if (dice.one_in(2)) out += member("input_cache_read", prompt / (dice.one_in(8) ? 1 : 10));
  if (dice.one_in(3)) {
    out += member("input_cache_write", dice.one_in(4) ? prompt / 4 : prompt * 5 / 4);
    if (dice.one_in(2)) out += member("input_cache_write_1h", prompt * 2);
  }
  if (dice.one_in(10)) out += member("internal_reasoning", answer * (1 + dice.up_to(1)));
  if (dice.one_in(12)) out += member("request", 5'000'000'000);
  if (dice.one_in(3)) out += member("web_search", 10'000'000'000);
  if (dice.one_in(8)) out += member("image", prompt);
  if (dice.one_in(8)) out += member("audio", prompt * 4);
  if (id.find("image") != id.npos && !dice.one_in(4)) out += member("image_output", answer * 12);
  if (id.find("audio") != id.npos && !dice.one_in(4)) out += member("audio_output", answer * 6);
  if (dice.one_in(5)) out += overrides(dice, prompt, answer);
  return out + "}";
}

// A row of GET /models.
inline std::string row(Dice& dice, std::size_t number) {
  std::string id = dice.pick({"anthropic/", "openai/", "google/", "x-ai/", "mistralai/", "qwen/",
                              "acme/", "acme/", "acme/", "anthropic/"}) +
                   "m" + std::to_string(number);
  if (dice.one_in(25)) id = dice.pick({"perplexity/sonar", "perplexity/sonar-deep-research"});
  if (dice.one_in(40)) id = "openai/gpt-search-preview";
  if (dice.one_in(20)) id += "-image";
  if (dice.one_in(25)) id += "-audio";
  if (dice.one_in(30)) id += dice.pick({":free", ":thinking", ":batch", ":extended"});
  const bool image = id.find("-image") != id.npos, audio = id.find("-audio") != id.npos;
  const std::string context = dice.pick({"200", "8192", "131072", "1000000"});
  return "{\"id\":" + in_quotes(id) + ",\"canonical_slug\":" + in_quotes(id + "-2026") +
         ",\"context_length\":" + (dice.one_in(20) ? "null" : context) +
         ",\"architecture\":{\"input_modalities\":[\"text\",\"image\",\"audio\",\"file\"]," +
         "\"output_modalities\":[\"text\"" + (image ? ",\"image\"" : "") +
         (audio ? ",\"audio\"" : "") +
         "],\"tokenizer\":\"Other\"},\"pricing\":" + pricing(dice, id) +
         ",\"top_provider\":{\"context_length\":" + context +
         ",\"max_completion_tokens\":" + dice.pick({"null", "100", "4096", "64000", "2000000"}) +
         "}}";
}

} // namespace drawn
