#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace elit::config {

struct SectionDescription;

// What is known of one key without its C++ type: the messages, the JSON Schemas, the references and the example are
// made from it. The kind of the value (value_kinds.hpp) fills in the first group; the table the rest.
struct FieldDescription {
  enum class Shape { value, section, list };  // section: a map with keys of its own, in place; list: a list of such

  Shape shape = Shape::value;
  std::string type;            // in words: "duration"
  boost::json::object schema;  // the JSON Schema of a value
  std::string bounds;          // "between 1s and 1d"; empty: none
  std::int64_t min = 0;        // of a number, of milliseconds or bytes, of the entries of a list
  std::int64_t max = 0;
  std::vector<std::string> choices;  // the only values that are allowed; empty: not a choice
  const SectionDescription* section = nullptr;
  std::string standard;  // the default, as written in the file; empty: none

  std::string key;
  std::string doc;
  bool required = false;
  std::string advice;                   // what to add when it is missing, which is a mistake; empty: see `example`
  std::vector<std::string> when;        // only in elements of these kinds; empty: always
  std::vector<std::string> needed_for;  // required only in elements of these kinds
  std::string example;                  // as written in the file; empty: the default is the example
  std::map<std::string, std::string> example_of;  // another one for a kind of element
  bool commented = false;                         // stands commented out in the example
  std::string default_doc;                        // what holds when it is absent and the default is no value
};

// A map with known keys.
struct SectionDescription {
  std::string title;  // its name in a schema with definitions, and in the reference of presets
  std::string doc;
  std::deque<FieldDescription> fields;  // a reference to one stays valid while more are added
  std::string discriminator;            // the key whose value decides the kind of an element; empty: none
  std::function<std::string(const std::string& value)> kind;  // the kind; empty: the value itself
  std::vector<std::string> example_values;                    // of the discriminator, in the example

  [[nodiscard]] const FieldDescription* find(const std::string& key) const;
};

// The kind of element that a value of the discriminator makes.
[[nodiscard]] std::string kind_of(const SectionDescription& section, const std::string& value);
[[nodiscard]] bool applies(const FieldDescription& field, const std::string& kind);
[[nodiscard]] bool is_required(const FieldDescription& field, const std::string& kind);
// Kinds of elements in words: "http or a CRM".
[[nodiscard]] std::string kinds_text(const std::vector<std::string>& kinds, const char* quote = "");

// Text for a cell of a Markdown table.
[[nodiscard]] std::string markdown_cell(std::string_view text);
// The meaning of a field with its bounds, in sentences.
[[nodiscard]] std::string meaning_of(const FieldDescription& field);

}  // namespace elit::config
