#include "tests/properties/option_model.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/options/option.hpp"
#include "config/yaml/yaml_tree.hpp"
#include "tests/properties/json_model.hpp"

namespace elit::properties {
namespace {

using config::Option;
using config::Section;
using config::Value;

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
std::string text_for(const Option& option, int serial, Choices& choices) {
  namespace rules = config::rules;
  const std::string number = std::to_string(serial);
  if (option.rule == &rules::name) {
    return one_of_texts(choices, {"a", "0", "true", "null-", "-"}) + "-" + number;
  }
  if (option.rule == &rules::identifier) {
    return one_of_texts(choices, {"4660", "0042", "1e5", "a.b_c~d-E", "~", "null", "6bc26c50902b4838"});
  }
  if (option.rule == &rules::base_url || option.rule == &rules::url) {
    return one_of_texts(choices,
                        {"https://api.example.com", "http://127.0.0.1:8080/a", "HTTPS://[::1]/x/", "http://localhost"});
  }
  if (option.key == "timezone") {
    return one_of_texts(choices, {"UTC", "Asia/Kolkata", "Europe/Berlin"});
  }
  if (option.rule == &rules::proxy) {
    return one_of_texts(choices, {"http://proxy.example.com:3128", "http://10.0.0.1:1/"});
  }
  if (option.rule == &rules::users_path) {
    return one_of_texts(choices, {"/", "/u/{customer_id}/{bot_key}", "/a,b;c=d:e@f/%20"});
  }
  if (option.rule == &rules::conversations_path) {
    return one_of_texts(choices, {"/{user_id}", "/c/{customer_id}/{user_id}/{bot_key}"});
  }
  if (option.rule == &rules::parameter || option.rule == &rules::parameter_or_none) {
    return one_of_texts(choices, {"p", "0", "a.b", "no"}) + number;
  }
  if (option.rule == &rules::json_pointer) {
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

config::Headers headers_from(Choices& choices) {
  config::Headers headers;
  while (choices.more(2)) {
    const std::string name = choices.one_of<const char*>({"X-One", "true", "0042", "Accept", "!#$%&'*+-.^_`|~"});
    headers[name] = choices.chance(2) ? HeaderValue(secret_from(choices)) : HeaderValue(any_text(choices));
  }
  if (choices.chance(3)) {
    headers["Authorization"] = secret_from(choices);
  }
  return headers;
}

config::Fields fields_from(Choices& choices) {
  config::Fields fields;
  while (choices.more(2)) {
    const std::string name = one_of_texts(choices, {"phone", "a b", "0042", "x: y", "\u00FC"});
    fields[name].value =
        one_of_texts(choices, {"", "true", "${contact.user/a b}", "${contact.name | default \"x\"}: $$"});
    fields[name].if_empty = choices.chance(2);
  }
  return fields;
}

Milliseconds duration_from(const Option& option, Choices& choices) {
  const auto unit = choices.one_of<std::int64_t>({1, 1'000, 60'000, 3'600'000, 86'400'000});
  const std::int64_t amount = choices.between(0, option.max / unit) * unit;
  return Milliseconds{std::clamp(amount, option.min, option.max)};
}

// Some options limit each other: the smaller one stays below the default of the larger one, and the larger one above
// the default of the smaller one.
Value value_for(const Option& option, const Value& present, int serial, Choices& choices) {
  switch (option.kind) {
    case Option::Kind::flag:
      return choices.chance(2);
    case Option::Kind::whole:
    case Option::Kind::size:
      return choices.one_of({option.min, option.max, choices.between(option.min, option.max)});
    case Option::Kind::real:
      return static_cast<double>(choices.between(option.min, option.max)) / 1000;
    case Option::Kind::duration: {
      const Milliseconds value = duration_from(option, choices);
      const auto* standard = std::get_if<Milliseconds>(&present);
      if (option.key == "interval" || option.key == "first") {
        return std::min(value, *standard);
      }
      return option.key == "max_staleness" || option.key == "max" ? std::max(value, *standard) : value;
    }
    case Option::Kind::instant:
      return std::optional(from_ms(choices.between(0, 1'700'000'000'000)));
    case Option::Kind::choice:
      // The only CRM is one with a shipped preset: an own preset would need a file.
      return option.key == "type" ? choices.one_of<const char*>({"http", "file", "hubspot"})
                                  : choices.pick(option.choices);
    case Option::Kind::path:
      return "/var/" + one_of_texts(choices, {"a", "x y", "#b", "c: d", "\u00FC\\\""}) + std::to_string(serial);
    case Option::Kind::secret:
      return secret_from(choices);
    case Option::Kind::headers:
      return headers_from(choices);
    case Option::Kind::words: {
      config::Words words;
      while (choices.more(2)) {
        words[any_text(choices)] = choices.pick(option.choices);
      }
      return words;
    }
    case Option::Kind::subset:
      return choices.chance(2) ? config::Choices{} : config::Choices{choices.pick(option.choices)};
    case Option::Kind::secrets:
      return config::Secrets{{"access_token", secret_from(choices)}};
    case Option::Kind::texts:
      return config::Words{{"channel", one_of_texts(choices, {"SMS", "WHATS_APP"})}};
    case Option::Kind::fields:
      return fields_from(choices);
    default:
      return text_for(option, serial, choices);
  }
}

class Filler {
 public:
  Filler(Choices& choices, KeyValues& set) : choices_(choices), set_(set) {}

  void fill(const Section& section, void* owner, const std::string& path) {
    for (const Option& option : section.options) {
      const std::string key = config::path_of(path, option.key);
      const std::string kind = config::kind_of(section, owner);
      if (!config::applies(option, kind)) {
        continue;
      }
      if (option.kind == Option::Kind::group) {
        fill(*option.section, option.enter(owner), key);
      } else if (option.kind == Option::Kind::list) {
        const std::int64_t count = choices_.one_of({option.min, option.min, std::int64_t{1}, option.min + 1});
        for (std::int64_t index = 0; index < count; ++index) {
          fill(*option.section, option.append(owner), config::path_of(key, static_cast<std::size_t>(index)));
        }
      } else if (config::is_required(option, kind) || option.kind == Option::Kind::secrets || choices_.chance(15)) {
        option.set(owner, value_for(option, option.get(owner), ++serial_, choices_));
        set_.emplace_back(key, config::to_yaml(option.get(owner), option.kind == Option::Kind::size));
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
  Filler(choices, set).fill(config::option_table(), &options, "");
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
