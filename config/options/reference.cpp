#include "config/options/reference.hpp"

#include <fmt/format.h>

#include "config/options/option_table.hpp"

namespace elit::config {
namespace {

using Shape = FieldDescription::Shape;

std::string default_of(const FieldDescription& field) {
  if (field.required) {
    return field.when.empty() ? "required" : fmt::format("required for {}", kinds_text(field.when, "`"));
  }
  if (!field.needed_for.empty()) {
    return fmt::format("required for {}, else {}", kinds_text(field.needed_for, "`"), field.default_doc);
  }
  return field.default_doc.empty() ? fmt::format("`{}`", field.standard) : field.default_doc;
}

void write_section(const SectionDescription& section, const std::string& path, std::string& out) {
  bool begun = false;
  for (const FieldDescription& field : section.fields) {
    if (field.shape != Shape::value) {
      continue;
    }
    if (!begun) {
      out += "\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
      begun = true;
    }
    out += fmt::format("| `{}{}` | {} | {} | {} |\n", path, field.key, markdown_cell(field.type),
                       markdown_cell(default_of(field)), markdown_cell(meaning_of(field)));
  }
  for (const FieldDescription& field : section.fields) {
    if (field.shape != Shape::value) {
      const std::string name = path + field.key + (field.shape == Shape::list ? "[]" : "");
      out += fmt::format("\n## `{}`\n\n{}\n", name, meaning_of(field));
      write_section(*field.section, name + ".", out);
    }
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
  write_section(option_table().about, "", out);
  return out;
}

}  // namespace elit::config
