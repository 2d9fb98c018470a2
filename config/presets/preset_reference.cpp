#include "config/presets/preset_reference.hpp"

#include <fmt/format.h>

#include "config/presets/preset_table.hpp"
#include "config/yaml/scalars.hpp"
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

std::string link_to(const PresetMap& map) {
  std::string anchor = map.name;
  for (char& byte : anchor) {
    byte = byte == ' ' ? '-' : byte;
  }
  return fmt::format("[{}](#{})", map.name, anchor);
}

std::string type_of(const PresetKey& key) {
  using Form = PresetKey::Form;
  switch (key.form) {
    case Form::plain:
      return "plain text";
    case Form::plains:
      return "list of plain texts";
    case Form::text:
      return "text";
    case Form::texts:
      return "list of texts";
    case Form::by_name:
      return "map of names to texts";
    case Form::tree:
      return "[tree](README.md#bodies)";
    case Form::pointer:
      return "JSON pointer";
    case Form::pattern:
      return "regular expression (RE2)";
    case Form::flag:
      return "`true` or `false`";
    case Form::whole:
      return fmt::format("whole number from {}", key.min);
    case Form::real:
      return fmt::format("number from {} to {}", key.min, key.max);
    case Form::duration:
      return fmt::format("duration, at most {}", duration_text(Milliseconds{key.max}));
    case Form::size:
      return fmt::format("size, at most {}", size_text(key.max));
    case Form::word:
      return fmt::format("`{}`", fmt::join(key.words, "`, `"));
    case Form::words:
      return fmt::format("list of `{}`", fmt::join(key.words, "`, `"));
    case Form::statuses:
      return "list of statuses: `404`, `500-504`, `4xx`";
    case Form::locator:
      return link_to(*key.map);
    case Form::locators:
      return "map of names to " + link_to(*key.map);
    case Form::map:
      return link_to(*key.map);
    case Form::maps:
    case Form::list:
      return "list of " + link_to(*key.map);
    case Form::maps_by_name:
      return "map of names to " + link_to(*key.map);
  }
  return "";
}

std::string cell(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    result += byte == '|' ? "\\|" : std::string(1, byte);
  }
  return result;
}

}  // namespace

std::string preset_reference_markdown() {
  std::string page = introduction;
  for (const PresetMap* map : preset_maps()) {
    page += fmt::format("\n## {}\n\n{}\n\n| key | value | meaning |\n| --- | --- | --- |\n", map->name, map->doc);
    for (const PresetKey& key : map->keys) {
      page += fmt::format("| `{}` | {} | {} |\n", key.key, cell(type_of(key)), cell(key.doc));
    }
  }
  page +=
      "\n## filters\n\n"
      "What may follow a bar in a placeholder: `${contact.phone | e164 91}`. Null stays null but for `default` and\n"
      "`not`. A filter that cannot be applied to a value gives null. A text filter takes texts, numbers and flags.\n\n"
      "| filter | takes | gives |\n| --- | --- | --- |\n";
  for (const crm::FilterDoc& filter : crm::filter_docs()) {
    page += fmt::format("| `{}` | {} | {} |\n", filter.name, cell(filter.arguments), cell(filter.doc));
  }
  return page;
}

}  // namespace elit::config
