#include "config/options/reference.hpp"

#include <fmt/format.h>

#include "config/options/option.hpp"

namespace elit::config {
namespace {

std::string cell(const std::string& text) {
  std::string result;
  for (const char byte : text) {
    result += byte == '|' ? "\\|" : std::string(1, byte);
  }
  return result;
}

std::string type_of(const Option& option) {
  using Kind = Option::Kind;
  switch (option.kind) {
    case Kind::text:
      return option.rule->means;
    case Kind::path:
      return "path";
    case Kind::flag:
      return "`true` or `false`";
    case Kind::whole:
      return "whole number";
    case Kind::real:
      return "number";
    case Kind::duration:
      return "duration";
    case Kind::size:
      return "size";
    case Kind::instant:
      return "instant in UTC";
    case Kind::choice:
      return fmt::format("`{}`", fmt::join(option.choices, "`, `"));
    case Kind::secret:
      return "secret";
    case Kind::headers:
      return "map of header names to text or secrets";
    case Kind::words:
      return fmt::format("map of text to `{}`", fmt::join(option.choices, "`, `"));
    case Kind::subset:
      return fmt::format("list of `{}`", fmt::join(option.choices, "`, `"));
    case Kind::secrets:
      return "map of names to secrets";
    case Kind::texts:
      return "map of names to text";
    case Kind::fields:
      return "map of fields to JSON pointers or `{value, policy}`";
    case Kind::group:
    case Kind::list:
      return "";
  }
  return "";
}

std::string default_of(const Option& option, const void* defaults) {
  if (option.required) {
    return option.when.empty() ? "required" : fmt::format("required for {}", kinds_text(option.when, "`"));
  }
  if (!option.needed_for.empty()) {
    return fmt::format("required for {}, else {}", kinds_text(option.needed_for, "`"), option.default_doc);
  }
  if (!option.default_doc.empty()) {
    return option.default_doc;
  }
  return fmt::format("`{}`", to_yaml(option.get(defaults), option.kind == Option::Kind::size));
}

std::string meaning_of(const Option& option) {
  std::string meaning = option.doc;
  if (!option.when.empty()) {
    meaning += fmt::format(" Only for {}.", kinds_text(option.when, "`"));
  }
  const std::string bounds = bounds_text(option);
  return bounds.empty() ? meaning : fmt::format("{} Must be {}.", meaning, bounds);
}

bool is_compound(const Option& option) {
  return option.kind == Option::Kind::group || option.kind == Option::Kind::list;
}

void write_section(const Section& section, const std::string& path, std::string& out) {
  bool begun = false;
  for (const Option& option : section.options) {
    if (is_compound(option)) {
      continue;
    }
    if (!begun) {
      out += "\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
      begun = true;
    }
    out += fmt::format("| `{}{}` | {} | {} | {} |\n", path, option.key, cell(type_of(option)),
                       cell(default_of(option, section.defaults.get())), cell(meaning_of(option)));
  }
  for (const Option& option : section.options) {
    if (!is_compound(option)) {
      continue;
    }
    const bool is_list = option.kind == Option::Kind::list;
    const std::string name = path + option.key + (is_list ? "[]" : "");
    out += fmt::format("\n## `{}`\n\n{}", name, option.doc);
    out += option.when.empty() ? "\n" : fmt::format(" Only for {}.\n", kinds_text(option.when, "`"));
    write_section(*option.section, name + ".", out);
  }
}

}  // namespace

std::string reference_markdown() {
  std::string out =
      "# The configuration, option by option\n\n"
      "`elitbuzz-sync config reference` prints this page, `config example` a commented example, `config schema` a "
      "JSON\n"
      "Schema for editors, and `config show` the values in force.\n\n"
      "- **Durations** are a whole number and a unit: `500ms`, `90s`, `2m`, `1h`, `7d`. Only `0` needs no unit.\n"
      "- **Instants** are RFC 3339 in UTC: `2026-01-31T09:15:00Z`. **Sizes** are `512B`, `64KiB`, `8MiB`, `1GiB`.\n"
      "- **Secrets** are never values in the file, but say where they are: `{file: PATH}`, `{env: NAME}` or\n"
      "  `{credential: NAME}` (systemd). A secret file must be readable by its owner alone (mode 0600).\n"
      "- **Paths** that are relative are relative to the configuration file.\n"
      "- Unknown keys, keys given twice, aliases, tags and further documents are mistakes. Text that YAML could take "
      "for\n"
      "  a number and change, such as `0042`, must be quoted.\n";
  write_section(option_table(), "", out);
  return out;
}

}  // namespace elit::config
