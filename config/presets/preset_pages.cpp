#include "config/presets/preset_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "config/presets/preset_reader.hpp"
#include "config/presets/shipped_presets.hpp"
#include "config/yaml/description.hpp"
#include "core/crm/guarantee.hpp"

namespace elit::config {
namespace {

constexpr std::size_t line_size_max = 120;

constexpr std::string_view introduction = R"(# The CRMs that come with the program

`type: NAME` in a sink takes one of these presets. What is common to all of them (secrets, `unit`, `timezone`, `fields`,
what happens when answers are lost) is in [docs/crms.md](../../docs/crms.md); how to change a preset or write one is in
[README.md](README.md) beside this page. `elitbuzz-sync validate` says what your configuration guarantees,
`elitbuzz-sync deliver --render --sink NAME` prints the requests without sending them.

This page is made from the presets: `elitbuzz-sync config presets`.
)";

// Words on lines of at most 120 columns.
std::string wrapped(std::string_view text, std::string_view first, std::string_view next) {
  std::string lines(first);
  std::size_t column = first.size();
  bool at_start = true;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (!at_start && column + 1 + word.size() > line_size_max) {
      lines += fmt::format("\n{}", next);
      column = next.size();
      at_start = true;
    }
    lines += at_start ? "" : " ";
    lines += word;
    column += word.size() + (at_start ? 0 : 1);
    at_start = false;
  }
  return lines + "\n";
}

std::string capital(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text;
}

std::string unit_text(const crm::Preset& preset) {
  const auto name = [](crm::DeliveryUnit unit) { return unit == crm::DeliveryUnit::day ? "day" : "message"; };
  std::string text = fmt::format("One record for each `unit: {}`", name(preset.unit));
  for (const crm::DeliveryUnit unit : preset.units) {
    if (unit != preset.unit) {
      text += fmt::format(", or `{}`", name(unit));
    }
  }
  text += preset.text.html ? "; the text is HTML" : "; the text is plain";
  if (preset.text.limit > 0) {
    const char* units = preset.text.limit_unit == TextUnit::bytes          ? "bytes"
                        : preset.text.limit_unit == TextUnit::utf16        ? "UTF-16 units"
                        : preset.text.limit_unit == TextUnit::entity_bytes ? "bytes with HTML entities"
                                                                           : "characters";
    text += fmt::format(" of at most {} {}, and goes on in a second part beyond that", preset.text.limit, units);
  }
  return text + ".";
}

std::string credentials_text(const crm::Preset& preset) {
  std::string text;
  for (const crm::Credential& credential : preset.credentials) {
    std::string names = fmt::format("`{}`", fmt::join(credential.secrets, "`, `"));
    text += wrapped(fmt::format("{}: {}", credential.secrets.empty() ? "none" : names, credential.doc), "- ", "  ");
  }
  return text;
}

std::string settings_text(const crm::Preset& preset) {
  if (preset.settings.empty()) {
    return {};
  }
  std::string text = "\n| setting | default | what it is |\n| --- | --- | --- |\n";
  for (const crm::Setting& setting : preset.settings) {
    std::string value = !setting.value           ? "**to be given**"
                        : setting.value->empty() ? "empty"
                                                 : fmt::format("`{}`", *setting.value);
    std::string doc = setting.doc;
    if (!setting.choices.empty()) {
      doc += fmt::format(" One of `{}`.", fmt::join(setting.choices, "`, `"));
    }
    text += fmt::format("| `{}` | {} | {} |\n", setting.name, markdown_cell(value), markdown_cell(doc));
  }
  return text;
}

std::string fields_text(const crm::Preset& preset) {
  if (preset.fields.empty()) {
    return {};
  }
  std::string text = "\n| field of contacts | filled with |\n| --- | --- |\n";
  for (const auto& [field, value] : preset.fields) {
    text += fmt::format("| `{}` | `{}` |\n", markdown_cell(field), markdown_cell(value));
  }
  return text;
}

std::string example_text(const crm::Preset& preset) {
  std::string text = fmt::format("\n```yaml\nsinks:\n  - name: crm\n    type: {}\n", preset.name);
  if (preset.url.empty()) {
    text += "    url: https://crm.example.com\n";
  }
  if (!preset.credentials.empty() && !preset.credentials.front().secrets.empty()) {
    text += "    secrets:\n";
    for (const std::string& secret : preset.credentials.front().secrets) {
      text += fmt::format("      {0}: {{file: /etc/elitbuzz-sync/{0}}}\n", secret);
    }
  }
  std::string settings;
  for (const crm::Setting& setting : preset.settings) {
    if (!setting.value) {
      settings += fmt::format("      {0}: my-{0}\n", setting.name);
    }
  }
  text += settings.empty() ? "" : "    settings:\n" + settings;
  if (preset.unit == crm::DeliveryUnit::day) {
    text += "    timezone: Asia/Kolkata\n";
  }
  return text + "```\n";
}

std::string page(const crm::Preset& preset) {
  std::string text = fmt::format("\n## {}\n\n`type: {}`\n\n", preset.title, preset.name);
  text += wrapped(preset.doc, "", "");
  text += "\n" + wrapped(unit_text(preset), "", "") + "\n**Guarantee.**\n\n";
  for (const std::string& line : crm::guarantee_of(preset)) {
    text += wrapped(capital(line), "- ", "  ");
  }
  text += "\n**Secrets**, the first set that is given completely:\n\n" + credentials_text(preset);
  text += settings_text(preset) + fields_text(preset) + example_text(preset);
  return text;
}

}  // namespace

std::string preset_pages_markdown() {
  std::string text(introduction);
  text += "\n| CRM | `type` | unit |\n| --- | --- | --- |\n";
  std::string pages;
  for (const std::string& name : shipped_preset_names()) {
    const crm::Preset& preset = *read_shipped_preset(name).preset;
    text += fmt::format("| {} | `{}` | {} |\n", preset.title, preset.name,
                        preset.unit == crm::DeliveryUnit::day ? "day" : "message");
    pages += page(preset);
  }
  return text + pages;
}

}  // namespace elit::config
