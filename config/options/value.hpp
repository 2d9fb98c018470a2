#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/instant.hpp"
#include "core/options.hpp"

namespace elit::config {

using Headers = std::map<std::string, HeaderValue>;
using Words = std::map<std::string, std::string>;
using Choices = std::vector<std::string>;
using Secrets = std::map<std::string, SecretReference>;
using Fields = std::map<std::string, FieldOption>;

// The value of any option, whatever its type. monostate: no value (an optional option that is absent).
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, Milliseconds,
                           std::optional<Instant>, SecretReference, Headers, Words, Secrets, Fields, Choices>;

// The value in the form of the configuration file. `kind_is_size` writes an integer as bytes (8MiB). A secret is
// written as its reference.
[[nodiscard]] std::string to_yaml(const Value& value, bool kind_is_size = false);

[[nodiscard]] std::string real_text(double number);
[[nodiscard]] std::string instant_text(Instant instant);
[[nodiscard]] std::string secret_text(const SecretReference& reference);

}  // namespace elit::config
