#include "config/options/example.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <vector>

#include "config/options/option_table.hpp"

namespace elit::config {
namespace {

using Shape = FieldDescription::Shape;

constexpr std::size_t widest_line = 110;

// Breaks `text` into comment lines.
void write_comment(const std::string& text, const std::string& indentation, std::string& out) {
  std::string line;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!line.empty() && indentation.size() + 3 + line.size() + word.size() > widest_line) {
      out.append(indentation).append("# ").append(line).append("\n");
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    begin = end + 1;
  }
  out += indentation + "# " + line + "\n";
}

std::string default_text(const FieldDescription& field) {
  if (field.required) {
    return "";
  }
  if (!field.default_doc.empty()) {
    return "Default: " + field.default_doc + ".";
  }
  const std::string text = field.standard;
  return "Default: " + text + (text.ends_with('.') ? "" : ".");
}

std::string comment_of(const FieldDescription& field) {
  std::string comment = field.doc;
  const std::string& bounds = field.bounds;
  if (!bounds.empty()) {
    comment += " " + bounds + ".";
    comment[field.doc.size() + 1] = 'B';
  }
  if (!field.choices.empty() && field.shape == Shape::value) {
    comment += fmt::format(" One of {}.", fmt::join(field.choices, ", "));
  }
  const std::string standard = default_text(field);
  return standard.empty() ? comment : comment + " " + standard;
}

void write_section(const SectionDescription& section, const std::string& variant, const std::string& indentation,
                   std::string& out);

// The values of the discriminator of a list's elements, one example each.
std::vector<std::string> variants_of(const SectionDescription& section) {
  return section.discriminator.empty() ? std::vector<std::string>{""} : section.example_values;
}

// An element of a list is its section, indented, with '-' before the first key; comments stand before it.
void write_list(const FieldDescription& field, const std::string& indentation, std::string& out) {
  out += indentation + field.key + ":\n";
  for (const std::string& variant : variants_of(*field.section)) {
    std::string element;
    write_section(*field.section, variant, indentation + "    ", element);
    std::size_t line = 0;
    while (element.compare(line + indentation.size() + 4, 1, "#") == 0) {
      line = element.find('\n', line) + 1;
    }
    element[line + indentation.size() + 2] = '-';
    out += element;
  }
}

void write_leaf(const SectionDescription& section, const FieldDescription& field, const std::string& variant,
                const std::string& indentation, std::string& out) {
  write_comment(comment_of(field), indentation, out);
  const bool is_discriminator = field.key == section.discriminator;
  const auto own = field.example_of.find(kind_of(section, variant));
  std::string value = own == field.example_of.end() ? field.example : own->second;
  if (is_discriminator) {
    value = variant;
  } else if (value.empty()) {
    value = field.standard;
  }
  out += fmt::format("{}{}{}: {}\n", indentation, field.commented ? "#" : "", field.key, value);
}

void write_section(const SectionDescription& section, const std::string& variant, const std::string& indentation,
                   std::string& out) {
  for (const FieldDescription& field : section.fields) {
    if (!applies(field, kind_of(section, variant))) {
      continue;
    }
    if (indentation.empty()) {
      out += "\n";
    }
    if (field.shape == Shape::section) {
      write_comment(field.doc, indentation, out);
      out += indentation + field.key + ":\n";
      write_section(*field.section, "", indentation + "  ", out);
    } else if (field.shape == Shape::list) {
      write_comment(field.doc, indentation, out);
      write_list(field, indentation, out);
    } else {
      write_leaf(section, field, variant, indentation, out);
    }
  }
}

}  // namespace

std::string example_yaml() {
  std::string out =
      "# Configuration of elitbuzz-sync: every field, with an example or its default. Remove what you do not need.\n"
      "# Durations are written 500ms, 90s, 2m, 1h, 7d; instants 2026-01-01T00:00:00Z; sizes 8MiB.\n"
      "# A secret is never written here; say where it is: {file: PATH}, {env: NAME} or {credential: NAME}.\n"
      "# Relative paths are relative to this file. Check with: elitbuzz-sync validate --config FILE\n";
  write_section(option_table().about, "", "", out);
  return out;
}

}  // namespace elit::config
