#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/options/value.hpp"
#include "config/yaml/text_rules.hpp"

namespace elit::config {

struct Section;

// One row of the option table: everything that the loader, the error messages, the JSON Schema, the reference and the
// example know about one key. `set`, `get` and the other functions take a pointer to the value that holds the member,
// such as a PollOptions. All rows of a section belong to one such type.
struct Option {
  enum class Kind {
    text,      // rule
    path,      // of a file or directory; relative ones are relative to the configuration file
    flag,      // true or false
    whole,     // min..max
    real,      // min..max
    duration,  // min..max in milliseconds
    size,      // min..max in bytes
    instant,
    choice,   // one of choices
    secret,   // a reference to one
    headers,  // header name -> text or reference
    words,    // text -> one of choices
    subset,   // a list, each one of choices
    secrets,  // text -> reference
    texts,    // text -> text
    fields,   // text -> a JSON pointer, or {value, policy}
    group,    // a section of its own, in place
    list,     // sections of one kind; at least min of them
  };
  std::string key;
  Kind kind = Kind::text;
  std::string doc;
  bool required = false;
  std::vector<std::string> when;        // only in elements of these kinds; empty: always
  std::vector<std::string> needed_for;  // required only in elements of these kinds
  std::int64_t min = 0;                 // for real: thousandths
  std::int64_t max = 0;
  std::vector<std::string> choices;
  const TextRule* rule = nullptr;
  std::string example;                            // as written in the file; empty: the default is the example
  std::map<std::string, std::string> example_of;  // another one for a kind of element
  bool commented = false;                         // stands commented out in the example
  std::string default_doc;                        // what holds when it is absent and the default is no value

  std::function<void(void* owner, const Value& value)> set;
  std::function<Value(const void* owner)> get;
  std::function<void*(void* owner)> enter;                              // group: the member
  std::function<const void*(const void* owner)> look;                   // group: the same, to read
  std::function<void*(void* owner)> append;                             // list: a new element
  std::function<std::size_t(const void* owner)> count;                  // list
  std::function<const void*(const void* owner, std::size_t index)> at;  // list
  const Section* section = nullptr;                                     // group and list
};

// Lets the check of a section ask for keys and report mistakes. Keys are relative to the section, such as "retry.max"
// or "[1].name".
class Inspector {
 public:
  virtual ~Inspector() = default;
  // Whether the key is absent or was read without a mistake.
  [[nodiscard]] virtual bool sound(std::string_view key) const = 0;
  [[nodiscard]] virtual bool present(std::string_view key) const = 0;
  // Reports a mistake at the key, or at the section when the key is absent.
  virtual void report(const std::string& key, std::string what) = 0;
};

struct Section {
  std::string title;          // for the reference
  std::string doc;            // for the reference and the example
  std::string discriminator;  // the key whose value decides the kind of an element; empty: none
  std::function<std::string(const std::string& value)> kind;  // the kind; empty: the value itself
  std::vector<std::string> example_values;                    // of the discriminator, in the example
  std::shared_ptr<const void> defaults;                       // a value with every default in it
  std::vector<Option> options;
  std::function<void(const void* owner, Inspector& inspector)> check;  // rules across options
};

// The table. Its owner is Options; it lives as long as the program.
[[nodiscard]] const Section& option_table();

// The kind of element that a value of the discriminator makes.
[[nodiscard]] std::string kind_of(const Section& section, const std::string& value);
// The kind of an element that is there.
[[nodiscard]] std::string kind_of(const Section& section, const void* owner);
[[nodiscard]] bool applies(const Option& option, const std::string& kind);
[[nodiscard]] bool is_required(const Option& option, const std::string& kind);
// Kinds of elements in words: "http or a CRM".
[[nodiscard]] std::string kinds_text(const std::vector<std::string>& kinds, const char* quote = "");

// The bounds of an option in words: "between 1s and 1d"; empty when it has none.
[[nodiscard]] std::string bounds_text(const Option& option);

}  // namespace elit::config
