#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "config/yaml/value_kinds.hpp"
#include "core/options.hpp"

// The kinds of values that only options have; see config/yaml/value_kinds.hpp.
namespace elit::config {

struct OptionContext : ReadContext {
  std::filesystem::path directory;  // absolute; relative paths are relative to it
  Instant now;                      // bounds the instants that may be named
};

// A file or directory, made absolute.
struct PathOption {
  using Value = std::string;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const OptionContext& context, std::string& value);
  [[nodiscard]] static std::string write(const std::string& value) { return block_text(value); }
};

struct InstantOption {
  using Value = Instant;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const OptionContext& context, Instant& value);
  [[nodiscard]] static std::string write(Instant value);
};

// A reference to a secret. No message repeats what stands there: it may be the secret itself.
struct SecretOption {
  using Value = SecretReference;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const OptionContext& context, SecretReference& value);
  [[nodiscard]] static std::string write(const SecretReference& value) {
    return value.name.empty() ? "" : write_inside(value);
  }
  [[nodiscard]] static std::string write_inside(const SecretReference& value);
};

// Header names with texts or references to secrets.
struct HeadersOption {
  using Value = std::map<std::string, HeaderValue>;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const OptionContext& context, Value& value);
  [[nodiscard]] static std::string write(const Value& value);
};

// What fills a field of contacts: a JSON pointer, or {value, policy}.
struct ContactFieldOption {
  using Value = FieldOption;

  static void describe(FieldDescription& about);
  static bool read(const Node& node, const std::string& path, const OptionContext& context, FieldOption& value);
  [[nodiscard]] static std::string write_inside(const FieldOption& value);
};

// The type of a sink, which decides its kind and, for a CRM, the preset.
class SinkTypeOption {
 public:
  using Value = SinkOptions;

  SinkTypeOption();
  void describe(FieldDescription& about) const { type_.describe(about); }
  bool read(const Node& node, const std::string& path, const OptionContext& context, SinkOptions& value) const;
  [[nodiscard]] std::string write(const SinkOptions& value) const { return type_.write({value.type, value.crm}); }

 private:
  Choice<std::pair<SinkType, std::string>> type_;
};

}  // namespace elit::config
