#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/yaml/description.hpp"
#include "config/yaml/diagnostics.hpp"
#include "config/yaml/value_kinds.hpp"
#include "config/yaml/yaml_tree.hpp"

// Binds YAML to C++ values: a section is a table of rows, and a row binds a key to a member by a kind of value.
// Reading, the messages, the schemas and the references follow from the table.
namespace elit::config {

// A map that was read, for rules across its keys. Keys are relative to it, such as "retry.max" or "audiences[1].name".
class ReadMap {
 public:
  ReadMap(const Node& node, const std::string& path, Diagnostics& diagnostics)
      : node_(node), path_(path), diagnostics_(diagnostics) {}

  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool present(const std::string& key) const {
    return diagnostics_.origins.contains(path_of(path_, key));
  }
  // Whether the key is absent or was read without a mistake.
  [[nodiscard]] bool sound(const std::string& key) const { return diagnostics_.sound(path_of(path_, key)); }
  // Reports a mistake at the key, or at the deepest part of it that is present.
  void report(const std::string& key, std::string what) const {
    diagnostics_.report_at(path_, path_of(path_, key), node_.place, std::move(what));
  }
  // Reports a mistake of the map itself.
  void report(std::string what) const { diagnostics_.report(node_, path_, std::move(what)); }
  // A mistake if the key is present.
  void refuse(const std::string& key, std::string why) const;

 private:
  const Node& node_;
  const std::string& path_;
  Diagnostics& diagnostics_;
};

// The value of the section's discriminator, if it has no mistake.
[[nodiscard]] std::optional<std::string> variant_in(const SectionDescription& section, const Node& node);
// Reports keys that the section does not have, or not for this kind of element.
void check_keys(const SectionDescription& section, const Node& node, const std::string& path,
                const std::optional<std::string>& variant, Diagnostics& diagnostics);
// The value to read for a field; null: it is absent, of another kind of element, or has a mistake already.
[[nodiscard]] const Node* node_to_read(const SectionDescription& section, const FieldDescription& field,
                                       const Node& node, const std::string& path,
                                       const std::optional<std::string>& variant, Diagnostics& diagnostics);
// Whether the node is a map, a list of entries; a mistake otherwise.
[[nodiscard]] bool is_section(const SectionDescription& section, const Node& node, const std::string& path,
                              Diagnostics& diagnostics);
[[nodiscard]] bool is_list(const Node& node, const std::string& path, std::int64_t min, Diagnostics& diagnostics);

// Fills in what is known of a field that is such a section.
void describe_section(const SectionDescription& section, FieldDescription& about);

// Called with each value: its field, its path, and itself as it would stand in the file.
using VisitValue = std::function<void(const FieldDescription&, const std::string& path, const std::string& value)>;

// A row of a table.
template <class Owner, class Context>
class Field {
 public:
  Field() = default;
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;
  virtual ~Field() = default;
  virtual void read(const Node& node, const std::string& path, Context& context, Owner& owner) const = 0;
  virtual void visit(const Owner& owner, const FieldDescription& about, const std::string& path,
                     const VisitValue& visitor) const = 0;
};

// The table of a map that becomes an Owner. Context: what the kinds of its values need to read; a copy is cheap.
template <class Owner, class Context>
class Section {
 public:
  Section(std::string title, std::string doc) {
    about.title = std::move(title);
    about.doc = std::move(doc);
  }

  // Adds a row. `member`: a pointer to a member, or a function object that gives a reference into an Owner. Its type is
  // the kind's Value, one that the Value converts to, or an optional of it. The returned row may be completed.
  template <class Member, class Kind>
  FieldDescription& add(std::string key, Member member, Kind kind, std::string doc);
  // A map with keys of its own, in place.
  template <class Member, class Inner>
  FieldDescription& add_section(std::string key, Member member, const Section<Inner, Context>& section,
                                std::string doc = {});
  // A list of at least `min` such maps. `prepare(owner, element)` gives a new element what it inherits.
  template <class Member, class Inner, class Prepare>
  FieldDescription& add_list(std::string key, Member member, std::int64_t min, const Section<Inner, Context>& section,
                             Prepare prepare, std::string doc = {});

  // Reads a map into `owner` and everything below it. Fields with mistakes keep their value. False: it is no map.
  bool read(const Node& node, const std::string& path, Context& outer, Owner& owner) const {
    if (!is_section(about, node, path, outer.diagnostics)) {
      return false;
    }
    Context context = begin ? begin(node, outer) : outer;
    const std::optional<std::string> variant = variant_in(about, node);
    check_keys(about, node, path, variant, context.diagnostics);
    for (std::size_t index = 0; index < fields_.size(); ++index) {
      const FieldDescription& field = about.fields[index];
      const std::string field_path = path_of(path, field.key);
      if (const Node* value = node_to_read(about, field, node, field_path, variant, context.diagnostics)) {
        fields_[index]->read(*value, field_path, context, owner);
      }
    }
    if (finish) {
      finish(owner, ReadMap(node, path, context.diagnostics), context);
    }
    return true;
  }

  // Visits every value of `owner` and below it, in the order of the table.
  void visit(const Owner& owner, const std::string& path, const VisitValue& visitor) const {
    std::string kind;
    if (!about.discriminator.empty()) {
      visit_field(
          about.discriminator, owner,
          [&](const FieldDescription&, const std::string&, const std::string& value) { kind = kind_of(about, value); });
    }
    for (std::size_t index = 0; index < fields_.size(); ++index) {
      if (applies(about.fields[index], kind)) {
        fields_[index]->visit(owner, about.fields[index], path_of(path, about.fields[index].key), visitor);
      }
    }
  }

  SectionDescription about;
  // What the readers of the fields get instead of `outer`; empty: the same.
  std::function<Context(const Node& node, const Context& outer)> begin;
  // Rules across keys, and values that follow from several keys. Called after all fields were read.
  std::function<void(Owner& owner, const ReadMap& map, const Context& context)> finish;

 private:
  void visit_field(const std::string& key, const Owner& owner, const VisitValue& visitor) const {
    for (std::size_t index = 0; index < fields_.size(); ++index) {
      if (about.fields[index].key == key) {
        fields_[index]->visit(owner, about.fields[index], key, visitor);
      }
    }
  }

  std::vector<std::unique_ptr<Field<Owner, Context>>> fields_;  // one for each of `about.fields`
};

// The kind of a map with keys of its own.
template <class Owner, class Context>
struct InSection {
  using Value = Owner;
  const Section<Owner, Context>& section;

  void describe(FieldDescription& about) const { describe_section(section.about, about); }
  bool read(const Node& node, const std::string& path, Context& context, Owner& value) const {
    return section.read(node, path, context, value);
  }
};
template <class Owner, class Context>
InSection(const Section<Owner, Context>&) -> InSection<Owner, Context>;

template <class Kind, class Owner, class Context, class Member>
class MemberField final : public Field<Owner, Context> {
 public:
  MemberField(Member member, Kind kind) : member_(std::move(member)), kind_(std::move(kind)) {}

  void read(const Node& node, const std::string& path, Context& context, Owner& owner) const override {
    auto& target = std::invoke(member_, owner);
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(target)>, typename Kind::Value>) {
      static_cast<void>(kind_.read(node, path, context, target));
    } else {
      typename Kind::Value value{};
      if (kind_.read(node, path, context, value)) {
        target = static_cast<std::remove_reference_t<decltype(target)>>(std::move(value));
      }
    }
  }

  void visit(const Owner& owner, const FieldDescription& about, const std::string& path,
             const VisitValue& visitor) const override {
    const auto& value = std::invoke(member_, owner);
    if constexpr (requires { kind_.section; }) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, typename Kind::Value>) {
        kind_.section.visit(value, path, visitor);
      }
    } else if constexpr (requires(const typename Kind::Value& one) { kind_.write(one); }) {
      visitor(about, path, text_of(value));
    }
  }

 private:
  template <class Type>
  std::string text_of(const std::optional<Type>& value) const {
    return value ? kind_.write(*value) : std::string();
  }
  template <class Type>
  std::string text_of(const Type& value) const {
    return kind_.write(static_cast<typename Kind::Value>(value));
  }

  Member member_;
  Kind kind_;
};

template <class Owner, class Context, class Member, class Inner, class Prepare>
class ListField final : public Field<Owner, Context> {
 public:
  ListField(Member member, std::int64_t min, const Section<Inner, Context>& section, Prepare prepare)
      : member_(std::move(member)), min_(min), section_(section), prepare_(std::move(prepare)) {}

  void read(const Node& node, const std::string& path, Context& context, Owner& owner) const override {
    if (!is_list(node, path, min_, context.diagnostics)) {
      return;
    }
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      const std::string item_path = path_of(path, index);
      context.diagnostics.origins[item_path] = node.items[index].place;
      Inner& element = std::invoke(member_, owner).emplace_back();
      prepare_(owner, element);
      section_.read(node.items[index], item_path, context, element);
    }
  }

  void visit(const Owner& owner, const FieldDescription&, const std::string& path,
             const VisitValue& visitor) const override {
    const auto& list = std::invoke(member_, owner);
    for (std::size_t index = 0; index < list.size(); ++index) {
      section_.visit(list[index], path_of(path, index), visitor);
    }
  }

 private:
  Member member_;
  std::int64_t min_;
  const Section<Inner, Context>& section_;
  Prepare prepare_;
};

template <class Owner, class Context>
template <class Member, class Kind>
FieldDescription& Section<Owner, Context>::add(std::string key, Member member, Kind kind, std::string doc) {
  FieldDescription& field = about.fields.emplace_back();
  kind.describe(field);
  field.key = std::move(key);
  field.doc = std::move(doc);
  fields_.push_back(std::make_unique<MemberField<Kind, Owner, Context, Member>>(std::move(member), std::move(kind)));
  if (field.shape == FieldDescription::Shape::value) {
    const auto keep = [&field](const FieldDescription&, const std::string&, const std::string& value) {
      field.standard = value;
    };
    fields_.back()->visit(Owner{}, field, field.key, keep);
  }
  return field;
}

template <class Owner, class Context>
template <class Member, class Inner>
FieldDescription& Section<Owner, Context>::add_section(std::string key, Member member,
                                                       const Section<Inner, Context>& section, std::string doc) {
  return add(std::move(key), std::move(member), InSection{section}, doc.empty() ? section.about.doc : std::move(doc));
}

template <class Owner, class Context>
template <class Member, class Inner, class Prepare>
FieldDescription& Section<Owner, Context>::add_list(std::string key, Member member, std::int64_t min,
                                                    const Section<Inner, Context>& section, Prepare prepare,
                                                    std::string doc) {
  FieldDescription& field = about.fields.emplace_back();
  describe_section(section.about, field);
  field.shape = FieldDescription::Shape::list;
  field.type = "list of " + field.type;
  field.schema = {{"type", "array"}, {"items", field.schema}};
  field.key = std::move(key);
  field.doc = doc.empty() ? section.about.doc : std::move(doc);
  field.min = min;
  field.required = min > 0;
  fields_.push_back(std::make_unique<ListField<Owner, Context, Member, Inner, Prepare>>(std::move(member), min, section,
                                                                                        std::move(prepare)));
  return field;
}

}  // namespace elit::config
