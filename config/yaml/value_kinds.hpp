#pragma once

#include <boost/json/array.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/yaml/description.hpp"
#include "config/yaml/diagnostics.hpp"
#include "config/yaml/text_rules.hpp"
#include "core/instant.hpp"

// The kinds of values that options and presets share. A kind has
//   Value                                    what a value becomes;
//   describe(FieldDescription&)              fills in the type, the schema and the bounds;
//   read(node, path, context, Value&)        false: it has mistakes, and all are in `context.diagnostics`;
//   write(const Value&), where there are defaults: the value as it would stand in the file, empty for none.
// A node that is read is not null. A table of rows (section.hpp) says which member has which kind.
namespace elit::config {

// What the readers of values need beside the node.
struct ReadContext {
  Diagnostics& diagnostics;
};

inline constexpr const char* no_value = "has no value: give it one, or remove the key";

// Words for what stands there: "a list".
[[nodiscard]] std::string what_is(const Node& node);
// Reports a mistake at the node; false.
bool fail(const Node& node, const std::string& path, const ReadContext& context, std::string what);
// Whether it is a single value, a map; a mistake otherwise.
[[nodiscard]] bool is_scalar(const Node& node, const std::string& path, const ReadContext& context);
[[nodiscard]] bool is_map_of_names(const Node& node, const std::string& path, const ReadContext& context);
// Whether its text is on one line and without control characters; a mistake otherwise.
[[nodiscard]] bool is_one_line(const Node& node, const std::string& path, const ReadContext& context);
[[nodiscard]] boost::json::array json_strings(const std::vector<std::string>& words);

// Text as it stands in a block, and inside {...} or [...]; quoted where it has to be.
[[nodiscard]] std::string block_text(const std::string& text);
[[nodiscard]] std::string flow_text(const std::string& text);

// Text on one line that follows a rule.
struct Text {
  using Value = std::string;
  const TextRule& rule;

  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, const ReadContext& context, std::string& value) const;
  [[nodiscard]] std::string write(const std::string& value) const;
};

// Any text, without placeholders. `one_line`: control characters and line breaks are mistakes.
struct PlainText {
  using Value = std::string;
  bool one_line = false;

  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, const ReadContext& context, std::string& value) const;
  [[nodiscard]] static std::string write_inside(const std::string& value) { return flow_text(value); }
};

struct Flag {
  using Value = bool;

  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, const ReadContext& context, bool& value) const;
  [[nodiscard]] std::string write(bool value) const { return value ? "true" : "false"; }
};

// A whole number. A `max` of `unbounded` is not shown.
struct Whole {
  static constexpr std::int64_t unbounded = INT64_MAX / 2;
  using Value = std::int64_t;
  std::int64_t min = 0;
  std::int64_t max = unbounded;

  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, const ReadContext& context, std::int64_t& value) const;
  [[nodiscard]] std::string write(std::int64_t value) const { return std::to_string(value); }
};

struct Real {
  using Value = double;
  std::int64_t min = 0;
  std::int64_t max = 0;

  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, const ReadContext& context, double& value) const;
  [[nodiscard]] std::string write(double value) const;
};

struct Duration {
  using Value = Milliseconds;
  Milliseconds min{0};
  Milliseconds max{0};

  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, const ReadContext& context, Milliseconds& value) const;
  [[nodiscard]] std::string write(Milliseconds value) const;
};

// Bytes.
struct Size {
  using Value = std::int64_t;
  std::int64_t min = 0;
  std::int64_t max = 0;

  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, const ReadContext& context, std::int64_t& value) const;
  [[nodiscard]] std::string write(std::int64_t value) const;
};

// One of several words.
class Word {
 public:
  explicit Word(std::vector<std::string> words) : words_(std::move(words)) {}

  void describe(FieldDescription& about) const;
  // The place of the word among them; absent after a mistake.
  [[nodiscard]] std::optional<std::size_t> find(const Node& node, const std::string& path,
                                                const ReadContext& context) const;
  [[nodiscard]] const std::string& at(std::size_t index) const { return words_.at(index); }

 private:
  std::vector<std::string> words_;
};

// A word and what it means.
template <class Meaning>
class Choice {
 public:
  using Value = Meaning;

  explicit Choice(const std::vector<std::pair<std::string, Meaning>>& words) : word_(names_of(words)) {
    for (const auto& word : words) {
      meanings_.push_back(word.second);
    }
  }

  void describe(FieldDescription& about) const { word_.describe(about); }
  bool read(const Node& node, const std::string& path, const ReadContext& context, Meaning& value) const {
    const std::optional<std::size_t> found = word_.find(node, path, context);
    if (found) {
      value = meanings_[*found];
    }
    return found.has_value();
  }
  [[nodiscard]] std::string write(const Meaning& value) const {
    for (std::size_t index = 0; index < meanings_.size(); ++index) {
      if (meanings_[index] == value) {
        return word_.at(index);
      }
    }
    return {};
  }
  [[nodiscard]] std::string write_inside(const Meaning& value) const { return flow_text(write(value)); }

 private:
  static std::vector<std::string> names_of(const std::vector<std::pair<std::string, Meaning>>& words) {
    std::vector<std::string> names;
    names.reserve(words.size());
    for (const auto& word : words) {
      names.push_back(word.first);
    }
    return names;
  }

  Word word_;
  std::vector<Meaning> meanings_;
};

// Words that mean themselves.
[[nodiscard]] Choice<std::string> words(const std::vector<std::string>& names);

// A list of some of several words, each once.
struct Subset {
  using Value = std::vector<std::string>;
  Word word;

  explicit Subset(std::vector<std::string> words) : word(std::move(words)) {}
  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, const ReadContext& context, Value& value) const;
  [[nodiscard]] std::string write(const Value& value) const;
};

// A list of values; a single value stands for a list of one, an empty list for none. `plural`: of the type.
template <class Kind, class List = std::vector<typename Kind::Value>>
struct OneOrMore {
  using Value = List;
  Kind kind;
  std::string plural;

  void describe(FieldDescription& about) const {
    kind.describe(about);
    about.shape = FieldDescription::Shape::value;
    about.choices.clear();
    about.type = "list of " + (plural.empty() ? about.type : plural);
    const boost::json::object list{{"type", "array"}, {"items", about.schema}};
    about.schema = {{"anyOf", boost::json::array{about.schema, list}}};
  }
  template <class Context>
  bool read(const Node& node, const std::string& path, Context& context, List& list) const {
    if (node.kind != Node::Kind::sequence) {
      list.clear();
      return add(node, path, context, list);
    }
    bool sound = true;
    List values;
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      sound = add(node.items[index], path_of(path, index), context, values) && sound;
    }
    if (!values.empty()) {
      list = std::move(values);
    }
    return sound;
  }

 private:
  template <class Context>
  bool add(const Node& node, const std::string& path, Context& context, List& list) const {
    if (node.kind == Node::Kind::null) {
      return fail(node, path, context, "has no value: give it one, or remove it");
    }
    typename Kind::Value value{};
    const bool sound = kind.read(node, path, context, value);
    list.insert(list.end(), std::move(value));
    return sound;
  }
};

// A map whose keys are names of the writer's choice, to a std::map or a list of pairs. `type`: of the whole, in words;
// `problem`: what is wrong with a name, or nothing.
template <class Kind, class Map>
struct ByName {
  using Value = Map;
  Kind kind;
  std::string type;
  std::optional<std::string> (*problem)(const std::string& name) = nullptr;

  void describe(FieldDescription& about) const {
    kind.describe(about);
    about.shape = FieldDescription::Shape::value;
    about.choices.clear();
    about.type = type;
    about.schema = {{"type", "object"}, {"additionalProperties", about.schema}};
  }
  template <class Context>
  bool read(const Node& node, const std::string& path, Context& context, Map& map) const {
    if (!is_map_of_names(node, path, context)) {
      return false;
    }
    map.clear();
    bool sound = true;
    for (const Entry& entry : node.entries) {
      const std::string entry_path = path_of(path, entry.key);
      context.diagnostics.origins[entry_path] = entry.value.place;
      if (const auto what = problem == nullptr ? std::nullopt : problem(entry.key)) {
        context.diagnostics.report(entry.place, entry_path, *what);
        sound = false;
      }
      typename Kind::Value value{};
      sound = (entry.value.kind == Node::Kind::null ? fail(entry.value, entry_path, context, no_value)
                                                    : kind.read(entry.value, entry_path, context, value)) &&
              sound;
      map.insert(map.end(), typename Map::value_type{entry.key, std::move(value)});
    }
    return sound;
  }
  [[nodiscard]] std::string write(const Map& map) const requires
      requires(const Kind& one, const typename Kind::Value& value) {
    one.write_inside(value);
  }
  {
    std::string result;
    for (const auto& [name, value] : map) {
      result += (result.empty() ? "" : ", ") + flow_text(name) + ": " + kind.write_inside(value);
    }
    return "{" + result + "}";
  }
};

}  // namespace elit::config
