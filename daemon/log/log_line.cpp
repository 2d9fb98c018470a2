#include "daemon/log/log_line.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/ascii.hpp"
#include "core/text/excerpt.hpp"
#include "core/text/json_text.hpp"
#include "core/text/time_text.hpp"
#include "core/text/utf8.hpp"

namespace elit::daemon {

namespace {

namespace json = boost::json;

// The longest string in a line, in bytes: a quoted response must not fill the disk.
constexpr std::size_t string_size_max = 8192;

class LineWriter {
 public:
  LineWriter(const LogOptions& options, const Redactor& redactor) : options_(options), redactor_(redactor) {}

  [[nodiscard]] std::string safe(std::string_view text) const {
    return cut(to_utf8(redactor_.apply(text)), string_size_max);
  }

  [[nodiscard]] std::string quoted(std::string_view text) const { return json_quote(safe(text)); }

  // A field's value as JSON.
  [[nodiscard]] std::string operator()(const std::string& text) const { return quoted(text); }
  [[nodiscard]] std::string operator()(std::int64_t number) const { return bare(fmt::format("{}", number)); }
  [[nodiscard]] std::string operator()(double number) const {
    return std::isfinite(number) ? bare(fmt::format("{}", number)) : "null";
  }
  [[nodiscard]] std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  [[nodiscard]] std::string operator()(const UserId& id) const {
    return quoted(options_.reveal_user_ids ? id.value : mask_user_id(id.value));
  }
  [[nodiscard]] std::string operator()(const json::value& value) const {
    switch (value.kind()) {
      case json::kind::object: {
        std::string text;
        for (const auto& member : value.get_object()) {
          text += fmt::format("{}{}:{}", text.empty() ? "" : ",", quoted(member.key()), (*this)(member.value()));
        }
        return "{" + text + "}";
      }
      case json::kind::array: {
        std::string text;
        for (const json::value& element : value.get_array()) {
          text += fmt::format("{}{}", text.empty() ? "" : ",", (*this)(element));
        }
        return "[" + text + "]";
      }
      case json::kind::string:
        return quoted(value.get_string());
      case json::kind::double_:
        return (*this)(value.get_double());
      default:
        return bare(json::serialize(value));
    }
  }

 private:
  // The digits of a number may be a secret. Its redacted form is written as a string.
  [[nodiscard]] std::string bare(const std::string& text) const {
    return redactor_.apply(text) == text ? text : quoted(text);
  }

  const LogOptions& options_;
  const Redactor& redactor_;
};

std::string json_line(const LogEntry& entry, const EventRow& row, const LineWriter& writer) {
  std::string line = fmt::format(R"({{"ts":"{}","level":"{}","event":"{}","msg":{})", to_rfc3339(entry.at),
                                 to_string(row.level), row.name, writer.quoted(entry.message));
  for (const Field& field : entry.fields) {
    constexpr std::array<std::string_view, 4> taken{"ts", "level", "event", "msg"};
    const bool is_taken = std::find(taken.begin(), taken.end(), field.name) != taken.end();
    line +=
        fmt::format(",{}:{}", writer.quoted(is_taken ? field.name + "_" : field.name), std::visit(writer, field.value));
  }
  line += '}';
  return line;
}

// Replaces control characters: text from a peer must neither break the line nor control a terminal.
std::string without_controls(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (is_control(c)) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      result += c;
    }
  }
  return result;
}

std::string text_line(const LogEntry& entry, const EventRow& row, const LineWriter& writer) {
  std::string line = fmt::format("{} {:<7} {}: {}", to_rfc3339(entry.at), to_string(row.level), row.name,
                                 without_controls(writer.safe(entry.message)));
  for (const Field& field : entry.fields) {
    std::string value = std::visit(writer, field.value);
    const bool is_plain_string =
        value.size() > 2 && value.front() == '"' && value.find_first_of(" =\\\x7F") == std::string::npos;
    if (is_plain_string) {
      value = value.substr(1, value.size() - 2);
    }
    line += fmt::format(" {}={}", without_controls(writer.safe(field.name)), without_controls(value));
  }
  return line;
}

}  // namespace

std::string format_line(const LogEntry& entry, const LogOptions& options, const Redactor& redactor) {
  const EventRow& row = row_of(entry.event);
  const LineWriter writer{options, redactor};
  return options.format == LogFormat::json ? json_line(entry, row, writer) : text_line(entry, row, writer);
}

}  // namespace elit::daemon
