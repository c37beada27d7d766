// The billing model: what the server may bill for a body on the wire, at most and at least, by the
// rules of billing_draw.hpp. It shares nothing with what computes bounds but the reader of JSON.
#pragma once

#include <string>
#include <vector>

#include "support/billing_body.hpp"
#include "support/billing_draw.hpp"

namespace billing {

struct Item {
  const char* charge;
  std::int64_t units;
  Money cost;
};

struct Bill {
  std::vector<Item> items;

  void add(const char* charge, std::int64_t units, Money price) {
    if (units > 0 && price > 0) items.push_back({charge, units, times(price, units)});
  }
  Money sum() const {
    Money sum = 0;
    for (const Item& item : items) sum = plus(sum, item.cost);
    return sum;
  }
  std::string text() const {
    std::string out;
    for (const Item& item : items)
      out += "  " + std::string(item.charge) + ": " + std::to_string(item.units) + " for " +
             std::to_string(picodollars(item.cost)) + " picodollars\n";
    return out;
  }
};

inline constexpr Money anything = dollar * 1000;
inline constexpr std::int64_t steps_max = 30, media_tokens_max = 50'000, pages_max = 1000;

// One provider that serves one request.
class Provider {
 public:
  Provider(const Row& row, const Body& body, Draw& draw) : row_(row), body_(body), draw_(draw) {}

  Bill bill() {
    prompt_ = prompt_tokens();
    answer_ = answer_tokens();
    time_ = time();
    Bill bill;
    const std::int64_t first = prompt_;
    for (auto steps = 1 + more_steps(); steps > 0; --steps) {
      add_prompt(bill);
      add_answer(bill);
      prompt_ = within_context(prompt_ + answer_);
    }
    prompt_ = first;
    add_fees(bill);
    add_media(bill);
    add_unknown(bill);
    if (draw_.happens(own_key, 8)) bill.items.push_back({"own key", 5, bill.sum() / 20});
    return bill;
  }

 private:
  std::int64_t within_context(std::int64_t tokens) const {
    return row_.context ? std::min(tokens, *row_.context) : tokens;
  }

  std::int64_t prompt_tokens() {
    const std::int64_t bytes = body_.text * rendering_factor;
    std::int64_t tokens = draw_.amount(text, (bytes + 3) / 4, bytes);
    tokens += draw_.amount(frames, 3, 8) * body_.messages + 3;
    tokens += draw_.amount(template_prompt, 0, 60);
    if (row_.has_author("x-ai")) tokens += draw_.amount(vendor_prompt, 0, 682);
    if (body_.tools > 0) {
      const bool claude = row_.has_author("anthropic");
      tokens += draw_.amount(tool_prompt, 0, claude ? 530 : 200);
      tokens += body_.tools * draw_.amount(tool_prompt, 0, 12);
    }
    if (body_.has_format) tokens += draw_.amount(format_prompt, 0, 60);
    if (body_.is_safe_prompt) tokens += draw_.amount(passed_through, 0, 60);
    tokens += draw_.amount(passed_through, 0, body_.passed_through);
    tokens += media_tokens();
    if ((body_.online || body_.web || body_.fetches) && draw_.happens(plugins))
      tokens += draw_.amount(plugins, 0, 40'000);
    return within_context(tokens);
  }

  std::int64_t media_tokens() {
    const std::int64_t parts = body_.images + body_.files + body_.other_media;
    return parts == 0 ? 0 : parts * draw_.amount(media_input, 0, media_tokens_max);
  }

  // Of one choice.
  std::int64_t answer_tokens() {
    const std::int64_t own = row_.answer_max.value_or(row_.context.value_or(100'000));
    std::int64_t longest = body_.smaller_cap.value_or(own);
    if (body_.cap && draw_.happens(larger_cap)) longest = *body_.cap;
    if (body_.has_unread_cap && draw_.happens(unread_cap)) longest = std::max(longest, own);
    if (row_.context) longest = std::min(longest, std::max(*row_.context, own));
    return draw_.amount(answer, std::min<std::int64_t>(longest, draw_.off[answer] ? 512 : 0),
                        longest);
  }

  Time time() {
    Time time{static_cast<int>(draw_.number(conditions) % 7),
              static_cast<int>(draw_.number(conditions) % (24 * 60))};
    if (row_.conditions.empty()) return time;
    const Condition& one = row_.conditions[draw_.number(conditions) % row_.conditions.size()];
    const auto which = draw_.number(conditions) % 4;
    if (which == 0 && one.from) time.minute = *one.from % (24 * 60);
    if (which == 1 && one.until) time.minute = (*one.until + 24 * 60 - 1) % (24 * 60);
    if (which == 2 && one.until) time.minute = *one.until % (24 * 60);
    return time;
  }

  // The list's price, now and for this prompt. Of several conditions the last one counts.
  std::optional<Money> listed(std::string_view name) {
    std::optional<Money> price;
    if (const auto found = row_.prices.find(name); found != row_.prices.end())
      price = found->second;
    for (const Condition& one : row_.conditions) {
      const auto found = one.prices.find(name);
      const bool known = !one.unknown || draw_.happens(conditions);
      if (found != one.prices.end() && known && holds(one, prompt_, time_) &&
          !draw_.off[conditions])
        price = found->second;
    }
    return price;
  }

  // The price of a provider that max_price lets through. The list's own endpoint passes by the
  // price that it has without conditions. A dearer one may cost all that is allowed.
  Money served(std::string_view name, const std::optional<Money>& limit) {
    const Money price = listed(name).value_or(0);
    const auto plain = row_.prices.find(name);
    const Money base = plain == row_.prices.end() ? 0 : plain->second;
    const bool is_dearer = draw_.happens(dearer_provider);
    const std::int64_t factor = draw_.amount(dearer_provider, 1, 1000);
    if (limit && base > *limit) return *limit;
    if (!is_dearer) return price;
    return limit ? std::max(price, *limit) : times(price, factor);
  }

  // For tokens of a tier that is dearer.
  Money in_tier(Money price) {
    if (body_.fast && row_.has_author("anthropic") && draw_.happens(service_tier))
      price = times(price, 6);
    return body_.priority && draw_.happens(service_tier) ? times(price, 5) / 2 : price;
  }
  Money uncapped(std::string_view name, Money otherwise) {
    return times(listed(name).value_or(otherwise), uncapped_factor);
  }

  // What stands for a token that is written to the cache.
  Money write_price(Money prompt_price, bool an_hour) {
    const Money write = uncapped("input_cache_write", prompt_price);
    if (!an_hour) return write;
    const bool is_listed = listed("input_cache_write_1h").has_value();
    if (!is_listed && row_.has_author("anthropic")) return times(prompt_price, 2);
    return uncapped("input_cache_write_1h", write);
  }

  void add_prompt(Bill& bill) {
    const Money price = served("prompt", body_.prompt_max);
    const bool an_hour = body_.writes_1h && draw_.happens(cache_write_1h);
    const bool twice = row_.has_author("google") && row_.prices.contains("input_cache_write") &&
                       draw_.happens(cached_twice);
    std::int64_t read = draw_.happens(cache_read) ? draw_.amount(cache_read, 0, prompt_) : 0;
    std::int64_t written = draw_.happens(cache_write) ? draw_.amount(cache_write, 0, prompt_) : 0;
    if (!twice) written = std::min(written, prompt_ - read);
    const std::int64_t plain = std::max<std::int64_t>(
        0, read + written > prompt_ ? prompt_ - read : prompt_ - read - written);
    bill.add("prompt", plain, in_tier(price));
    bill.add("cache read", read, in_tier(uncapped("input_cache_read", price)));
    bill.add(an_hour ? "cache write 1h" : "cache write", written,
             in_tier(write_price(price, an_hour)));
  }

  void add_answer(Bill& bill) {
    const Money price = in_tier(served("completion", body_.answer_max));
    const std::int64_t tokens = draw_.happens(choices) ? times_choices(answer_) : answer_;
    std::int64_t thought = draw_.happens(reasoning) ? draw_.amount(reasoning, 0, tokens) : 0;
    std::int64_t heard = 0;
    if (row_.gives("audio") && draw_.happens(audio_output))
      heard = draw_.amount(audio_output, 0, tokens - thought);
    std::int64_t seen = 0;
    if (row_.gives("image") && draw_.happens(image_output)) {
      const std::int64_t one_image = row_.has_author("openai") ? 6240 : 2000;
      seen = draw_.amount(image_output, 0, std::max(tokens - thought - heard, one_image));
    }
    bill.add("completion", tokens - thought - heard - seen, price);
    bill.add("reasoning", thought, in_tier(uncapped("internal_reasoning", price)));
    bill.add("audio output", heard, uncapped("audio_output", price));
    bill.add("image output", seen, uncapped("image_output", price));
  }
  std::int64_t times_choices(std::int64_t tokens) const {
    return static_cast<std::int64_t>(times(static_cast<Money>(tokens), body_.choices));
  }

  std::int64_t more_steps() {
    const bool steps = body_.server_tools && draw_.happens(server_tools);
    return steps ? draw_.amount(server_tools, 0, steps_max) : 0;
  }

  void add_fees(Bill& bill) {
    const Money fee = listed("request").value_or(0);
    const bool dearer = draw_.happens(dearer_provider) && body_.request_max;
    bill.add("request", 1, dearer ? std::max(fee, *body_.request_max) : fee);
    const Money search = uncapped("web_search", 0);
    const bool deep = row_.id.find("deep-research") != std::string::npos;
    if (row_.has_author("perplexity") || deep ||
        row_.id.find("search-preview") != std::string::npos) {
      if (draw_.happens(own_search)) bill.add("own searches", deep ? 40 : 1, search);
      if (deep && row_.has_author("perplexity"))
        bill.add("reasoning besides", draw_.amount(own_search, 0, 74'000),
                 uncapped("internal_reasoning", 0));
    }
    const bool asks = body_.asks_search || (body_.asks_live_search && row_.has_author("x-ai")) ||
                      (body_.enables_search && row_.has_author("qwen"));
    if (asks && draw_.happens(asked_search))
      bill.add("searches", draw_.amount(asked_search, 1, 50), dollar * 35 / 1000);
    if ((body_.web || body_.online) && draw_.happens(plugins))
      bill.add("web plugin", 1, dollar * 15 / 1000);
    if (body_.fetches && draw_.happens(plugins))
      bill.add("fetches", draw_.amount(plugins, 1, 30), dollar / 1000);
    if (body_.unknown_plugin && draw_.happens(plugins)) bill.add("a plugin", 1, anything);
    if (body_.server_tools && draw_.happens(server_tools))
      bill.add("server tools", draw_.amount(server_tools, 0, steps_max), dollar / 4);
  }

  void add_media(Bill& bill) {
    for (const char* name : {"image", "audio", "input_audio"}) {
      const std::int64_t parts = name[1] == 'm' ? body_.images : body_.other_media;
      if (parts > 0 && draw_.happens(media_input))
        bill.add(name, parts * draw_.amount(media_input, 1, media_tokens_max), uncapped(name, 0));
    }
    if (body_.files > 0 && draw_.happens(media_input))
      bill.add("pages", draw_.amount(media_input, 1, pages_max), dollar * 2 / 1000);
  }

  void add_unknown(Bill& bill) {
    const auto is_zero = [&](const char* name) {
      const auto found = row_.prices.find(name);
      return found == row_.prices.end() || found->second == 0;
    };
    const bool zero = is_zero("prompt") && is_zero("completion") && !row_.is_free();
    if (zero && draw_.happens(not_free)) bill.add("what has no price", 1, anything);
    if (row_.varies && draw_.happens(no_price)) bill.add("a price that varies", 1, anything);
    const bool is_other = body_.elsewhere || !names(body_, row_);
    if (is_other && draw_.happens(other_model)) bill.add("another model", 1, anything);
  }

  const Row& row_;
  const Body& body_;
  Draw& draw_;
  std::int64_t prompt_ = 0, answer_ = 0;
  Time time_;
};

inline Bill bill_of(const Row& row, const Body& body, Draw draw) {
  return Provider(row, body, draw).bill();
}

} // namespace billing
