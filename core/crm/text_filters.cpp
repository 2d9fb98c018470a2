#include "core/crm/text_filters.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "core/ascii.hpp"
#include "core/letter_case.hpp"
#include "core/text/base64.hpp"
#include "core/text/html_text.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/phone_number.hpp"
#include "core/text/text_digest.hpp"
#include "core/text/time_text.hpp"

namespace elit::crm::filter {
namespace {

namespace json = boost::json;

constexpr std::string_view blanks = " \t\r\n\f\v";
constexpr double year_0_begins_ms = -62'167'219'200'000.0;
constexpr double year_9999_ends_ms = 253'402'300'800'000.0;

std::string joined(const Arguments& arguments) {
  std::string text;
  for (const std::string& argument : arguments) {
    text += (&argument == &arguments.front() ? "" : " ") + argument;
  }
  return text;
}

std::string padded(std::int64_t number, int digits) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%0*lld", digits, static_cast<long long>(number));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string time_field(char name, Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  switch (name) {
    case 'Y':
      return padded(static_cast<int>(date.year()), 4);
    case 'm':
      return padded(static_cast<unsigned>(date.month()), 2);
    case 'd':
      return padded(static_cast<unsigned>(date.day()), 2);
    case 'H':
      return padded(time.hours().count(), 2);
    case 'M':
      return padded(time.minutes().count(), 2);
    case 'S':
      return padded(time.seconds().count(), 2);
    case 'L':
      return padded(time.subseconds().count(), 3);
    case 'z':
      return "+0000";
    default:
      return std::string("%") + name;
  }
}

bool is_plain(char c) {
  return is_alphanumeric(c) || c == '_' || c == '-';
}

// "&lt;", "&#60;": characters that a program may read as another one. The & of an address begins none.
bool begins_entity(std::string_view text) {
  constexpr std::size_t entity_size_max = 32;
  const std::size_t end = text.substr(0, entity_size_max).find(';');
  const std::string_view name = text.substr(1, end == std::string_view::npos ? 0 : end - 1);
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return is_alphanumeric(c) || c == '#'; });
}

}  // namespace

bool is_country(std::string_view digits) {
  return is_calling_code(digits);
}

std::optional<TextUnit> unit_from(std::string_view name) {
  if (name == "code_points") {
    return TextUnit::code_points;
  }
  if (name == "utf16") {
    return TextUnit::utf16;
  }
  if (name == "entity_bytes") {
    return TextUnit::entity_bytes;
  }
  return name == "bytes" ? std::optional(TextUnit::bytes) : std::nullopt;
}

bool is_scalar(const json::value& value) {
  return !value.is_null() && !value.is_array() && !value.is_object();
}

std::optional<Instant> instant_of(const json::value& value) {
  if (const json::string* text = value.if_string()) {
    const std::optional<ReadInstant> read = parse_timestamp(*text);
    return read ? std::optional(read->instant) : std::nullopt;
  }
  if (!value.is_number()) {
    return std::nullopt;
  }
  const auto ms = value.to_number<double>();
  const bool has_year = ms >= year_0_begins_ms && ms < year_9999_ends_ms;
  return has_year ? std::optional(from_ms(static_cast<std::int64_t>(std::floor(ms)))) : std::nullopt;
}

json::value as_string(const Arguments&, const json::value& value) {
  return json::value(text_of(value));
}

json::value as_number(const Arguments&, const json::value& value) {
  if (value.is_number()) {
    return value;
  }
  const json::string* text = value.if_string();
  if (text == nullptr) {
    return nullptr;
  }
  boost::system::error_code error;
  json::value number = json::parse(trimmed(*text, blanks), error);
  const bool finite = !error && number.is_number() && std::isfinite(number.to_number<double>());
  return finite ? number : json::value(nullptr);
}

json::value as_json(const Arguments&, const json::value& value) {
  return json::value(json::serialize(value));
}

json::value e164(const Arguments& arguments, const json::value& value) {
  if (!value.is_string() && !value.is_int64() && !value.is_uint64()) {
    return nullptr;
  }
  const std::optional<std::string> number = to_e164(text_of(value), arguments.empty() ? "" : arguments[0]);
  return number ? json::value(*number) : json::value(nullptr);
}

json::value format_time(const Arguments& arguments, const json::value& value) {
  const std::optional<Instant> instant = instant_of(value);
  if (!instant) {
    return nullptr;
  }
  const std::string format = joined(arguments);
  std::string text;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size()) {
      text += time_field(format[++i], *instant);
    } else {
      text += format[i];
    }
  }
  return json::value(text);
}

json::value limit(const Arguments& arguments, const json::value& value) {
  const auto length_max = static_cast<std::size_t>(std::stoul(arguments[0]));
  if (const json::array* list = value.if_array()) {
    const auto size = static_cast<std::ptrdiff_t>(std::min(length_max, list->size()));
    return json::array(list->begin(), list->begin() + size);
  }
  if (!is_scalar(value)) {
    return nullptr;
  }
  const TextUnit unit = arguments.size() > 1 ? *unit_from(arguments[1]) : TextUnit::code_points;
  return json::value(text_beginning(text_of(value), length_max, unit));
}

json::value skip(const Arguments& arguments, const json::value& value) {
  const json::array* list = value.if_array();
  if (list == nullptr) {
    return nullptr;
  }
  const auto count = std::min<std::size_t>(std::stoul(arguments[0]), list->size());
  return json::array(list->begin() + static_cast<std::ptrdiff_t>(count), list->end());
}

json::value negation(const Arguments&, const json::value& value) {
  return is_blank(value) || text_of(value) == "false";
}

json::value or_default(const Arguments& arguments, const json::value& value) {
  const bool missing = value.is_null() || (value.is_string() && value.get_string().empty());
  return missing ? json::value(joined(arguments)) : value;
}

json::value keys(const Arguments&, const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    return nullptr;
  }
  json::array list;
  for (const auto& member : *object) {
    list.emplace_back(member.key());
  }
  return list;
}

json::value values(const Arguments&, const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    return nullptr;
  }
  json::array list;
  for (const auto& member : *object) {
    list.push_back(member.value());
  }
  return list;
}

json::value join(const Arguments& arguments, const json::value& value) {
  const json::array* list = value.if_array();
  if (list == nullptr) {
    return nullptr;
  }
  std::string text;
  for (const json::value& element : *list) {
    const std::string word = text_of(element);
    if (!word.empty()) {
      text += (text.empty() ? "" : arguments[0]) + word;
    }
  }
  return json::value(text);
}

json::value backslash(const Arguments& arguments, const json::value& value) {
  if (!is_scalar(value)) {
    return nullptr;
  }
  std::string text;
  for (const char c : text_of(value)) {
    text += c == '\\' || arguments[0].find(c) != std::string::npos ? "\\" : "";
    text += c;
  }
  return json::value(text);
}

json::value without(const Arguments& arguments, const json::value& value) {
  if (!is_scalar(value)) {
    return nullptr;
  }
  std::string text = text_of(value);
  std::erase_if(text, [&](char c) { return arguments[0].find(c) != std::string::npos; });
  return json::value(text);
}

json::value map_words(const Arguments& arguments, const json::value& value) {
  if (!is_scalar(value)) {
    return value;
  }
  const std::string word = text_of(value);
  for (const std::string& pair : arguments) {
    const std::size_t equals = pair.find('=');
    if (std::string_view(pair).substr(0, equals) == word) {
      return json::value(pair.substr(equals + 1));
    }
  }
  return value;
}

json::value iso8601(Instant instant) {
  return json::value(to_rfc3339(instant));
}

json::value epoch_ms(Instant instant) {
  return to_ms(instant);
}

json::value epoch_s(Instant instant) {
  return static_cast<std::int64_t>(std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count());
}

json::value lower(std::string_view text) {
  return json::value(to_lower_case(text));
}

json::value upper(std::string_view text) {
  std::string raised(text);
  for (char& c : raised) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return json::value(raised);
}

json::value trim(std::string_view text) {
  return json::value(trimmed(text, blanks));
}

json::value digits(std::string_view text) {
  std::string found;
  std::copy_if(text.begin(), text.end(), std::back_inserter(found), is_digit);
  return json::value(found);
}

json::value html(std::string_view text) {
  return json::value(html_escaped(text));
}

json::value look_alikes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<') {
      out += "\u2039";
    } else if (text[i] == '>') {
      out += "\u203a";
    } else if (text[i] == '&' && begins_entity(text.substr(i))) {
      out += "\uff06";
    } else {
      out += text[i];
    }
  }
  return json::value(out);
}

json::value nl2br(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && text.substr(i).starts_with("\r\n")) {
      continue;
    }
    if (text[i] == '\r' || text[i] == '\n') {
      out += "<br>";
    } else {
      out += text[i];
    }
  }
  return json::value(out);
}

json::value sha256(std::string_view text) {
  return json::value(sha256_hex(text));
}

json::value uuid5(std::string_view text) {
  return json::value(name_based_uuid(uuid_namespace, text));
}

json::value base64(std::string_view text) {
  return json::value(base64_encode(text));
}

json::value url(std::string_view text) {
  return json::value(percent_encode(text));
}

json::value external_id(std::string_view text) {
  std::string id;
  for (const char c : text) {
    if (is_plain(c)) {
      id += c;
    } else {
      id += '.';
      append_hex(id, static_cast<unsigned char>(c));
    }
  }
  return json::value(id);
}

json::value first_word(std::string_view text) {
  const std::string_view words = trimmed(text, blanks);
  return json::value(words.substr(0, words.find_first_of(blanks)));
}

json::value other_words(std::string_view text) {
  const std::string_view words = trimmed(text, blanks);
  return json::value(trimmed(words.substr(std::min(words.find_first_of(blanks), words.size())), blanks));
}

}  // namespace elit::crm::filter
