#include "daemon/system/secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "core/ascii.hpp"
#include "core/check.hpp"
#include "core/letter_case.hpp"
#include "storage/files/file.hpp"

namespace elit::daemon {
namespace {

using Kind = SecretProblem::Kind;
using SecretResult = boost::system::result<std::string, SecretProblem>;

constexpr std::size_t largest_secret_bytes = 64 * 1024;

SecretProblem problem(Kind kind, std::string what) {
  return SecretProblem{kind, std::move(what)};
}

SecretResult too_large(const std::string& source) {
  return problem(Kind::unsound, fmt::format("{} is larger than 64KiB: it is not a secret", source));
}

// The secret in the content of a file or variable.
SecretResult refine(std::string text, const std::string& source) {
  // Editors put a byte order mark in front that nobody sees.
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (text.starts_with(mark)) {
    text.erase(0, mark.size());
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  if (text.empty()) {
    return problem(Kind::unsound, fmt::format("{} is empty: put the secret into it", source));
  }
  // Only a key in PEM may have several lines.
  const bool is_pem = text.starts_with("-----BEGIN ");
  const bool sound = std::none_of(text.begin(), text.end(), [is_pem](char byte) {
    const bool ends_line = is_pem && (byte == '\n' || byte == '\r');
    return is_control(byte) && !ends_line;
  });
  if (!sound) {
    return problem(Kind::unsound, fmt::format("{} holds control characters: it must be one line of text", source));
  }
  return text;
}

// What the operator pasted along with an API key, in words that follow the key's name in the configuration.
std::optional<std::string> api_key_mistake(std::string_view key) {
  constexpr std::string_view scheme = "basic ";
  const bool has_scheme = key.size() > scheme.size() && equal_without_case(key.substr(0, scheme.size()), scheme);
  if (has_scheme || equal_without_case(key, trimmed(scheme))) {
    return "begins with `Basic `: store the raw key alone, `Basic ` is written before it";
  }
  if (key.size() > 14 && equal_without_case(key.substr(0, 14), "authorization:")) {
    return "begins with the header's name: store the raw key alone";
  }
  constexpr std::array<std::string_view, 8> quotes{"\"", "'", "`", "\u201c", "\u201d", "\u201e", "\u2018", "\u2019"};
  const auto is_quoted = [key](std::string_view quote) { return key.starts_with(quote) || key.ends_with(quote); };
  if (std::any_of(quotes.begin(), quotes.end(), is_quoted)) {
    return "stands in quotes: store the raw key without them";
  }
  if (key != trimmed(key)) {
    return "has blanks around it: store the raw key without them";
  }
  return std::nullopt;
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool is_below(const std::filesystem::path& path, const std::optional<std::string>& directory) {
  if (!directory || directory->empty()) {
    return false;
  }
  const std::filesystem::path relative =
      path.lexically_normal().lexically_relative(std::filesystem::path(*directory).lexically_normal());
  return !relative.empty() && *relative.begin() != "..";
}

SecretResult read_file(const std::string& path, const std::string& source) {
  const auto unreadable = [&source] {
    return problem(Kind::missing, fmt::format("{} cannot be read: {}", source, std::generic_category().message(errno)));
  };
  // Not blocking: a pipe without a writer must not hang the start.
  File file = File::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.is_open()) {
    return unreadable();
  }
  if (!file.is_regular()) {
    return problem(Kind::unsound, fmt::format("{} is not a regular file", source));
  }
  const mode_t mode = file.mode().value_or(07777);
  if (is_open_to_others(mode) && !is_below(path, environment("CREDENTIALS_DIRECTORY"))) {
    return problem(
        Kind::permission,
        fmt::format("{} is open to other users than its owner (mode {:04o}): run chmod 600 on it", source, mode));
  }
  std::optional<std::string> text = file.read(largest_secret_bytes);
  if (!text) {
    return unreadable();
  }
  return text->size() > largest_secret_bytes ? too_large(source) : refine(std::move(*text), source);
}

SecretResult read_variable(const std::string& name) {
  const std::string source = fmt::format("environment variable {}", name);
  std::optional<std::string> value = environment(name.c_str());
  if (!value) {
    return problem(Kind::missing, fmt::format("{} is not set", source));
  }
  if (value->size() > largest_secret_bytes) {
    return too_large(source);
  }
  return refine(std::move(*value), source);
}

SecretResult read_credential(const std::string& name) {
  const std::optional<std::string> directory = environment("CREDENTIALS_DIRECTORY");
  const std::string source = fmt::format("credential {}", name);
  if (!directory || directory->empty()) {
    return problem(Kind::missing,
                   fmt::format("{} is not there: systemd gives credentials to a unit with LoadCredential=, and "
                               "$CREDENTIALS_DIRECTORY is not set",
                               source));
  }
  return read_file((std::filesystem::path(*directory) / name).string(), source);
}

std::string source_of(const SecretReference& reference) {
  switch (reference.kind) {
    case SecretReference::Kind::file:
      return fmt::format("file {}", reference.name);
    case SecretReference::Kind::environment:
      return fmt::format("environment variable {}", reference.name);
    case SecretReference::Kind::credential:
      return fmt::format("credential {}", reference.name);
  }
  return "";
}

// Collects the mistakes of one configuration's secrets.
class SecretInspection {
 public:
  explicit SecretInspection(const config::Loaded& loaded) : loaded_(loaded) {}

  void inspect(const SecretReference& reference, const std::string& key) {
    const SecretResult secret = read_secret(reference);
    if (!secret) {
      report(secret.error(), key);
    }
  }

  void inspect_api_key(const SecretReference& reference, const std::string& key) {
    const SecretResult secret = read_secret(reference);
    if (!secret) {
      report(secret.error(), key);
    } else if (const std::optional<std::string> mistake = api_key_mistake(*secret)) {
      report(problem(Kind::unsound, "the key in " + source_of(reference) + " " + *mistake), key);
    }
  }

  [[nodiscard]] std::vector<SecretDiagnostic> take() { return std::move(mistakes_); }

 private:
  void report(const SecretProblem& found, const std::string& key) {
    const auto origin = loaded_.origins.find(key);
    const config::Place place = origin == loaded_.origins.end() ? config::Place{} : origin->second;
    SecretDiagnostic mistake{{loaded_.file, place.line, place.column, config::printable(key), found.what},
                             found.exit_status(),
                             found.kind == SecretProblem::Kind::missing};
    mistakes_.push_back(std::move(mistake));
  }

  const config::Loaded& loaded_;
  std::vector<SecretDiagnostic> mistakes_;
};

}  // namespace

void throw_exception_from_error(const SecretProblem& problem, const boost::source_location&) {
  check(false, "a secret was taken where there is none: " + problem.what);
  std::abort();
}

SecretResult read_secret(const SecretReference& reference) {
  switch (reference.kind) {
    case SecretReference::Kind::file:
      return read_file(reference.name, fmt::format("file {}", reference.name));
    case SecretReference::Kind::environment:
      return read_variable(reference.name);
    case SecretReference::Kind::credential:
      return read_credential(reference.name);
  }
  return problem(Kind::missing, "names no secret");
}

std::vector<SecretDiagnostic> find_secret_mistakes(const config::Loaded& loaded) {
  check(loaded.options.has_value(), "the secrets of a configuration with mistakes were asked for");
  SecretInspection inspection(loaded);
  const Options& options = *loaded.options;
  for (std::size_t index = 0; index < options.sources.size(); ++index) {
    inspection.inspect_api_key(options.sources[index].api_key, fmt::format("sources[{}].api_key", index));
  }
  for (std::size_t index = 0; index < options.sinks.size(); ++index) {
    for (const auto& [name, value] : options.sinks[index].headers) {
      if (const auto* reference = std::get_if<SecretReference>(&value)) {
        inspection.inspect(*reference, fmt::format("sinks[{}].headers.{}", index, name));
      }
    }
    if (const SecretReference& secret = options.sinks[index].sign.secret; !secret.name.empty()) {
      inspection.inspect(secret, fmt::format("sinks[{}].sign.secret", index));
    }
    for (const auto& [name, reference] : options.sinks[index].secrets) {
      inspection.inspect(reference, fmt::format("sinks[{}].secrets.{}", index, name));
    }
  }
  return inspection.take();
}

}  // namespace elit::daemon
