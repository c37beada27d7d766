// What a provider does to one request, by chance, and the rules that allow it.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <initializer_list>

namespace billing {

// charge | rule | source
struct Reason {
  const char* charge;
  const char* rule;
  const char* source;
};

enum Rule : std::uint8_t {
  text,
  frames,
  template_prompt,
  vendor_prompt,
  tool_prompt,
  format_prompt,
  passed_through,
  answer,
  larger_cap,
  choices,
  unread_cap,
  dearer_provider,
  conditions,
  cache_read,
  cache_write,
  cache_write_1h,
  cached_twice,
  reasoning,
  request_fee,
  service_tier,
  own_search,
  asked_search,
  server_tools,
  plugins,
  media_input,
  image_output,
  audio_output,
  not_free,
  no_price,
  other_model,
  own_key,
  rule_count
};

inline constexpr std::array<Reason, rule_count> reasons{{
    {"prompt", "a token stands for one to four bytes of the text",
     "byte-level BPE: a token has at least one byte"},
    {"prompt", "a message has 3 to 8 tokens of its own, and the answer begins with 3",
     "OpenAI Cookbook: How to count tokens; Llama 3: prompt format"},
    {"prompt", "the chat template adds up to 60 tokens",
     "OpenAI: harmony format, system message; Llama 3.1: chat template"},
    {"prompt", "the vendor adds up to 682 tokens (x-ai)",
     "captures/json_200_with_native_options_1.json: 687 tokens, 682 of them cached"},
    {"prompt", "tools add 159 to 530 tokens (anthropic) or up to 200, and up to 12 for each",
     "Anthropic: Tool use, pricing table; Llama 3.1 and Qwen 2.5: chat templates"},
    {"prompt", "a format of the answer adds up to 60 tokens",
     "Anthropic: Structured outputs, token costs (no figure is given)"},
    {"prompt", "members that only some providers know become prompt text",
     "api.md 2.1: the object is open; Mistral: safe_prompt; Cohere: documents"},
    {"completion", "it may be as long as the cap, or as the row gives where there is none",
     "api.md 2.1, 2.8"},
    {"completion", "where both caps stand the larger one counts",
     "api.md 2.1: max_completion_tokens, max_tokens; which of them counts is not told"},
    {"completion", "each of n choices is billed", "OpenAI: Chat completions, n"},
    {"completion", "a cap that is not a whole number above 0 may be left out",
     "api.md 2.1: integer, at least 1"},
    {"prompt, completion, request", "any provider that max_price lets through may serve",
     "api.md 3.2: max_price; 2.8: the list has the cheapest endpoint's price"},
    {"all prices", "prices stand in for others above a length of the prompt, and at some hours",
     "api.md 7: overrides"},
    {"prompt", "tokens may be read from a cache", "api.md 6: the formula"},
    {"prompt", "tokens may be written to a cache, asked for or not", "api.md 3.12, 6"},
    {"prompt", "where ttl is 1h, at that price; at Claude it is twice the prompt's",
     "api.md 3.12; Anthropic: Prompt caching, pricing table"},
    {"prompt", "Gemini bills the same tokens as read and as written", "api.md 6: exception"},
    {"completion", "reasoning is part of the completion and may have a price of its own",
     "api.md 6, 7: internal_reasoning"},
    {"request", "a fee for each request", "api.md 7: request"},
    {"prompt, completion", "priority endpoints cost up to 2.5 times, fast ones 6 times",
     "OpenAI: Pricing, priority; Anthropic: Fast mode; api.md 3.3, 3.4"},
    {"search", "perplexity, search-preview and deep-research models search by themselves",
     "api.md 7: web_search; Perplexity: Pricing, Sonar Deep Research"},
    {"search", "an option of the body makes the model search",
     "api.md 2.1: web_search_options; xAI: Live Search; Alibaba: enable_search"},
    {"steps", "a server tool makes up to 31 steps, each of which bills prompt and answer",
     "api.md 3.8: max_tool_calls"},
    {"plugins", "plugins have fees, and the web plugin lengthens the prompt", "api.md 3.6"},
    {"media", "an image, a file, a sound or a film has tokens that its bytes do not tell",
     "OpenAI: Images and vision, token costs; api.md 3.6: mistral-ocr"},
    {"image output", "an answer may have images, whatever the body asks for and its cap is",
     "api.md 7: image_output; OpenAI: Image generation, token table"},
    {"audio output", "an answer may be audio", "api.md 7: audio_output"},
    {"anything", "a price of zero is not the whole price, but for :free",
     "api.md 7: free detection; Lyria bills by the song"},
    {"anything", "a price that varies or is missing", "api.md 7: -1 is a router's"},
    {"anything", "another model serves: models, preset, the account's default, another name",
     "api.md 3.1, 3.5, 2.1"},
    {"own key", "a call by the account's own provider key costs 5 % more", "api.md 3.13: BYOK"},
}};

// How much dearer than the list's a price may be that max_price does not cap.
inline constexpr std::int64_t uncapped_factor = 1;
// How much longer than the body's the text may be that a provider makes of it.
inline constexpr std::int64_t rendering_factor = 1;

// One draw. A rule that is off does the least: with all of them off the bill is a typical one.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : seed_(seed) {}
  static Draw typical() {
    Draw draw(0);
    draw.off.set();
    return draw;
  }

  std::bitset<rule_count> off;

  // The same for a seed whichever rules are off.
  std::uint64_t number(Rule rule) {
    std::uint64_t mixed = seed_ + 0x9E3779B97F4A7C15 * (rule * 4096U + ++asked_[rule]);
    for (const int shift : {30, 27, 31}) {
      mixed = (mixed ^ (mixed >> shift)) * 0xBF58476D1CE4E5B9;
    }
    return mixed ^ (mixed >> 29);
  }
  bool happens(Rule rule, std::uint64_t one_in = 2) {
    const bool drawn = number(rule) % one_in == 0;
    return drawn && !off[rule];
  }
  // The ends are as likely as all that is between them.
  std::int64_t amount(Rule rule, std::int64_t least, std::int64_t largest) {
    const std::uint64_t kind = number(rule), place = number(rule);
    if (off[rule] || largest <= least || kind % 4 == 0) return least;
    if (kind % 4 == 1 || kind % 4 == 2) return largest;
    return least +
           static_cast<std::int64_t>(place % static_cast<std::uint64_t>(largest - least + 1));
  }

 private:
  std::uint64_t seed_;
  std::array<std::uint32_t, rule_count> asked_{};
};

} // namespace billing
