#include "config/options/value_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/yaml/scalars.hpp"
#include "core/check.hpp"
#include "core/text/closest_match.hpp"

namespace elit::config {
namespace {

constexpr const char* secret_forms = "{file: PATH}, {env: NAME} or {credential: NAME}";

std::string kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "nothing";
}

std::optional<std::string> variable_problem(const std::string& name) {
  const auto letter = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
  };
  const bool sound = !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char byte) {
    return letter(byte) || (byte >= '0' && byte <= '9');
  });
  return sound ? std::nullopt : std::optional<std::string>("must be the name of an environment variable");
}

std::optional<std::string> credential_problem(const std::string& name) {
  const bool sound = !name.empty() && name.size() <= 255 && name.find('/') == std::string::npos && name != "." &&
                     name != ".." && !has_control_characters(name);
  return sound ? std::nullopt : std::optional<std::string>("must be the name of a systemd credential, without '/'");
}

// Reads one value; the members it was given outlive it.
class ValueReader {
 public:
  ValueReader(const Option& option, const ReadContext& context, Diagnostics& diagnostics)
      : option_(option), context_(context), diagnostics_(diagnostics) {}

  std::optional<Value> read(const Node& node, const std::string& path) {
    if (node.kind == Node::Kind::null) {
      return fail(node, path, "has no value: give it one, or remove the key");
    }
    switch (option_.kind) {
      case Option::Kind::secret:
        return read_secret(node, path);
      case Option::Kind::headers:
        return read_headers(node, path);
      case Option::Kind::words:
        return read_words(node, path);
      case Option::Kind::subset:
        return read_subset(node, path);
      case Option::Kind::secrets:
        return read_map<Secrets>(node, path, [this](const Entry& entry, const std::string& entry_path) {
          return secret_of(entry.value, entry_path);
        });
      case Option::Kind::texts:
        return read_map<Words>(node, path, [this](const Entry& entry, const std::string& entry_path) {
          return plain_text(entry.value, entry_path);
        });
      case Option::Kind::fields:
        return read_map<Fields>(node, path, [this](const Entry& entry, const std::string& entry_path) {
          return field_of(entry.value, entry_path);
        });
      default:
        break;
    }
    if (node.kind != Node::Kind::scalar) {
      return fail(node, path, fmt::format("must be a single value, not {}", kind_of(node)));
    }
    if (has_control_characters(node.text)) {
      return fail(node, path, "must not hold control characters or line breaks");
    }
    return read_scalar(node, path);
  }

 private:
  std::nullopt_t fail(const Node& node, const std::string& path, std::string what) {
    diagnostics_.report(node.place, path, std::move(what));
    return std::nullopt;
  }

  std::optional<Value> read_scalar(const Node& node, const std::string& path) {
    switch (option_.kind) {
      case Option::Kind::text:
        return read_text(node, path);
      case Option::Kind::path:
        return read_path(node, path);
      case Option::Kind::flag:
        return read_flag(node, path);
      case Option::Kind::choice:
        return read_choice(node, path);
      case Option::Kind::whole:
        return unquoted(node, path) ? bounded<std::int64_t>(node, path, read_whole(node.text)) : std::nullopt;
      case Option::Kind::real:
        return unquoted(node, path) ? bounded<double>(node, path, read_real(node.text)) : std::nullopt;
      case Option::Kind::duration:
        return bounded<Milliseconds>(node, path, read_duration(node.text));
      case Option::Kind::size:
        return bounded<std::int64_t>(node, path, read_size(node.text));
      case Option::Kind::instant:
        return read_moment(node, path);
      default:
        check(false, "an option of a compound kind was read as a single value");
        return std::nullopt;
    }
  }

  bool unquoted(const Node& node, const std::string& path) {
    if (node.quoted) {
      fail(node, path, "must be a number: remove the quotes");
    }
    return !node.quoted;
  }

  static bool within(const Option& option, std::int64_t number) { return number >= option.min && number <= option.max; }
  static bool within(const Option& option, Milliseconds duration) { return within(option, duration.count()); }
  static bool within(const Option& option, double number) {
    return number * 1000 >= static_cast<double>(option.min) && number * 1000 <= static_cast<double>(option.max);
  }

  template <class T>
  std::optional<Value> bounded(const Node& node, const std::string& path, const Reading<T>& reading) {
    if (const auto* what = std::get_if<std::string>(&reading)) {
      return fail(node, path, *what);
    }
    const T& value = std::get<T>(reading);
    if (!within(option_, value)) {
      return fail(node, path, fmt::format("must be {}, not {}", bounds_text(option_), printable(node.text)));
    }
    return Value(value);
  }

  std::optional<Value> read_text(const Node& node, const std::string& path) {
    if (!node.quoted) {
      if (const auto advice = needs_quotes(node.text, !option_.rule->booleans)) {
        return fail(node, path, *advice);
      }
    }
    if (const auto problem = option_.rule->problem(node.text)) {
      return fail(node, path, *problem);
    }
    return Value(node.text);
  }

  std::optional<Value> read_path(const Node& node, const std::string& path) {
    const std::optional<std::string> resolved = resolve(node, path);
    return resolved ? std::optional<Value>(*resolved) : std::nullopt;
  }

  std::optional<std::string> resolve(const Node& node, const std::string& path) {
    if (node.text.empty()) {
      return fail(node, path, "must be a path, and is empty");
    }
    if (node.text == "~" || node.text.starts_with("~/")) {
      return fail(node, path, "must be a path without '~': write the home directory out");
    }
    if (node.text.size() > 4000) {
      return fail(node, path, "is too long for a path");
    }
    std::filesystem::path resolved = (context_.directory / node.text).lexically_normal();
    if (!resolved.has_filename() && resolved.has_relative_path()) {
      resolved = resolved.parent_path();
    }
    return resolved.string();
  }

  std::optional<Value> read_flag(const Node& node, const std::string& path) {
    if (node.quoted) {
      return fail(node, path, "must be true or false, without quotes");
    }
    if (node.text == "true" || node.text == "false") {
      return Value(node.text == "true");
    }
    static constexpr std::array<std::pair<const char*, const char*>, 12> spellings{{{"yes", "true"},
                                                                                    {"Yes", "true"},
                                                                                    {"on", "true"},
                                                                                    {"True", "true"},
                                                                                    {"TRUE", "true"},
                                                                                    {"1", "true"},
                                                                                    {"no", "false"},
                                                                                    {"No", "false"},
                                                                                    {"off", "false"},
                                                                                    {"False", "false"},
                                                                                    {"FALSE", "false"},
                                                                                    {"0", "false"}}};
    for (const auto& [spelling, right] : spellings) {
      if (node.text == spelling) {
        return fail(node, path, fmt::format("must be true or false: did you mean {}?", right));
      }
    }
    return fail(node, path, fmt::format("must be true or false, not \"{}\"", printable(node.text)));
  }

  std::optional<Value> read_choice(const Node& node, const std::string& path) {
    if (std::find(option_.choices.begin(), option_.choices.end(), node.text) != option_.choices.end()) {
      return Value(node.text);
    }
    const std::optional<std::string> near = closest_match(node.text, option_.choices);
    return fail(node, path,
                fmt::format("must be one of {}, not \"{}\"{}", fmt::join(option_.choices, ", "), printable(node.text),
                            near ? fmt::format(": did you mean {}?", *near) : ""));
  }

  std::optional<Value> read_moment(const Node& node, const std::string& path) {
    const Reading<Instant> reading = read_instant(node.text, context_.now);
    if (const auto* what = std::get_if<std::string>(&reading)) {
      return fail(node, path, *what);
    }
    return Value(std::optional<Instant>(std::get<Instant>(reading)));
  }

  // The message does not repeat the text: it may be the secret.
  std::optional<SecretReference> secret_of(const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::map) {
      return fail(node, path,
                  fmt::format("must not hold the secret itself: write {} that says where it is", secret_forms));
    }
    if (node.entries.size() != 1) {
      return fail(node, path, fmt::format("must have exactly one of file, env and credential: {}", secret_forms));
    }
    const Entry& entry = node.entries.front();
    static const std::vector<std::string> kinds{"file", "env", "credential"};
    const auto kind = std::find(kinds.begin(), kinds.end(), entry.key);
    if (kind == kinds.end()) {
      const std::optional<std::string> near = closest_match(entry.key, kinds);
      diagnostics_.report(entry.place, path,
                          fmt::format("must be {}{}", secret_forms, near ? ": did you mean " + *near + "?" : ""));
      return std::nullopt;
    }
    return reference_of(static_cast<SecretReference::Kind>(kind - kinds.begin()), entry, path_of(path, entry.key));
  }

  std::optional<SecretReference> reference_of(SecretReference::Kind kind, const Entry& entry, const std::string& path) {
    const Node& node = entry.value;
    if (node.kind != Node::Kind::scalar || node.text.empty()) {
      return fail(node, path, fmt::format("must be the name in {}", secret_forms));
    }
    if (has_control_characters(node.text)) {
      return fail(node, path, "must not hold control characters or line breaks");
    }
    if (kind == SecretReference::Kind::file) {
      const std::optional<std::string> resolved = resolve(node, path);
      return resolved ? std::optional(SecretReference{kind, *resolved}) : std::nullopt;
    }
    const auto problem =
        kind == SecretReference::Kind::environment ? variable_problem(node.text) : credential_problem(node.text);
    if (problem) {
      return fail(node, path, *problem);
    }
    return SecretReference{kind, node.text};
  }

  std::optional<Value> read_secret(const Node& node, const std::string& path) {
    const std::optional<SecretReference> reference = secret_of(node, path);
    return reference ? std::optional<Value>(*reference) : std::nullopt;
  }

  std::optional<Value> read_headers(const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::map) {
      return fail(node, path, fmt::format("must be a map of header names to values, not {}", kind_of(node)));
    }
    Headers headers;
    bool sound = true;
    for (const Entry& entry : node.entries) {
      const std::string entry_path = path_of(path, entry.key);
      diagnostics_.origins[entry_path] = entry.place;
      const std::optional<HeaderValue> value = header_value(entry, entry_path);
      if (!value || repeats_header(headers, entry, entry_path)) {
        sound = false;
      } else {
        headers[entry.key] = *value;
      }
    }
    return sound ? std::optional<Value>(std::move(headers)) : std::nullopt;
  }

  bool repeats_header(const Headers& headers, const Entry& entry, const std::string& path) {
    const auto same = [](char left, char right) {
      const auto small = [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
      };
      return small(left) == small(right);
    };
    for (const auto& [name, value] : headers) {
      if (std::equal(name.begin(), name.end(), entry.key.begin(), entry.key.end(), same)) {
        diagnostics_.report(entry.place, path,
                            fmt::format("is the same header as {}: names differ only in case", name));
        return true;
      }
    }
    return false;
  }

  std::optional<HeaderValue> header_value(const Entry& entry, const std::string& path) {
    const Node& node = entry.value;
    if (const auto problem = header_name_problem(entry.key)) {
      diagnostics_.report(entry.place, path, *problem);
      return std::nullopt;
    }
    if (node.kind == Node::Kind::null) {
      return fail(node, path, "has no value: give it one, or remove the key");
    }
    if (node.kind == Node::Kind::map || is_secret_header(entry.key)) {
      const std::optional<SecretReference> reference = secret_of(node, path);
      return reference ? std::optional<HeaderValue>(*reference) : std::nullopt;
    }
    if (node.kind != Node::Kind::scalar) {
      return fail(node, path, fmt::format("must be text or a secret ({}), not {}", secret_forms, kind_of(node)));
    }
    if (has_control_characters(node.text)) {
      return fail(node, path, "must not hold control characters or line breaks");
    }
    return HeaderValue(node.text);
  }

  std::optional<Value> read_words(const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::map) {
      return fail(node, path, fmt::format("must be a map, not {}", kind_of(node)));
    }
    Words words;
    bool sound = true;
    for (const Entry& entry : node.entries) {
      const std::string entry_path = path_of(path, entry.key);
      diagnostics_.origins[entry_path] = entry.place;
      if (entry.value.kind != Node::Kind::scalar) {
        sound = false;
        fail(entry.value, entry_path, fmt::format("must be one of {}", fmt::join(option_.choices, ", ")));
        continue;
      }
      const std::optional<Value> word = read_choice(entry.value, entry_path);
      sound = sound && word.has_value();
      words[entry.key] = entry.value.text;
    }
    return sound ? std::optional<Value>(std::move(words)) : std::nullopt;
  }

  std::optional<Value> read_subset(const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::sequence) {
      return fail(node, path,
                  fmt::format("must be a list of {}, not {}", fmt::join(option_.choices, ", "), kind_of(node)));
    }
    Choices chosen;
    bool sound = true;
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      const Node& item = node.items[index];
      const std::string item_path = fmt::format("{}[{}]", path, index);
      if (item.kind != Node::Kind::scalar) {
        sound = false;
        fail(item, item_path, fmt::format("must be one of {}", fmt::join(option_.choices, ", ")));
      } else if (std::find(chosen.begin(), chosen.end(), item.text) != chosen.end()) {
        sound = false;
        fail(item, item_path, fmt::format("is \"{}\" a second time", printable(item.text)));
      } else {
        sound = read_choice(item, item_path).has_value() && sound;
        chosen.push_back(item.text);
      }
    }
    return sound ? std::optional<Value>(std::move(chosen)) : std::nullopt;
  }

  // Reads a map of names to values; `read(entry, path)` gives a value, or nothing after a mistake.
  template <class Map, class Read>
  std::optional<Value> read_map(const Node& node, const std::string& path, Read read) {
    if (node.kind != Node::Kind::map) {
      return fail(node, path, fmt::format("must be a map of names to values, not {}", kind_of(node)));
    }
    Map map;
    bool sound = true;
    for (const Entry& entry : node.entries) {
      const std::string entry_path = path_of(path, entry.key);
      diagnostics_.origins[entry_path] = entry.value.place;
      if (const auto value = read(entry, entry_path)) {
        map[entry.key] = *value;
      } else {
        sound = false;
      }
    }
    return sound ? std::optional<Value>(std::move(map)) : std::nullopt;
  }

  std::optional<std::string> plain_text(const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::scalar) {
      return fail(node, path, fmt::format("must be a single value, not {}", kind_of(node)));
    }
    if (const auto advice = node.quoted ? std::nullopt : needs_quotes(node.text, false)) {
      return fail(node, path, *advice);
    }
    if (has_control_characters(node.text)) {
      return fail(node, path, "must not hold control characters or line breaks");
    }
    return node.text;
  }

  std::optional<FieldOption> field_of(const Node& node, const std::string& path) {
    FieldOption field;
    if (node.kind != Node::Kind::map) {
      const std::optional<std::string> text = plain_text(node, path);
      if (text && !text->empty() && text->front() != '/') {
        return fail(node, path,
                    "must be a JSON pointer into the user's element of the Users API, such as /user.phone_no, or "
                    "{value: \"${contact.name}\"}");
      }
      return text ? pointed(node, path, *text) : std::nullopt;
    }
    for (const Entry& entry : node.entries) {
      const std::string entry_path = path_of(path, entry.key);
      diagnostics_.origins[entry_path] = entry.value.place;
      const std::optional<std::string> text = plain_text(entry.value, entry_path);
      if (!text) {
        return std::nullopt;
      }
      if (entry.key == "value") {
        const auto value = text->starts_with('/') ? pointed(entry.value, entry_path, *text) : FieldOption{*text, false};
        if (!value) {
          return std::nullopt;
        }
        field.value = value->value;
      } else if (entry.key == "policy" && (*text == "always" || *text == "if_empty")) {
        field.if_empty = *text == "if_empty";
      } else if (entry.key == "policy") {
        return fail(entry.value, entry_path, "must be always or if_empty");
      } else {
        diagnostics_.report(entry.place, entry_path, "is not a known key; known here are value, policy");
        return std::nullopt;
      }
    }
    return node.find("value") != nullptr ? std::optional(field) : fail(node, path, "lacks its value: {value: ...}");
  }

  std::optional<FieldOption> pointed(const Node& node, const std::string& path, const std::string& pointer) {
    if (const auto problem = rules::json_pointer.problem(pointer)) {
      return fail(node, path, *problem);
    }
    if (pointer.find_first_of("|}") != std::string::npos) {
      return fail(node, path, "must not hold '|' or '}': a placeholder ends there");
    }
    return FieldOption{pointer.empty() ? "" : "${contact.user" + pointer + "}", false};
  }

  const Option& option_;
  const ReadContext& context_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::optional<Value> read_value(const Option& option, const Node& node, const std::string& path,
                                const ReadContext& context, Diagnostics& diagnostics) {
  return ValueReader(option, context, diagnostics).read(node, path);
}

}  // namespace elit::config
