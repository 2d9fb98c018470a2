#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace elit::config {

struct PresetMap;

// One key of a map of a preset. The reader, its messages, the JSON Schema and the reference take it from here.
struct PresetKey {
  enum class Form {
    plain,         // text without placeholders
    plains,        // one such text or a list of them
    text,          // text with placeholders
    texts,         // one such text or a list of them
    by_name,       // names of one's choice -> text with placeholders
    tree,          // the tree of a body
    pointer,       // JSON pointer
    pattern,       // regular expression
    flag,          // true or false
    whole,         // min..max
    real,          // min..max
    duration,      // up to max milliseconds
    size,          // up to max bytes
    word,          // one of words
    words,         // one of words or a list of them
    statuses,      // 200, 500-504, 4xx or a list of them
    locator,       // JSON pointer or `map`
    locators,      // names of one's choice -> locator
    map,           // `map`
    maps,          // one `map` or a list of them
    list,          // a list of `map`
    maps_by_name,  // names of one's choice -> `map`
  };
  std::string key;
  Form form = Form::plain;
  std::string doc;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::vector<std::string> words;  // in the order of their enumeration
  const PresetMap* map = nullptr;
  bool required = false;  // also in a preset that extends another one
};

struct PresetMap {
  std::string name;  // for the schema and the reference; unique
  std::string doc;
  std::vector<PresetKey> keys;

  // Null: there is none of that name.
  [[nodiscard]] const PresetKey* find(std::string_view key) const;
};

// The maps of a preset. They live as long as the program.
namespace preset_map {
[[nodiscard]] const PresetMap& preset();
[[nodiscard]] const PresetMap& setting();
[[nodiscard]] const PresetMap& credential();
[[nodiscard]] const PresetMap& token();
[[nodiscard]] const PresetMap& assertion();
[[nodiscard]] const PresetMap& text_form();
[[nodiscard]] const PresetMap& pace();
[[nodiscard]] const PresetMap& budget();
[[nodiscard]] const PresetMap& burst();
[[nodiscard]] const PresetMap& step();
[[nodiscard]] const PresetMap& reply();
[[nodiscard]] const PresetMap& errors();
[[nodiscard]] const PresetMap& find();
[[nodiscard]] const PresetMap& contained();
[[nodiscard]] const PresetMap& key_match();
[[nodiscard]] const PresetMap& locator();
[[nodiscard]] const PresetMap& condition();
[[nodiscard]] const PresetMap& verdict_rule();
}  // namespace preset_map

// All of them, the whole preset first.
[[nodiscard]] std::vector<const PresetMap*> preset_maps();

}  // namespace elit::config
