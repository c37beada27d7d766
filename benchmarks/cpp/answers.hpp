// What the loopback server answers: bodies of the size and shape that OpenRouter sends.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace bench {

inline const std::string_view plain_body =
    R"({"id":"gen-1763900000-AbCdEfGhIjKlMnOpQrSt","provider":"OpenAI",)"
    R"("model":"openai/gpt-4o-mini","object":"chat.completion",)"
    R"("created":1763900000,"choices":[{"logprobs":null,"finish_reason":"stop",)"
    R"("native_finish_reason":"stop","index":0,"message":)"
    R"({"role":"assistant",)"
    R"("content":"The quick brown fox jumps over the lazy dog, and the lazy dog does not )"
    R"(mind at all: it has seen)"
    R"( many foxes come and go, and none of them ever stayed for dinner.","refusal":null,)"
    R"("reasoning":null}}],"system_fingerprint":)"
    R"("fp_0123456789","usage":{"prompt_tokens":110,"completion_tokens":36,)"
    R"("total_tokens":146,"cost":0.0000381,"is_byok":false,)"
    R"("prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"cost_details":)"
    R"({"upstream_inference_cost":null,"upstream_inference_prompt_cost":0.0000165,)"
    R"("upstream_inference_completions_cost":0.0000216},)"
    R"("completion_tokens_details":{"reasoning_tokens":0}}})";

inline const std::string_view models_body =
    R"({"data":[{"id":"openai/gpt-4o-mini","canonical_slug":"openai/gpt-4o-mini",)"
    R"("name":"OpenAI: GPT-4o-mini","created":1721260800,)"
    R"("context_length":128000,"architecture":{"input_modalities":["text","image","file"],)"
    R"("output_modalities":["text"]},)"
    R"("supported_parameters":["max_completion_tokens","max_tokens","temperature","tools"],)"
    R"("top_provider":{"context_length":128000,)"
    R"("max_completion_tokens":16384},"pricing":{"prompt":"0.00000015",)"
    R"("completion":"0.0000006"}}]})";

// One event of a stream, some 290 bytes. The text differs from event to event: some clients end a
// stream that repeats itself.
inline std::string chunk(std::string_view text, std::string_view finish = "null",
                         std::string_view more = "") {
  std::string out = R"(data: {"id":"gen-1763900000-AbCdEfGhIjKlMnOpQrSt","provider":"OpenAI",)"
                    R"("model":"openai/gpt-4o-mini","object":)"
                    R"("chat.completion.chunk","created":1763900000,"choices":[{"index":0,"delta":)"
                    R"({"role":"assistant","content":")";
  out.append(text)
      .append(R"("},"finish_reason":)")
      .append(finish)
      .append(R"(,"native_finish_reason":)")
      .append(finish);
  return out.append(R"(,"logprobs":null}],"system_fingerprint":"fp_0123456789")")
      .append(more)
      .append("}\n\n");
}
// As models write: each tenth piece ends a line, which JSON escapes, each sixteenth has a letter
// that is not ASCII.
inline std::string chunk(int number) {
  char text[32];
  std::snprintf(text, sizeof text, " token%05d%s", number,
                number % 10 == 9   ? "\\n"
                : number % 16 == 7 ? "é"
                                   : "");
  return chunk(text);
}
inline const std::string& last_chunks() {
  static const std::string text =
      chunk("", R"("stop")") +
      chunk("", "null",
            R"(,"usage":{"prompt_tokens":110,"completion_tokens":1000,"total_tokens":1110,)"
            R"("cost":0.0006165,)"
            R"("is_byok":false,"prompt_tokens_details":{"cached_tokens":0},)"
            R"("completion_tokens_details":{"reasoning_tokens":0}})") +
      "data: [DONE]\n\n";
  return text;
}

} // namespace bench
