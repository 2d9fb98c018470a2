#include "config/presets/preset_reference.hpp"

#include <fmt/format.h>

#include "config/presets/preset_table.hpp"
#include "core/crm/filters.hpp"

namespace elit::config {
namespace {

constexpr const char* introduction =
    "# Presets: all keys and filters\n"
    "\n"
    "<!-- Generated from the table of keys and the table of filters. Do not edit. -->\n"
    "\n"
    "[README.md](README.md) explains how presets work. [schema.json](schema.json) is the JSON Schema of these keys, "
    "for\n"
    "editors. `text` may hold placeholders, `plain text` may not. Where a list is allowed, a single value stands for "
    "a\n"
    "list of one.\n";

}  // namespace

std::string preset_reference_markdown() {
  std::string page = introduction;
  for (const SectionDescription* map : preset_maps()) {
    page += fmt::format("\n## {}\n\n{}\n\n| key | value | meaning |\n| --- | --- | --- |\n", map->title, map->doc);
    for (const FieldDescription& field : map->fields) {
      page +=
          fmt::format("| `{}` | {} | {} |\n", field.key, markdown_cell(field.type), markdown_cell(meaning_of(field)));
    }
  }
  page +=
      "\n## filters\n\n"
      "What may follow a bar in a placeholder: `${contact.phone | e164 91}`. Null stays null but for `default` and\n"
      "`not`. A filter that cannot be applied to a value gives null. A text filter takes texts, numbers and flags.\n\n"
      "| filter | takes | gives |\n| --- | --- | --- |\n";
  for (const crm::FilterDoc& filter : crm::filter_docs()) {
    page +=
        fmt::format("| `{}` | {} | {} |\n", filter.name, markdown_cell(filter.arguments), markdown_cell(filter.doc));
  }
  return page;
}

}  // namespace elit::config
