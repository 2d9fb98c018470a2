#include "config/presets/preset_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "config/yaml/text_rules.hpp"
#include "core/ascii.hpp"
#include "core/check.hpp"
#include "core/text/pattern.hpp"

namespace elit::config {
namespace {

using Range = std::pair<int, int>;

// What the words of the key `verdict` mean. Requires: preset_table.cpp names no other word.
Verdict rule_verdict(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Verdict>, 10> meanings{{
      {"done", Verdict::delivered},
      {"retry", Verdict::retry},
      {"throttled", Verdict::throttled},
      {"unauthorized", Verdict::unauthorized},
      {"rejected", Verdict::rejected},
      {"rejected_batch", Verdict::rejected_in_company},
      {"too_large", Verdict::too_large},
      {"exists", Verdict::exists},
      {"unknown", Verdict::unknown},
      {"fatal", Verdict::misconfigured},
  }};
  const auto* const found =
      std::find_if(meanings.begin(), meanings.end(), [word](const auto& meaning) { return meaning.first == word; });
  check(found != meanings.end(), "every word of the key verdict has a meaning");
  return found->second;
}

std::optional<Pattern> read_pattern(Members& members, const char* key) {
  const std::optional<std::string> text = members.text_if_any(key);
  if (!text) {
    return std::nullopt;
  }
  Pattern pattern(*text);
  if (const std::string error = pattern.error(); !error.empty()) {
    members.report(key, error);
    return std::nullopt;
  }
  return pattern;
}

std::optional<int> status_of(const std::string& text) {
  const int status = text.size() == 3 && is_all_digits(text) ? std::stoi(text) : 0;
  return status >= 100 && status <= 599 ? std::optional(status) : std::nullopt;
}

std::optional<Range> range_of(const std::string& text) {
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '5') {
    const int first = (text[0] - '0') * 100;
    return Range{first, first + 99};
  }
  const std::size_t dash = text.find('-');
  const std::optional<int> from = status_of(text.substr(0, dash));
  const std::optional<int> to = dash == std::string::npos ? from : status_of(text.substr(dash + 1));
  return from && to && *from <= *to ? std::optional(Range{*from, *to}) : std::nullopt;
}

crm::Condition read_condition(const Node& node, const std::string& path, PresetDiagnostics& diagnostics) {
  crm::Condition condition;
  Members members(node, path, preset_map::condition(), diagnostics);
  condition.at = read_inner_locator(members, diagnostics);
  if (members.find("present") != nullptr) {
    condition.present = members.flag("present", true);
  }
  condition.equals = members.text_if_any("equals");
  condition.matches = read_pattern(members, "matches");
  condition.one_of = members.texts("one_of");
  const bool asks = node.find("present") != nullptr || node.find("equals") != nullptr ||
                    node.find("matches") != nullptr || node.find("one_of") != nullptr;
  if (members.sound() && !asks) {
    diagnostics.report(node, path, "asks nothing: add present, equals, matches or one_of");
  }
  members.finish();
  return condition;
}

// A rule without status and conditions holds always.
bool holds_always(const crm::VerdictRule& rule) {
  return rule.statuses.empty() && rule.conditions.empty();
}

crm::VerdictRule read_verdict(const Node& node, const std::string& path, PresetDiagnostics& diagnostics) {
  crm::VerdictRule rule;
  Members members(node, path, preset_map::verdict_rule(), diagnostics);
  rule.statuses = read_statuses(members, "status", diagnostics);
  rule.conditions = read_conditions(members, "when", diagnostics);
  const std::vector<std::string>& words = preset_map::verdict_rule().find("verdict")->words;
  if (members.need("verdict", fmt::format("add verdict: {}", fmt::join(words, ", "))) != nullptr) {
    if (const auto word = members.word("verdict")) {
      rule.verdict = rule_verdict(words.at(*word));
    }
  }
  rule.wait = members.duration("wait");
  rule.wait_seconds = read_locator(members, "wait_seconds", diagnostics);
  rule.wait_until_midnight = members.flag("wait_until_midnight", false);
  rule.id = read_locator(members, "id", diagnostics);
  if (rule.id && rule.verdict != Verdict::exists) {
    members.report("id", "is only for verdict: exists, which takes the record that is there");
  }
  rule.advice = members.text("advice");
  members.finish();
  return rule;
}

}  // namespace

std::string read_pointer(const Node& node, const std::string& path, PresetDiagnostics& diagnostics) {
  const std::optional<std::string> text = scalar_text(node, path, diagnostics);
  if (!text) {
    return {};
  }
  if (const auto problem = rules::json_pointer.problem(*text)) {
    diagnostics.report(node, path, *problem);
    return {};
  }
  return *text;
}

crm::Locator read_inner_locator(Members& members, PresetDiagnostics& diagnostics) {
  crm::Locator locator;
  const Node* pointer = members.find("pointer");
  if (pointer != nullptr) {
    locator.pointer = read_pointer(*pointer, members.path_to("pointer"), diagnostics);
  }
  const std::optional<std::string> header = members.text_if_any("header");
  if (header) {
    locator.header = *header;
    if (header->empty()) {
      members.report("header", "must be the name of a header");
    }
  }
  if (header && pointer != nullptr) {
    members.report("header", "stands beside a pointer: a value is in the body or in a header");
  }
  locator.pattern = read_pattern(members, "pattern");
  if (members.sound() && !header && pointer == nullptr) {
    diagnostics.report(members.place(), members.path(),
                       "names no place: add pointer: /NAME (\"\" is the whole), or header: NAME");
  }
  return locator;
}

crm::Locator read_locator(const Node& node, const std::string& path, PresetDiagnostics& diagnostics) {
  if (node.kind == Node::Kind::scalar) {
    crm::Locator locator;
    locator.pointer = read_pointer(node, path, diagnostics);
    return locator;
  }
  Members members(node, path, preset_map::locator(), diagnostics);
  crm::Locator locator = read_inner_locator(members, diagnostics);
  members.finish();
  return locator;
}

std::optional<crm::Locator> read_locator(Members& members, const char* key, PresetDiagnostics& diagnostics) {
  const Node* node = members.find(key);
  return node == nullptr ? std::nullopt : std::optional(read_locator(*node, members.path_to(key), diagnostics));
}

std::vector<Range> read_statuses(Members& members, const char* key, PresetDiagnostics& diagnostics) {
  std::vector<Range> statuses;
  members.each(key, [&](const Node& node, const std::string& path) {
    const std::optional<std::string> text = scalar_text(node, path, diagnostics);
    const std::optional<Range> range = text ? range_of(*text) : std::nullopt;
    if (range) {
      statuses.push_back(*range);
    } else if (text) {
      diagnostics.report(node, path, "must be a status from 100 to 599, a range such as 500-504, or 4xx");
    }
  });
  return statuses;
}

std::vector<crm::Condition> read_conditions(Members& members, const char* key, PresetDiagnostics& diagnostics) {
  std::vector<crm::Condition> conditions;
  members.each(key, [&](const Node& node, const std::string& path) {
    conditions.push_back(read_condition(node, path, diagnostics));
  });
  return conditions;
}

std::vector<crm::KeyMatch> read_key_matches(Members& members, const char* key, const PlaceholderContext& item,
                                            PresetTexts& texts, PresetDiagnostics& diagnostics) {
  std::vector<crm::KeyMatch> keys;
  members.each(key, [&](const Node& node, const std::string& path) {
    crm::KeyMatch match;
    Members inner(node, path, preset_map::key_match(), diagnostics);
    match.at = read_inner_locator(inner, diagnostics);
    if (const Node* equals = inner.need("equals", "add equals: the text of the item, such as ${activity.key}")) {
      match.equals = texts.text(*equals, inner.path_to("equals"), item);
    }
    inner.finish();
    keys.push_back(std::move(match));
  });
  return keys;
}

std::vector<crm::VerdictRule> read_verdicts(Members& members, const char* key, PresetDiagnostics& diagnostics) {
  std::vector<crm::VerdictRule> verdicts;
  bool over = false;
  members.each(key, [&](const Node& node, const std::string& path) {
    if (over) {
      diagnostics.report(node, path,
                         "is never reached: the rule before it holds always, having no status and no `when`");
      over = false;
    }
    verdicts.push_back(read_verdict(node, path, diagnostics));
    over = over || (node.kind == Node::Kind::map && holds_always(verdicts.back()) && node.find("status") == nullptr &&
                    node.find("when") == nullptr);
  });
  return verdicts;
}

std::map<std::string, crm::Locator> read_saves(Members& members, const char* key, PresetDiagnostics& diagnostics) {
  std::map<std::string, crm::Locator> saves;
  members.entries(key, [&](const Entry& entry, const std::string& path) {
    const auto is_word = [](char byte) { return is_lower(byte) || is_digit(byte) || byte == '_'; };
    if (entry.key.empty() || !std::all_of(entry.key.begin(), entry.key.end(), is_word) || entry.key[0] <= '9') {
      diagnostics.report(entry.place, path, "must be a name of small letters, digits and _");
    }
    saves[entry.key] = read_locator(entry.value, path, diagnostics);
  });
  return saves;
}

}  // namespace elit::config
