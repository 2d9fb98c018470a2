#include "config/presets/preset_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "config/yaml/scalars.hpp"
#include "core/check.hpp"
#include "core/text/closest_match.hpp"

namespace elit::config {

std::string advice_on(const std::string& word, const std::vector<std::string>& known) {
  if (const std::optional<std::string> near = closest_match(word, known)) {
    return fmt::format(": did you mean {}?", *near);
  }
  return known.empty() ? "" : fmt::format("; known here are {}", fmt::join(known, ", "));
}

std::optional<std::string> scalar_text(const Node& node, const std::string& path, PresetDiagnostics& diagnostics) {
  if (node.kind != Node::Kind::scalar) {
    diagnostics.report(node, path, "must be a single value");
    return std::nullopt;
  }
  if (!node.quoted) {
    if (const auto advice = needs_quotes(node.text, false)) {
      diagnostics.report(node, path, *advice);
      return std::nullopt;
    }
  }
  return node.text;
}

Members::Members(const Node& node, std::string path, const PresetMap& map, PresetDiagnostics& diagnostics)
    : node_(node), path_(std::move(path)), map_(map), diagnostics_(diagnostics) {
  if (!sound()) {
    diagnostics_.report(node, path_, "must be a map of keys and values");
  }
}

const PresetKey& Members::row(const char* key) const {
  const PresetKey* row = map_.find(key);
  check(row != nullptr, fmt::format("the table of presets lacks {} of {}", key, map_.name));
  return *row;
}

const Node* Members::find(const char* key) {
  const Entry* entry = node_.find(row(key).key);
  if (entry == nullptr) {
    return nullptr;
  }
  if (entry->value.kind == Node::Kind::null) {
    report(key, "has no value: give it one, or remove the key");
    return nullptr;
  }
  return &entry->value;
}

const Node* Members::need(const char* key, std::string_view advice) {
  const Node* node = find(key);
  if (node == nullptr && sound() && node_.find(key) == nullptr) {
    report(key, fmt::format("is missing: {}", advice));
  }
  return node;
}

void Members::refuse(const char* key, std::string_view why) {
  if (const Entry* entry = node_.find(row(key).key)) {
    diagnostics_.report(entry->place, path_to(key), std::string(why));
  }
}

void Members::report(const char* key, std::string what) {
  const Entry* entry = node_.find(key);
  diagnostics_.report(entry == nullptr ? node_.place : entry->value.place, path_to(key), std::move(what));
}

const Node* Members::scalar(const char* key) {
  const Node* node = find(key);
  if (node != nullptr && node->kind != Node::Kind::scalar) {
    report(key, "must be a single value");
    return nullptr;
  }
  return node;
}

std::optional<std::string> Members::text_if_any(const char* key) {
  const Node* node = find(key);
  return node == nullptr ? std::nullopt : scalar_text(*node, path_to(key), diagnostics_);
}

std::string Members::text(const char* key, std::string standard) {
  return text_if_any(key).value_or(std::move(standard));
}

bool Members::flag(const char* key, bool standard) {
  const Node* node = scalar(key);
  if (node == nullptr) {
    return standard;
  }
  if (node->quoted || (node->text != "true" && node->text != "false")) {
    report(key, "must be true or false, without quotes");
    return standard;
  }
  return node->text == "true";
}

std::int64_t Members::whole(const char* key, std::int64_t standard) {
  const Node* node = scalar(key);
  if (node == nullptr) {
    return standard;
  }
  const Reading<std::int64_t> reading = read_whole(node->text);
  if (const auto* what = std::get_if<std::string>(&reading)) {
    report(key, *what);
    return standard;
  }
  const std::int64_t number = std::get<std::int64_t>(reading);
  if (number < row(key).min || number > row(key).max) {
    report(key, fmt::format("must be between {} and {}, not {}", row(key).min, row(key).max, number));
    return standard;
  }
  return number;
}

double Members::real(const char* key, double standard) {
  const Node* node = scalar(key);
  if (node == nullptr) {
    return standard;
  }
  const Reading<double> reading = read_real(node->text);
  if (const auto* what = std::get_if<std::string>(&reading)) {
    report(key, *what);
    return standard;
  }
  const double number = std::get<double>(reading);
  const auto min = static_cast<double>(row(key).min);
  const auto max = static_cast<double>(row(key).max);
  const bool fits = number >= min && number <= max;  // false for what is no number
  if (!fits) {
    report(key, fmt::format("must be between {} and {}", min, max));
    return standard;
  }
  return number;
}

std::optional<Milliseconds> Members::duration(const char* key) {
  const Node* node = scalar(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const Reading<Milliseconds> reading = read_duration(node->text);
  if (const auto* what = std::get_if<std::string>(&reading)) {
    report(key, *what);
    return std::nullopt;
  }
  if (const Milliseconds max{row(key).max}; std::get<Milliseconds>(reading) > max) {
    report(key, fmt::format("must be at most {}", duration_text(max)));
    return std::nullopt;
  }
  return std::get<Milliseconds>(reading);
}

std::int64_t Members::size(const char* key, std::int64_t standard) {
  const Node* node = scalar(key);
  if (node == nullptr) {
    return standard;
  }
  const Reading<std::int64_t> reading = read_size(node->text);
  if (const auto* what = std::get_if<std::string>(&reading)) {
    report(key, *what);
    return standard;
  }
  if (std::get<std::int64_t>(reading) > row(key).max) {
    report(key, fmt::format("must be at most {}", size_text(row(key).max)));
    return standard;
  }
  return std::get<std::int64_t>(reading);
}

std::vector<std::string> Members::texts(const char* key) {
  std::vector<std::string> result;
  each(key, [&](const Node& node, const std::string& path) {
    if (std::optional<std::string> text = scalar_text(node, path, diagnostics_)) {
      result.push_back(std::move(*text));
    }
  });
  return result;
}

std::optional<std::size_t> Members::word_of(const Node& node, const std::string& path, const PresetKey& row) {
  const std::optional<std::string> text = scalar_text(node, path, diagnostics_);
  if (!text) {
    return std::nullopt;
  }
  const auto found = std::find(row.words.begin(), row.words.end(), *text);
  if (found == row.words.end()) {
    const std::optional<std::string> near = closest_match(*text, row.words);
    diagnostics_.report(node, path,
                        fmt::format("must be one of {}, not \"{}\"{}", fmt::join(row.words, ", "), printable(*text),
                                    near ? fmt::format(": did you mean {}?", *near) : ""));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - row.words.begin());
}

std::optional<std::size_t> Members::word(const char* key) {
  const Node* node = find(key);
  return node == nullptr ? std::nullopt : word_of(*node, path_to(key), row(key));
}

std::vector<std::size_t> Members::words(const char* key) {
  std::vector<std::size_t> result;
  each(key, [&](const Node& node, const std::string& path) {
    if (const std::optional<std::size_t> place = word_of(node, path, row(key))) {
      result.push_back(*place);
    }
  });
  return result;
}

void Members::each(const char* key, const std::function<void(const Node&, const std::string&)>& read) {
  const Node* node = find(key);
  if (node == nullptr) {
    return;
  }
  if (node->kind != Node::Kind::sequence) {
    read(*node, path_to(key));
    return;
  }
  for (std::size_t index = 0; index < node->items.size(); ++index) {
    const std::string path = path_of(path_to(key), index);
    if (node->items[index].kind == Node::Kind::null) {
      diagnostics_.report(node->items[index], path, "has no value: give it one, or remove it");
    } else {
      read(node->items[index], path);
    }
  }
}

void Members::entries(const char* key, const std::function<void(const Entry&, const std::string&)>& read) {
  const Node* node = find(key);
  if (node == nullptr) {
    return;
  }
  if (node->kind != Node::Kind::map) {
    report(key, "must be a map of names to values");
    return;
  }
  for (const Entry& entry : node->entries) {
    const std::string path = path_of(path_to(key), entry.key);
    if (entry.value.kind == Node::Kind::null) {
      diagnostics_.report(entry.place, path, "has no value: give it one, or remove the key");
    } else {
      read(entry, path);
    }
  }
}

void Members::finish() {
  if (!sound()) {
    return;
  }
  std::vector<std::string> known;
  for (const PresetKey& one : map_.keys) {
    known.push_back(one.key);
  }
  for (const Entry& entry : node_.entries) {
    if (map_.find(entry.key) == nullptr) {
      diagnostics_.report(entry.place, path_of(path_, entry.key),
                          fmt::format("is not a known key{}", advice_on(entry.key, known)));
    }
  }
}

}  // namespace elit::config
