#include "wire/read_needs.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wayfare::wire {

namespace {

using json::Value;

// Prompt tokens that no byte of the body stands for. A server adds them by chat templates and by
// prompts of its own. Sources: Anthropic, "Tool use", the table of system prompt tokens (up to 804
// with a tool choice, 286 to 406 without); the default system messages in the published chat
// templates of gpt-oss (some 60 tokens) and Llama 3 (25); Anthropic, "Structured outputs" (a system
// prompt that explains the format).
constexpr std::int64_t hidden_in_call = 128, hidden_with_tools = 600, hidden_by_choice = 400,
                       hidden_by_format = 400;
// The frame of a message costs so much at most beside its texts: its role, and the marks around it.
constexpr std::int64_t message_overhead = 16;

class BodyReader {
 public:
  explicit BodyReader(const json::Document& document) : document_(document) {}

  Needs read(const json::Document* other, const std::vector<Value>& more) {
    const Value body = document_.root();
    needs_.body_bytes = static_cast<std::int64_t>(body.raw().size());
    needs_.hidden_tokens = hidden_in_call;
    for (Value member = body.first(); member.exists(); member = member.next())
      if (!member.is_null()) read_member(member.key(), member);
    for (const Value member : more) {
      needs_.body_bytes += static_cast<std::int64_t>(member.raw().size() + member.key().size());
      read_member(member.key(), member);
    }
    for (const char* name : {"cache_control", "prompt_cache_breakpoint", "prompt_cache_options"})
      needs_.caches = needs_.caches || document_.has_name(name) || (other && other->has_name(name));
    // Parameters that a model does not know are left out by the server, unless it is told not to.
    if (!needs_.strict) return std::move(needs_);
    for (Value member = body.first(); member.exists(); member = member.next())
      read_parameter(member);
    for (const Value member : more) read_parameter(member);
    return std::move(needs_);
  }

 private:
  // Each member of the body that matters has one function.
  void read_member(std::string_view name, Value member) {
    struct Entry {
      std::string_view name;
      void (BodyReader::*read)(Value);
    };
    static constexpr std::array<Entry, 31> table{
        {{"messages", &BodyReader::read_messages},
         {"prompt", &BodyReader::read_prompt},
         {"tools", &BodyReader::read_tools},
         {"functions", &BodyReader::read_functions},
         {"tool_choice", &BodyReader::read_tool_choice},
         {"response_format", &BodyReader::read_format},
         {"provider", &BodyReader::read_provider},
         {"modalities", &BodyReader::read_modalities},
         {"audio", &BodyReader::read_audio},
         {"image_config", &BodyReader::read_image},
         {"plugins", &BodyReader::read_plugins},
         {"web_search_options", &BodyReader::read_search},
         {"x_search_filter", &BodyReader::read_search},
         {"search_parameters", &BodyReader::read_search},
         {"enable_search", &BodyReader::read_search},
         {"web_search", &BodyReader::read_search},
         {"connectors", &BodyReader::read_search},
         {"mcp_servers", &BodyReader::read_search},
         {"service_tier", &BodyReader::read_tier},
         {"speed", &BodyReader::read_tier},
         {"max_completion_tokens", &BodyReader::read_cap},
         {"max_tokens", &BodyReader::read_cap},
         {"n", &BodyReader::read_answers},
         {"best_of", &BodyReader::read_answers},
         {"reasoning", &BodyReader::read_reasoning},
         {"thinking", &BodyReader::read_reasoning},
         {"thinking_budget", &BodyReader::read_reasoning_limit},
         {"reasoning_budget", &BodyReader::read_reasoning_limit},
         {"prediction", &BodyReader::read_prediction},
         {"models", &BodyReader::read_models},
         {"preset", &BodyReader::read_preset}}};
    // Most members are not in the table. One bit for each size and first letter tells that of many.
    static constexpr auto bit_of = [](std::string_view key) {
      const std::size_t letter = key.empty() ? 0 : static_cast<unsigned char>(key.front());
      return std::uint64_t{1} << ((key.size() * 7 + letter) & 63U);
    };
    static constexpr std::uint64_t bits = [] {
      std::uint64_t all = 0;
      for (const Entry& entry : table) all |= bit_of(entry.name);
      return all;
    }();
    if ((bits & bit_of(name)) == 0) return;
    for (const Entry& entry : table)
      if (entry.name == name) return (this->*entry.read)(member);
  }

  void unbound(std::string part) {
    if (needs_.unbounded.empty()) needs_.unbounded = std::move(part);
  }
  // Servers may make anything of a member in a form that the API does not have.
  void odd_form(Value member) {
    unbound(std::string(member.key()) + ", in a form that is not understood");
  }
  void count(Value part) { needs_.prompt_bytes += static_cast<std::int64_t>(part.raw().size()); }
  static void note(std::vector<std::string>& list, std::string_view name) {
    if (std::ranges::find(list, name) == list.end()) list.emplace_back(name);
  }
  // A whole number above 0 that is written as one: some servers leave others out.
  static std::optional<std::int64_t> count_of(Value value) {
    const auto number = value.integer();
    return number && *number > 0 ? number : std::nullopt;
  }

  // ---- The prompt.

  void media(std::string_view modality) {
    note(needs_.inputs, modality);
    // how many tokens it becomes, the provider alone knows
    unbound(std::string(modality) + " input");
  }
  // The modality of a part by its type, or by a member that only such a part has; "" where none.
  static std::string_view modality_of(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kinds{
        {{"image_url", "image"},
         {"image", "image"},
         {"images", "image"},
         {"file", "file"},
         {"files", "file"},
         {"attachments", "file"},
         {"document", "file"},
         {"documents", "file"},
         {"input_audio", "audio"},
         {"audio_url", "audio"},
         {"video_url", "video"},
         {"input_video", "video"},
         {"video", "video"},
         {"videos", "video"}}};
    for (const auto& [kind, modality] : kinds)
      if (name == kind) return modality;
    return {};
  }
  // The members of a part or a message that stand for media beside its text.
  void read_media_in(Value holder) {
    for (Value member = holder.first(); holder.is_object() && member.exists();
         member = member.next())
      if (const auto modality = modality_of(member.key()); !modality.empty() && !member.is_null())
        media(modality);
  }
  void read_part(Value part) {
    const auto type = part["type"].string();
    if (const auto modality = modality_of(type); !modality.empty()) return media(modality);
    count(part);
    read_media_in(part);
    if (type != "text" && type != "refusal" && !part.is_string())
      unbound("a part of the type " + std::string(type.empty() ? "that is missing" : type));
  }
  void read_messages(Value messages) {
    if (!messages.is_array()) odd_form(messages);
    for (Value message = messages.first(); messages.is_array() && message.exists();
         message = message.next()) {
      needs_.prompt_bytes += message_overhead;
      needs_.hidden_tokens += message_overhead;
      for (Value member = message.first(); member.exists(); member = member.next()) {
        if (member.key() == "content" && member.is_array()) {
          for (Value part = member.first(); part.exists(); part = part.next()) read_part(part);
          continue;
        }
        count(member);
        if (member.is_null()) continue;
        if (member.key() == "content" && !member.is_string()) odd_form(member);
        // Each stands for more than its own bytes.
        if (member.key() == "audio") unbound("the audio of an earlier answer");
        if (member.key() == "annotations") unbound("a file of an earlier answer");
      }
      read_media_in(message);
    }
  }
  void read_prompt(Value prompt) {
    count(prompt);
    if (prompt.is_object()) odd_form(prompt);
  }

  // ---- Tools and formats.

  void has_tools() {
    note(needs_.parameters, "tools");
    needs_.hidden_tokens += hidden_with_tools;
  }
  void read_tools(Value tools) {
    if (!tools.is_array()) odd_form(tools);
    if (tools.size() == 0) return;
    has_tools();
    count(tools);
    for (Value tool = tools.first(); tool.exists(); tool = tool.next()) {
      needs_.hidden_tokens += message_overhead;
      if (const auto type = tool["type"].string(); type != "function")
        unbound("the tool " + std::string(type.empty() ? "without a type" : type));
    }
  }
  void read_functions(Value functions) {
    if (functions.size() == 0) return;
    has_tools();
    count(functions);
  }
  void read_tool_choice(Value choice) {
    if (choice.string() == "none" || choice.string() == "auto") return;
    const bool must_call = choice.string() == "required" || choice.string() == "any";
    if (!choice.is_object() && !must_call) odd_form(choice);
    note(needs_.parameters, "tool_choice");
    needs_.hidden_tokens += hidden_by_choice;
    if (const auto type = choice["type"].string(); choice.is_object() && type != "function")
      unbound("the tool " + std::string(type.empty() ? "without a type" : type));
  }
  void read_format(Value format) {
    const auto type = format["type"].string();
    if (type.empty() || type == "text") return;
    note(needs_.parameters, type == "json_schema" ? "structured_outputs" : "response_format");
    needs_.hidden_tokens += hidden_by_format;
    count(format);
  }

  // ---- The answer.

  void read_cap(Value cap) {
    const auto tokens = count_of(cap);
    if (!tokens) return unbound(std::string(cap.key()) + ", which is not a whole number above 0");
    needs_.completion_tokens = std::max(needs_.completion_tokens.value_or(0), *tokens);
  }
  void read_answers(Value answers) {
    const auto times = count_of(answers);
    if (!times)
      return unbound(std::string(answers.key()) + ", which is not a whole number above 0");
    needs_.answers = std::max(needs_.answers, *times);
  }
  void add_completion(std::int64_t tokens) {
    if (__builtin_add_overflow(needs_.more_completion_tokens, tokens,
                               &needs_.more_completion_tokens))
      unbound("the length of the answer");
  }
  // Some providers bill reasoning beside the cap of the answer.
  void read_reasoning(Value reasoning) {
    if (!reasoning.is_object()) odd_form(reasoning);
    for (const char* name : {"max_tokens", "budget_tokens"}) read_reasoning_limit(reasoning[name]);
  }
  void read_reasoning_limit(Value limit) {
    if (!limit.exists() || limit.is_null()) return;
    const auto tokens = count_of(limit);
    if (tokens)
      add_completion(*tokens);
    else if (limit.number() != "0")
      unbound("the limit of the reasoning, which is not a whole number");
  }
  // Rejected tokens of a prediction are billed as completion.
  void read_prediction(Value prediction) {
    count(prediction);
    add_completion(static_cast<std::int64_t>(prediction.raw().size()));
  }
  void read_modalities(Value modalities) {
    if (!modalities.is_array()) odd_form(modalities);
    for (Value one = modalities.first(); modalities.is_array() && one.exists(); one = one.next()) {
      if (one.string() == "text") continue;
      note(needs_.outputs, one.string());
      unbound(std::string(one.string()) + " output");
    }
  }
  void read_audio(Value) { unbound("audio output"); }
  void read_image(Value) { unbound("image output"); }

  // ---- What is billed beside the tokens, and who serves.

  // These two cost nothing, by OpenRouter's page on plugins.
  void read_plugins(Value plugins) {
    for (Value plugin = plugins.first(); plugins.is_array() && plugin.exists();
         plugin = plugin.next()) {
      const auto id = plugin["id"].string();
      const bool is_off =
          plugin["enabled"].kind() == json::Kind::boolean && !plugin["enabled"].is_true();
      if (id != "response-healing" && id != "context-compression" && !is_off)
        unbound("the plugin " + std::string(id.empty() ? "without an id" : id));
    }
    if (!plugins.is_array()) unbound("plugins");
  }
  void read_search(Value search) {
    const bool is_off = search.kind() == json::Kind::boolean && !search.is_true();
    if (!is_off) unbound(std::string(search.key()));
  }
  void read_tier(Value tier) {
    static constexpr std::array<std::string_view, 4> usual{"auto", "default", "flex", "standard"};
    if (std::ranges::find(usual, tier.string()) == usual.end()) unbound(std::string(tier.key()));
  }
  void read_models(Value models) {
    unbound("the body's models");
    for (Value one = models.first(); models.is_array() && one.exists(); one = one.next())
      if (one.is_string()) needs_.other_models.emplace_back(one.string());
  }
  void read_preset(Value) { unbound("preset"); }

  // Dollars per million tokens, as provider.max_price has them, per token.
  static std::optional<Price> per_token(Value given) {
    const auto price = Price::parse(given.is_string() ? given.string() : given.number());
    return price ? std::optional(price->from_per_million()) : std::nullopt;
  }
  // A list that is longer is left to the server to judge.
  static std::vector<std::string> texts_of(Value list) {
    constexpr std::size_t most = 128;
    std::vector<std::string> texts;
    if (list.size() > most) return texts;
    for (Value one = list.first(); list.is_array() && one.exists(); one = one.next())
      if (one.is_string()) texts.emplace_back(one.string());
    return texts;
  }
  void read_provider_rules(Value provider) {
    ProviderRules& rules = needs_.providers;
    const Value fallbacks = provider["allow_fallbacks"];
    const bool is_alone = fallbacks.kind() == json::Kind::boolean && !fallbacks.is_true();
    rules.only = texts_of(provider["only"]);
    if (rules.only.empty() && is_alone) rules.only = texts_of(provider["order"]);
    rules.ignore = texts_of(provider["ignore"]);
    rules.quantizations = texts_of(provider["quantizations"]);
    if (provider["zdr"].is_true()) rules.zdr = true;
    if (provider["data_collection"].string() == "deny")
      rules.data_collection = DataCollection::deny;
    for (const char* name : {"order", "only", "ignore", "sort"}) {
      const Value member = provider[name];
      if (member.exists() && !member.is_null()) needs_.chooses_provider = true;
    }
  }
  void read_provider(Value provider) {
    read_provider_rules(provider);
    needs_.strict = provider["require_parameters"].is_true();
    const Value most = provider["max_price"];
    for (Value limit = most.first(); most.is_object() && limit.exists(); limit = limit.next())
      if (!limit.is_null()) needs_.own_limits.emplace_back(limit.key());
    needs_.prompt_max = per_token(most["prompt"]);
    needs_.completion_max = per_token(most["completion"]);
    const Value request = most["request"];
    needs_.request_max = Price::parse(request.is_string() ? request.string() : request.number());
  }

  // The API's own list of parameters: names outside it exclude no model.
  void read_parameter(Value member) {
    static constexpr std::array<std::string_view, 19> known{"temperature",
                                                            "top_p",
                                                            "top_k",
                                                            "min_p",
                                                            "top_a",
                                                            "seed",
                                                            "stop",
                                                            "frequency_penalty",
                                                            "presence_penalty",
                                                            "logit_bias",
                                                            "logprobs",
                                                            "top_logprobs",
                                                            "repetition_penalty",
                                                            "prediction",
                                                            "reasoning",
                                                            "include_reasoning",
                                                            "reasoning_effort",
                                                            "verbosity",
                                                            "structured_outputs"};
    if (!member.is_null() && std::ranges::find(known, member.key()) != known.end())
      note(needs_.parameters, member.key());
  }

  const json::Document& document_;
  Needs needs_;
};

} // namespace

Needs needs_of(const json::Document& body, const json::Document* other,
               const std::vector<json::Value>& more) {
  return BodyReader(body).read(other, more);
}

} // namespace wayfare::wire
