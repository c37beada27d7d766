// Random JSON: every value is found and returned byte for byte, and no text does harm.
// WAYFARE_SEED=… replays a run.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"

using namespace wayfare;
using json::Kind;

namespace {

bool parses(std::string_view text) { return json::Document().parse(text); }

std::string string_of(std::string_view text) {
  json::Document document;
  return document.parse(text) && document.root().is_string() ? std::string(document.root().string())
                                                             : "refused";
}

std::uint64_t seed() {
  const std::uint64_t seed = number_from("WAYFARE_SEED", std::random_device()());
  std::printf("json: WAYFARE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// A random document and its expected values.
struct Document {
  Kind kind = Kind::null;
  std::string raw, text, key; // text: the decoded string
  std::vector<Document> children;
};

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : engine_(seed) {}
  std::size_t up_to(std::size_t last) { return engine_() % (last + 1); }

  Document value(int depth) {
    Document model;
    switch (up_to(depth > 0 ? 6 : 4)) {
      case 0: return {Kind::null, "null", {}, {}, {}};
      case 1: return {Kind::boolean, up_to(1) ? "true" : "false", {}, {}, {}};
      case 2: return {Kind::number, number(), {}, {}, {}};
      case 3:
      case 4: return string();
      case 5: model = {Kind::array, "[" + blank(), {}, {}, {}}; break;
      default: model = {Kind::object, "{" + blank(), {}, {}, {}}; break;
    }
    const bool is_object = model.kind == Kind::object;
    for (auto left = up_to(4); left > 0; --left) {
      if (!model.children.empty()) model.raw += "," + blank();
      const Document key = string();
      if (is_object) model.raw += key.raw + blank() + ":" + blank();
      model.children.push_back(value(depth - 1));
      if (is_object) model.children.back().key = key.text;
      model.raw += model.children.back().raw + blank();
    }
    model.raw += is_object ? "}" : "]";
    return model;
  }
  std::string blank() {
    std::string out;
    while (up_to(3) == 0) out += " \t\r\n"[up_to(3)];
    return out;
  }

 private:
  std::string digits() {
    std::string out(1 + up_to(up_to(20) == 0 ? 400 : 6), '0');
    for (char& c : out) c = static_cast<char>('0' + up_to(9));
    return out;
  }
  std::string number() {
    std::string out = up_to(2) == 0 ? "-" : "";
    out += up_to(3) == 0 ? "0" : static_cast<char>('1' + up_to(8)) + (up_to(1) ? digits() : "");
    if (up_to(2) == 0) out += "." + digits();
    if (up_to(3) == 0)
      out += (up_to(1) ? "e" : "E") +
             std::string(up_to(2) == 0 ? "+"
                         : up_to(1)    ? "-"
                                       : "") +
             digits();
    return out;
  }
  Document string() {
    static const std::vector<std::pair<std::string, std::string>> parts{
        {"a", "a"},
        {"é", "é"},
        {"漢", "漢"},
        {"😀", "😀"},
        {"\\\"", "\""},
        {"\\\\", "\\"},
        {"\\/", "/"},
        {"\\b", "\b"},
        {"\\f", "\f"},
        {"\\n", "\n"},
        {"\\r", "\r"},
        {"\\t", "\t"},
        {"\\u0041", "A"},
        {"\\u00e9", "é"},
        {"\\u6F22", "漢"},
        {"\\ud83D\\uDe00", "😀"},
        {"\\u0000", std::string(1, '\0')},
        {"{", "{"},
        {"]", "]"},
        {",", ","},
        {":", ":"},
        {"/", "/"},
        {"\x7F", "\x7F"},
        {"\\uFFFF", "\xEF\xBF\xBF"},
        {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"}};
    Document model{Kind::string, "\"", {}, {}, {}};
    for (auto left = up_to(6); left > 0; --left) {
      const auto& [raw, text] = parts[up_to(parts.size() - 1)];
      model.raw += raw;
      model.text += text;
    }
    model.raw += '"';
    return model;
  }
  std::mt19937_64 engine_;
};

// Returns "" or the first difference between a value and the model.
std::string difference(json::Value value, const Document& model, std::string_view source) {
  if (value.kind() != model.kind) return "the kind of " + model.raw;
  if (value.raw() != model.raw) return std::string(value.raw()) + " given back for " + model.raw;
  if (source.substr(value.begin_offset(), value.end_offset() - value.begin_offset()) != model.raw)
    return "the offsets of " + model.raw;
  if (value.string() != model.text) return "the characters of " + model.raw;
  if (value.number() != (model.kind == Kind::number ? model.raw : ""))
    return "the number " + model.raw;
  if (value.is_true() != (model.raw == "true")) return "the truth of " + model.raw;
  if (value.key() != model.key) return "the key of " + model.raw;
  if (value.size() != model.children.size()) return "the size of " + model.raw;
  json::Value child = value.first();
  for (const Document& expected : model.children) {
    if (auto found = difference(child, expected, source); !found.empty()) return found;
    if (model.kind == Kind::object && !value[expected.key].exists())
      return "a member of " + model.raw;
    child = child.next();
  }
  return child.exists() ? "one child too many in " + model.raw : "";
}

} // namespace

TEST_CASE("every value of a random document is found and returned byte for byte") {
  Maker maker(seed());
  json::Document document, again;
  for (int left = 20'000; left > 0; --left) {
    const Document model = maker.value(6);
    const std::string source = maker.blank() + model.raw + maker.blank();
    if (!document.parse(source)) FAIL(source << ": " << document.error());
    if (const auto found = difference(document.root(), model, source); !found.empty())
      FAIL(found << " in " << source);
    if (!again.parse(document.root().raw()) ||
        !difference(again.root(), model, document.root().raw()).empty())
      FAIL("again: " << source);
    if (model.kind != Kind::number &&
        parses(std::string_view(model.raw).substr(0, model.raw.size() - 1)))
      FAIL("cut short: " << model.raw);
  }
}

TEST_CASE("mutated documents are read or refused, and do no harm") {
  Maker maker(seed());
  json::Document document;
  for (int left = 50'000; left > 0; --left) {
    std::string text = maker.value(5).raw;
    for (auto changes = 1 + maker.up_to(2); changes > 0 && !text.empty(); --changes) {
      const auto at = maker.up_to(text.size() - 1);
      if (maker.up_to(1))
        text[at] = static_cast<char>(maker.up_to(255));
      else
        text.erase(at, 1 + maker.up_to(3));
    }
    if (!document.parse(text)) continue;
    const std::string_view raw = document.root().raw();
    if (text.find(raw) == text.npos || !parses(raw)) FAIL(text);
  }
}

TEST_CASE("random bytes are written as a string that can be read, and UTF-8 comes back unchanged") {
  Maker maker(seed());
  for (int left = 30'000; left > 0; --left) {
    std::string bytes;
    for (auto more = maker.up_to(12); more > 0; --more) {
      if (maker.up_to(2) == 0)
        bytes += static_cast<char>(maker.up_to(255));
      else
        bytes +=
            std::vector<std::string>{"a",          "\"",     "\\",
                                     "\n",         "\u00e9", "\u6f22",
                                     "\U0001F600", "\x7F",   std::string(1, '\0')}[maker.up_to(8)];
    }
    const std::string written = json::quoted(bytes);
    const std::string back = string_of(written);
    if (!json::is_utf8(written) || written.find('\n') != written.npos) FAIL(written);
    if (json::is_utf8(bytes) ? back != bytes
                             : back == "refused" || back.find("\xEF\xBF\xBD") == back.npos)
      FAIL(written);
  }
}
