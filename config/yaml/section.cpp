#include "config/yaml/section.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/yaml/schema.hpp"

namespace elit::config {
namespace {

using Shape = FieldDescription::Shape;

// The path to a field of that key inside the section's sections, such as limits.page_size.
std::optional<std::string> find_below(const SectionDescription& section, const std::string& key) {
  for (const FieldDescription& field : section.fields) {
    if (field.shape == Shape::section && field.section->find(key) != nullptr) {
      return field.key + '.' + key;
    }
  }
  return std::nullopt;
}

void check_key(const SectionDescription& section, const Entry& entry, const std::string& path,
               const std::optional<std::string>& variant, Diagnostics& diagnostics) {
  if (const FieldDescription* field = section.find(entry.key)) {
    if (variant && !applies(*field, kind_of(section, *variant))) {
      diagnostics.report(entry.place, path,
                         fmt::format("is only for {}: {}, and this is {}: {}", section.discriminator,
                                     kinds_text(field->when), section.discriminator, *variant));
    }
    return;
  }
  std::vector<std::string> known;
  known.reserve(section.fields.size());
  for (const FieldDescription& field : section.fields) {
    known.push_back(field.key);
  }
  const std::optional<std::string> below = find_below(section, entry.key);
  diagnostics.report(
      entry.place, path,
      "is not a known key" + (below ? fmt::format(": did you mean {}?", *below) : advice_on(entry.key, known)));
}

std::string missing(const FieldDescription& field) {
  if (!field.advice.empty()) {
    return "is missing: " + field.advice;
  }
  return field.example.empty() ? "is missing" : fmt::format("is missing: add {}: {}", field.key, field.example);
}

const char* nothing_there(Shape shape) {
  return shape == Shape::section ? "has no value: give it keys, or remove it"
         : shape == Shape::list  ? "has no value: give it entries that begin with '- '"
                                 : no_value;
}

}  // namespace

void ReadMap::refuse(const std::string& key, std::string why) const {
  if (const Entry* entry = node_.find(key)) {
    diagnostics_.report(entry->place, path_of(path_, key), std::move(why));
  }
}

std::optional<std::string> variant_in(const SectionDescription& section, const Node& node) {
  const Entry* entry = section.discriminator.empty() ? nullptr : node.find(section.discriminator);
  if (entry == nullptr || entry->value.kind != Node::Kind::scalar) {
    return std::nullopt;
  }
  const std::vector<std::string>& choices = section.find(section.discriminator)->choices;
  const bool known = std::find(choices.begin(), choices.end(), entry->value.text) != choices.end();
  return known ? std::optional(entry->value.text) : std::nullopt;
}

void check_keys(const SectionDescription& section, const Node& node, const std::string& path,
                const std::optional<std::string>& variant, Diagnostics& diagnostics) {
  for (const Entry& entry : node.entries) {
    check_key(section, entry, path_of(path, entry.key), variant, diagnostics);
  }
}

const Node* node_to_read(const SectionDescription& section, const FieldDescription& field, const Node& node,
                         const std::string& path, const std::optional<std::string>& variant, Diagnostics& diagnostics) {
  const std::string kind = variant ? kind_of(section, *variant) : "";
  if (!field.when.empty() && !(variant && applies(field, kind))) {
    return nullptr;
  }
  const Entry* entry = node.find(field.key);
  if (entry == nullptr) {
    const bool needed = is_required(field, kind) || !field.advice.empty();
    if (needed && diagnostics.sound(path)) {
      diagnostics.report(node, path, missing(field));
    }
    return nullptr;
  }
  diagnostics.origins[path] = entry->value.place;
  if (entry->value.kind != Node::Kind::null) {
    return &entry->value;
  }
  if (diagnostics.sound(path)) {  // otherwise it was reported as an alias
    diagnostics.report(entry->value, path, nothing_there(field.shape));
  }
  return nullptr;
}

bool is_section(const SectionDescription& section, const Node& node, const std::string& path,
                Diagnostics& diagnostics) {
  if (node.kind != Node::Kind::map && diagnostics.sound(path)) {
    diagnostics.report(node, path, fmt::format("must be a map of keys such as {}:", section.fields.front().key));
  }
  return node.kind == Node::Kind::map;
}

bool is_list(const Node& node, const std::string& path, std::int64_t min, Diagnostics& diagnostics) {
  if (node.kind != Node::Kind::sequence) {
    diagnostics.report(node, path, "must be a list: each entry begins with '- '");
    return false;
  }
  if (static_cast<std::int64_t>(node.items.size()) < min) {
    diagnostics.report(node, path, "is empty: at least one entry is needed");
  }
  return true;
}

void describe_section(const SectionDescription& section, FieldDescription& about) {
  std::string anchor = section.title;
  std::replace(anchor.begin(), anchor.end(), ' ', '-');
  about.shape = Shape::section;
  about.section = &section;
  about.type = fmt::format("[{}](#{})", section.title, anchor);
  about.schema = {{"$ref", "#/$defs/" + definition_name(section)}};
}

}  // namespace elit::config
