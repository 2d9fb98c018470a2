#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "config/presets/preset_reader.hpp"

namespace elit::config {

// A sound preset to be changed line by line. Lines are counted on in the tests.
inline const std::string sound_preset =
    /* 1 */
    "title: My CRM\n"
    /* 2 */
    "url: https://crm.example.com\n"
    /* 3 */
    "settings: {account: {doc: The account., default: main}}\n"
    /* 4 */
    "credentials:\n"
    /* 5 */
    "  key: {secrets: [api_key], headers: {X-Api-Key: \"${secret.api_key}\"}}\n"
    /* 6 */
    "fields: {phone: \"${contact.phone | e164}\"}\n"
    /* 7 */
    "steps:\n"
    /* 8 */
    "  - name: contacts\n"
    /* 9 */
    "    item: contact\n"
    /* 10 */
    "    path: /contacts\n"
    /* 11 */
    "    idempotency: upsert\n"
    /* 12 */
    "    body: {key: \"${contact.key}\"}\n"
    /* 13 */
    "    reply: {id: /id, save: {owner: /owner}}\n"
    /* 14 */
    "  - name: notes\n"
    /* 15 */
    "    item: activity\n"
    /* 16 */
    "    path: /notes\n"
    /* 17 */
    "    idempotency: upsert\n"
    /* 18 */
    "    body: {key: \"${activity.key}\", owner: \"${contact.owner}\"}\n"
    /* 19 */ "    reply: {id: /id}\n";

// The same with one line (counted from 1) replaced by others.
[[nodiscard]] inline std::string preset_with_line(int line, const std::string& replacement) {
  std::string result;
  std::size_t begin = 0;
  for (int current = 1; begin < sound_preset.size(); ++current) {
    const std::size_t end = sound_preset.find('\n', begin) + 1;
    result += current == line ? replacement + "\n" : sound_preset.substr(begin, end - begin);
    begin = end;
  }
  return result;
}

[[nodiscard]] inline PresetRead read_for_test(const std::string& text) {
  return read_preset(text, "mycrm.yaml", "mycrm");
}

[[nodiscard]] inline std::string everything_wrong_with(const PresetRead& read) {
  std::string text;
  for (const Diagnostic& mistake : read.mistakes) {
    text += to_string(mistake) + "\n";
  }
  return text;
}

}  // namespace elit::config
