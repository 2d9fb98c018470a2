#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/presets/preset_texts.hpp"
#include "config/yaml/section.hpp"
#include "core/crm/preset.hpp"

// The kinds of values that only presets have; see config/yaml/value_kinds.hpp.
namespace elit::config {

// What placeholders may name at the places of a map.
struct Places {
  PlaceholderContext choice;   // where a step chooses its items
  PlaceholderContext address;  // in paths and queries
  PlaceholderContext content;  // in headers and bodies
  PlaceholderContext each;     // in a body, inside `$each: items`
  PlaceholderContext element;  // where an element of an answer is compared with an item
};
using TextPlace = PlaceholderContext Places::*;

struct PresetContext : ReadContext {
  PresetTexts& texts;
  Places places;
  std::size_t index = 0;  // of the entry of a map by name that is read
  bool batch = false;     // a request of the step may hold several items
  bool reads = false;     // it is a step of kind: read
};

template <class Owner>
using PresetSection = Section<Owner, PresetContext>;

// Text with placeholders.
struct PlaceholderText {
  using Value = crm::Text;
  TextPlace place;

  static void describe(FieldDescription& about);
  bool read(const Node& node, const std::string& path, const PresetContext& context, crm::Text& value) const;
};

// The default of a contact's field, kept as it is written.
struct MappedField {
  using Value = std::string;

  static void describe(FieldDescription& about) { PlaceholderText::describe(about); }
  static bool read(const Node& node, const std::string& path, const PresetContext& context, std::string& value);
};

using NamedTexts = ByName<PlaceholderText, std::vector<std::pair<std::string, crm::Text>>>;

// The headers of a request. One whose name suggests a secret has to take it from a placeholder.
struct RequestHeaders {
  using Value = NamedTexts::Value;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const PresetContext& context, Value& value);
};

struct Body {
  using Value = crm::Tree;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const PresetContext& context, crm::Tree& value);
};

// JSON pointer.
struct PointerText {
  using Value = std::string;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const ReadContext& context, std::string& value);
};

// Regular expression.
struct PatternText {
  using Value = std::optional<Pattern>;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const ReadContext& context, Value& value);
};

// 200, 200-299 or 2xx.
struct Statuses {
  using Value = std::pair<int, int>;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const ReadContext& context, Value& value);
};

// A pointer alone, or a map that names a place.
struct LocatorValue {
  using Value = crm::Locator;
  const PresetSection<crm::Locator>& table;

  void describe(FieldDescription& about) const;
  bool read(const Node& node, const std::string& path, PresetContext& context, crm::Locator& value) const;
};

// Verdict rules: one map or a list. A rule behind one that always holds is a mistake.
struct VerdictRules {
  using Value = std::vector<crm::VerdictRule>;
  OneOrMore<InSection<crm::VerdictRule, PresetContext>> rules;

  void describe(FieldDescription& about) const { rules.describe(about); }
  bool read(const Node& node, const std::string& path, PresetContext& context, Value& value) const;
};

// Which items of a step are chosen.
class OnlyWords {
 public:
  using Value = crm::Step;

  OnlyWords();
  void describe(FieldDescription& about) const { words_.describe(about); }
  bool read(const Node& node, const std::string& path, PresetContext& context, crm::Step& value) const;

 private:
  OneOrMore<Choice<bool crm::Step::*>> words_;
};

// The verdict of a rule, and what else the word means.
class VerdictWord {
 public:
  using Value = crm::VerdictRule;

  VerdictWord();
  void describe(FieldDescription& about) const { word_.describe(about); }
  bool read(const Node& node, const std::string& path, PresetContext& context, crm::VerdictRule& value) const;

 private:
  Choice<std::pair<Verdict, crm::VerdictRule::Effect>> word_;
};

// Maps with keys of their own, by a name that becomes the member `name`.
template <class Owner>
struct Named {
  using Value = std::vector<Owner>;
  const PresetSection<Owner>& table;
  std::optional<std::string> (*problem)(const std::string& name);

  void describe(FieldDescription& about) const {
    describe_section(table.about, about);
    about.shape = FieldDescription::Shape::value;
    about.type = "map of names to " + about.type;
    about.schema = {{"type", "object"}, {"additionalProperties", about.schema}};
  }
  bool read(const Node& node, const std::string& path, PresetContext& context, Value& list) const {
    if (!is_map_of_names(node, path, context)) {
      return false;
    }
    for (const Entry& entry : node.entries) {
      const std::string entry_path = path_of(path, entry.key);
      context.diagnostics.origins[entry_path] = entry.value.place;
      if (const auto what = problem(entry.key)) {
        context.diagnostics.report(entry.place, entry_path, *what);
      }
      context.index = list.size();
      Owner& element = list.emplace_back();
      element.name = entry.key;
      if (entry.value.kind == Node::Kind::null) {
        fail(entry.value, entry_path, context, no_value);
      } else {
        table.read(entry.value, entry_path, context, element);
      }
    }
    return true;
  }
};

// Names of small letters, digits and _.
[[nodiscard]] bool is_snake_name(const std::string& name);

}  // namespace elit::config
