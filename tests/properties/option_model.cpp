#include "tests/properties/option_model.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/options/option_kinds.hpp"
#include "config/options/option_table.hpp"
#include "config/yaml/scalars.hpp"
#include "config/yaml/yaml_tree.hpp"
#include "tests/properties/json_model.hpp"

namespace elit::properties {
namespace {

using config::FieldDescription;
using config::SectionDescription;
using Shape = FieldDescription::Shape;

template <class Kind>
using ByName = config::ByName<Kind, std::map<std::string, typename Kind::Value>>;

// Texts that YAML would read as another type or as syntax, and ordinary texts.
std::string any_text(Choices& choices) {
  constexpr std::u32string_view characters = U"a:#- {}[]'\"\\&*!|>%@`,?~=/.0\u00FC\u20AC\U0001F600";
  constexpr std::array words{"true", "no", "null", "~", "0042", "1e5", "- x", "a: b", "a #b", "<<", "---", "."};
  if (choices.chance(3)) {
    return choices.pick(words);
  }
  std::u32string text;
  do {
    text += characters[choices.below(characters.size())];
  } while (choices.more(4));
  return to_utf8_bytes(text);
}

std::string one_of_texts(Choices& choices, std::initializer_list<const char*> texts) {
  return choices.one_of(texts);
}

// `serial` differs for each value of a configuration, because some values must be unique.
std::string text_for(const FieldDescription& option, int serial, Choices& choices) {
  namespace rules = config::rules;
  const std::string number = std::to_string(serial);
  if (option.type == rules::name.means) {
    return one_of_texts(choices, {"a", "0", "true", "null-", "-"}) + "-" + number;
  }
  if (option.type == rules::identifier.means) {
    return one_of_texts(choices, {"4660", "0042", "1e5", "a.b_c~d-E", "~", "null", "6bc26c50902b4838"});
  }
  if (option.type == rules::base_url.means || option.type == rules::url.means) {
    return one_of_texts(choices,
                        {"https://api.example.com", "http://127.0.0.1:8080/a", "HTTPS://[::1]/x/", "http://localhost"});
  }
  if (option.key == "timezone") {
    return one_of_texts(choices, {"UTC", "Asia/Kolkata", "Europe/Berlin"});
  }
  if (option.type == rules::proxy.means) {
    return one_of_texts(choices, {"http://proxy.example.com:3128", "http://10.0.0.1:1/"});
  }
  if (option.type == rules::users_path.means) {
    return one_of_texts(choices, {"/", "/u/{customer_id}/{bot_key}", "/a,b;c=d:e@f/%20"});
  }
  if (option.type == rules::conversations_path.means) {
    return one_of_texts(choices, {"/{user_id}", "/c/{customer_id}/{user_id}/{bot_key}"});
  }
  if (option.type == rules::parameter.means || option.type == rules::parameter_or_none.means) {
    return one_of_texts(choices, {"p", "0", "a.b", "no"}) + number;
  }
  if (option.type == rules::json_pointer.means) {
    return choices.chance(2) ? one_of_texts(choices, {"", "/", "/data/users", "/a~1b/~0"})
                             : "/" + std::string("x ") + "#\u00FC";
  }
  return any_text(choices) + number;
}

SecretReference secret_from(Choices& choices) {
  using Kind = SecretReference::Kind;
  switch (choices.below(3)) {
    case 0:
      return {Kind::file, "/etc/" + one_of_texts(choices, {"key", "a b", "x#y: z", "\u00FC\"'"})};
    case 1:
      return {Kind::environment, one_of_texts(choices, {"KEY", "_x1", "null"})};
    default:
      return {Kind::credential, one_of_texts(choices, {"key", "a: b", "- c", "0042"})};
  }
}

config::HeadersOption::Value headers_from(Choices& choices) {
  config::HeadersOption::Value headers;
  while (choices.more(2)) {
    const std::string name = choices.one_of<const char*>({"X-One", "true", "0042", "Accept", "!#$%&'*+-.^_`|~"});
    headers[name] = choices.chance(2) ? HeaderValue(secret_from(choices)) : HeaderValue(any_text(choices));
  }
  if (choices.chance(3)) {
    headers["Authorization"] = secret_from(choices);
  }
  return headers;
}

std::map<std::string, FieldOption> fields_from(Choices& choices) {
  std::map<std::string, FieldOption> fields;
  while (choices.more(2)) {
    const std::string name = one_of_texts(choices, {"phone", "a b", "0042", "x: y", "\u00FC"});
    fields[name].value =
        one_of_texts(choices, {"", "true", "${contact.user/a b}", "${contact.name | default \"x\"}: $$"});
    fields[name].if_empty = choices.chance(2);
  }
  return fields;
}

Milliseconds duration_from(const FieldDescription& option, Choices& choices) {
  const auto unit = choices.one_of<std::int64_t>({1, 1'000, 60'000, 3'600'000, 86'400'000});
  const std::int64_t amount = choices.between(0, option.max / unit) * unit;
  return Milliseconds{std::clamp(amount, option.min, option.max)};
}

// Some options limit each other: the smaller one stays below the default of the larger one, and the larger one above
// the default of the smaller one.
Milliseconds bound_duration(const FieldDescription& option, Milliseconds value) {
  const Milliseconds standard = std::get<Milliseconds>(config::read_duration(option.standard));
  if (option.key == "interval" || option.key == "first") {
    return std::min(value, standard);
  }
  return option.key == "max_staleness" || option.key == "max" ? std::max(value, standard) : value;
}

std::string map_for(const FieldDescription& option, Choices& choices) {
  if (option.key == "headers") {
    return config::HeadersOption::write(headers_from(choices));
  }
  if (option.key == "secrets") {
    return ByName<config::SecretOption>().write({{"access_token", secret_from(choices)}});
  }
  if (option.key == "settings") {
    return ByName<config::PlainText>().write({{"channel", one_of_texts(choices, {"SMS", "WHATS_APP"})}});
  }
  if (option.key == "fields") {
    return ByName<config::ContactFieldOption>().write(fields_from(choices));
  }
  std::map<std::string, std::string> roles;
  while (choices.more(2)) {
    roles[any_text(choices)] = one_of_texts(choices, {"in", "out", "agent", "system"});
  }
  return ByName<config::PlainText>().write(roles);
}

// A value as the program would write it.
std::string value_for(const FieldDescription& option, int serial, Choices& choices) {
  if (option.key == "type") {
    // The only CRM is one with a shipped preset: an own preset would need a file.
    return choices.one_of<const char*>({"http", "file", "hubspot"});
  }
  if (option.key == "adopt") {
    return "[]";  // The preset of the CRM above does not look for contacts.
  }
  if (option.type.starts_with("list of ")) {
    return choices.chance(2) ? "[]" : "[" + choices.pick(option.choices) + "]";
  }
  if (!option.choices.empty()) {
    return choices.pick(option.choices);
  }
  if (option.type == "`true` or `false`") {
    return choices.chance(2) ? "true" : "false";
  }
  if (option.type == "whole number" || option.type == "size") {
    const auto number = choices.one_of({option.min, option.max, choices.between(option.min, option.max)});
    return option.type == "size" ? config::size_text(number) : std::to_string(number);
  }
  if (option.type == "number") {
    return config::Real().write(static_cast<double>(choices.between(option.min * 1000, option.max * 1000)) / 1000);
  }
  if (option.type == "duration") {
    return config::duration_text(bound_duration(option, duration_from(option, choices)));
  }
  if (option.type == "instant in UTC") {
    return config::InstantOption::write(from_ms(choices.between(0, 1'700'000'000'000)));
  }
  if (option.type == "path") {
    return config::block_text("/var/" + one_of_texts(choices, {"a", "x y", "#b", "c: d", "\u00FC\\\""}) +
                              std::to_string(serial));
  }
  if (option.type == "secret") {
    return config::SecretOption::write(secret_from(choices));
  }
  if (option.type.starts_with("map of ")) {
    return map_for(option, choices);
  }
  return config::block_text(text_for(option, serial, choices));
}

class Filler {
 public:
  Filler(Choices& choices, KeyValues& set) : choices_(choices), set_(set) {}

  void fill(const SectionDescription& section, const std::string& path) {
    std::string kind;
    for (const FieldDescription& option : section.fields) {
      const std::string key = config::path_of(path, option.key);
      if (!config::applies(option, kind)) {
        continue;
      }
      if (option.shape == Shape::section) {
        fill(*option.section, key);
      } else if (option.shape == Shape::list) {
        const std::int64_t count = choices_.one_of({option.min, option.min, std::int64_t{1}, option.min + 1});
        for (std::int64_t index = 0; index < count; ++index) {
          fill(*option.section, config::path_of(key, static_cast<std::size_t>(index)));
        }
      } else if (config::is_required(option, kind) || option.key == "secrets" || choices_.chance(15)) {
        set_.emplace_back(key, value_for(option, ++serial_, choices_));
        kind = option.key == section.discriminator ? config::kind_of(section, set_.back().second) : kind;
      }
    }
  }

 private:
  Choices& choices_;
  KeyValues& set_;
  int serial_ = 0;
};

// The steps of `sources[0].poll.interval` are sources, 0, poll, interval.
std::vector<std::string> steps_of(const std::string& key) {
  std::vector<std::string> steps(1);
  for (const char c : key) {
    if (c == '.' || c == '[') {
      steps.emplace_back();
    } else if (c != ']') {
      steps.back() += c;
    }
  }
  return steps;
}

}  // namespace

OptionModel::OptionModel(Choices& choices) {
  Filler(choices, set).fill(config::option_table().about, "");
}

std::string configuration_of(const KeyValues& values) {
  std::string text;
  std::vector<std::string> open;
  for (const auto& [key, value] : values) {
    const std::vector<std::string> steps = steps_of(key);
    const auto differs = std::mismatch(steps.begin(), steps.end(), open.begin(), open.end()).first;
    for (auto step = differs; step != steps.end(); ++step) {
      const bool item = step->find_first_not_of("0123456789") == std::string::npos;
      text += std::string(2 * static_cast<std::size_t>(step - steps.begin()), ' ') + (item ? "-" : *step + ":");
      text += (std::next(step) == steps.end() ? " " + value : "") + "\n";
    }
    open = steps;
  }
  return text;
}

KeyValues key_values_of(const std::vector<config::ValueInForce>& values) {
  KeyValues pairs;
  for (const config::ValueInForce& value : values) {
    // An empty text is the value of an option that is left out.
    if (!value.value.empty() && value.value != "\"\"") {
      pairs.emplace_back(value.key, value.value);
    }
  }
  return pairs;
}

}  // namespace elit::properties
