#include "config/options/value.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "config/yaml/scalars.hpp"

namespace elit::config {
namespace {

std::string quote(const std::string& text) {
  std::string result = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      result += '\\';
    }
    result += byte;
  }
  return result + '"';
}

// Text that YAML reads back unchanged without quotes.
bool is_plain(const std::string& text) {
  const auto letter = [](char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); };
  if (text.empty() || text == "true" || text == "false" || text == "null" || text == "yes" || text == "no" ||
      (!letter(text.front()) && text.front() != '/')) {
    return false;
  }
  for (const char byte : text) {
    const bool digit = byte >= '0' && byte <= '9';
    if (!letter(byte) && !digit && std::string_view("/._-:{}").find(byte) == std::string_view::npos) {
      return false;
    }
  }
  return text.back() != ':';
}

std::string text_yaml(const std::string& text) {
  return is_plain(text) ? text : quote(text);
}

std::string flow_text(const std::string& text) {
  return is_plain(text) && text.find_first_of("{}") == std::string::npos ? text : quote(text);
}

template <class Map, class Write>
std::string flow_map(const Map& map, Write write) {
  std::string result;
  for (const auto& [key, value] : map) {
    result += fmt::format("{}{}: {}", result.empty() ? "" : ", ", flow_text(key), write(value));
  }
  return "{" + result + "}";
}

struct Writer {
  bool size;

  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return size ? size_text(value) : std::to_string(value); }
  std::string operator()(double value) const { return real_text(value); }
  std::string operator()(const std::string& value) const { return text_yaml(value); }
  std::string operator()(Milliseconds value) const { return duration_text(value); }
  std::string operator()(const std::optional<Instant>& value) const { return value ? instant_text(*value) : ""; }
  std::string operator()(const SecretReference& value) const { return value.name.empty() ? "" : secret_text(value); }
  std::string operator()(const Headers& value) const {
    return flow_map(value, [](const HeaderValue& header) {
      const auto* reference = std::get_if<SecretReference>(&header);
      return reference != nullptr ? secret_text(*reference) : flow_text(std::get<std::string>(header));
    });
  }
  std::string operator()(const Words& value) const { return flow_map(value, flow_text); }
  std::string operator()(const Secrets& value) const { return flow_map(value, secret_text); }
  std::string operator()(const Choices& value) const { return fmt::format("[{}]", fmt::join(value, ", ")); }
  std::string operator()(const Fields& value) const {
    return flow_map(value, [](const FieldOption& field) {
      return fmt::format("{{value: {}{}}}", flow_text(field.value), field.if_empty ? ", policy: if_empty" : "");
    });
  }
};

}  // namespace

std::string to_yaml(const Value& value, bool kind_is_size) {
  return std::visit(Writer{kind_is_size}, value);
}

std::string real_text(double number) {
  return fmt::format("{}", number);
}

std::string instant_text(Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  const auto fraction = (instant - seconds).count();
  const std::time_t time = seconds.time_since_epoch().count();
  const std::string text = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(time));
  return fraction == 0 ? text + "Z" : fmt::format("{}.{:03}Z", text, fraction);
}

std::string secret_text(const SecretReference& reference) {
  static constexpr std::array<std::string_view, 3> kinds{"file", "env", "credential"};
  return fmt::format("{{{}: {}}}", kinds.at(static_cast<std::size_t>(reference.kind)), flow_text(reference.name));
}

}  // namespace elit::config
