#include "config/yaml/description.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace elit::config {
namespace {

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

const FieldDescription* SectionDescription::find(const std::string& key) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const FieldDescription& field) { return field.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

std::string kind_of(const SectionDescription& section, const std::string& value) {
  return section.kind ? section.kind(value) : value;
}

bool applies(const FieldDescription& field, const std::string& kind) {
  return field.when.empty() || contains(field.when, kind);
}

bool is_required(const FieldDescription& field, const std::string& kind) {
  return field.required || contains(field.needed_for, kind);
}

std::string kinds_text(const std::vector<std::string>& kinds, const char* quote) {
  std::vector<std::string> words;
  for (const std::string& kind : kinds) {
    if (kind == "crm") {
      words.emplace_back("a CRM");
    } else if (kind != "custom" || !contains(kinds, "crm")) {
      words.push_back(quote + kind + quote);
    }
  }
  return fmt::format("{}", fmt::join(words, " or "));
}

std::string markdown_cell(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    result += byte == '|' ? "\\|" : std::string(1, byte);
  }
  return result;
}

std::string meaning_of(const FieldDescription& field) {
  const std::string when = field.when.empty() ? "" : fmt::format(" Only for {}.", kinds_text(field.when, "`"));
  const std::string bounds = field.bounds.empty() ? "" : fmt::format(" Must be {}.", field.bounds);
  return field.doc + when + bounds;
}

}  // namespace elit::config
