#include "config/options/example.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <vector>

#include "config/options/option.hpp"

namespace elit::config {
namespace {

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

std::string default_text(const Option& option, const void* defaults) {
  if (option.required) {
    return "";
  }
  if (!option.default_doc.empty()) {
    return "Default: " + option.default_doc + ".";
  }
  const std::string text = to_yaml(option.get(defaults), option.kind == Option::Kind::size);
  return "Default: " + text + (text.ends_with('.') ? "" : ".");
}

std::string comment_of(const Option& option, const void* defaults) {
  std::string comment = option.doc;
  const std::string bounds = bounds_text(option);
  if (!bounds.empty()) {
    comment += " " + bounds + ".";
    comment[option.doc.size() + 1] = 'B';
  }
  if (option.kind == Option::Kind::choice) {
    comment += fmt::format(" One of {}.", fmt::join(option.choices, ", "));
  }
  const std::string standard = default_text(option, defaults);
  return standard.empty() ? comment : comment + " " + standard;
}

void write_section(const Section& section, const std::string& variant, const std::string& indentation,
                   std::string& out);

// The values of the discriminator of a list's elements, one example each.
std::vector<std::string> variants_of(const Section& section) {
  return section.discriminator.empty() ? std::vector<std::string>{""} : section.example_values;
}

// An element of a list is its section, indented, with '-' before the first key; comments stand before it.
void write_list(const Option& option, const std::string& indentation, std::string& out) {
  out += indentation + option.key + ":\n";
  for (const std::string& variant : variants_of(*option.section)) {
    std::string element;
    write_section(*option.section, variant, indentation + "    ", element);
    std::size_t line = 0;
    while (element.compare(line + indentation.size() + 4, 1, "#") == 0) {
      line = element.find('\n', line) + 1;
    }
    element[line + indentation.size() + 2] = '-';
    out += element;
  }
}

void write_leaf(const Section& section, const Option& option, const std::string& variant,
                const std::string& indentation, std::string& out) {
  write_comment(comment_of(option, section.defaults.get()), indentation, out);
  const bool is_discriminator = option.key == section.discriminator;
  const auto own = option.example_of.find(kind_of(section, variant));
  std::string value = own == option.example_of.end() ? option.example : own->second;
  if (is_discriminator) {
    value = variant;
  } else if (value.empty()) {
    value = to_yaml(option.get(section.defaults.get()), option.kind == Option::Kind::size);
  }
  out += fmt::format("{}{}{}: {}\n", indentation, option.commented ? "#" : "", option.key, value);
}

void write_section(const Section& section, const std::string& variant, const std::string& indentation,
                   std::string& out) {
  for (const Option& option : section.options) {
    if (!applies(option, kind_of(section, variant))) {
      continue;
    }
    if (indentation.empty()) {
      out += "\n";
    }
    if (option.kind == Option::Kind::group) {
      write_comment(option.doc, indentation, out);
      out += indentation + option.key + ":\n";
      write_section(*option.section, "", indentation + "  ", out);
    } else if (option.kind == Option::Kind::list) {
      write_comment(option.doc, indentation, out);
      write_list(option, indentation, out);
    } else {
      write_leaf(section, option, variant, indentation, out);
    }
  }
}

}  // namespace

std::string example_yaml() {
  std::string out =
      "# Configuration of elitbuzz-sync: every option, with an example or its default. Remove what you do not need.\n"
      "# Durations are written 500ms, 90s, 2m, 1h, 7d; instants 2026-01-01T00:00:00Z; sizes 8MiB.\n"
      "# A secret is never written here; say where it is: {file: PATH}, {env: NAME} or {credential: NAME}.\n"
      "# Relative paths are relative to this file. Check with: elitbuzz-sync validate --config FILE\n";
  write_section(option_table(), "", "", out);
  return out;
}

}  // namespace elit::config
