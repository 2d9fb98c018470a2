#include "core/crm/filters.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>

#include "core/check.hpp"
#include "core/crm/text_filters.hpp"
#include "core/letter_case.hpp"
#include "core/text/closest_match.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

constexpr std::size_t limit_digits_max = 9;

std::string no_argument_mistake(const filter::Arguments&) {
  return {};
}

std::string country_mistake(const filter::Arguments& arguments) {
  return arguments.empty() || filter::is_country(arguments[0])
             ? std::string()
             : "takes a country's calling code such as 91, not " + arguments[0];
}

std::string limit_mistake(const filter::Arguments& arguments) {
  const std::string& number = arguments[0];
  if (number.empty() || number.size() > limit_digits_max ||
      number.find_first_not_of("0123456789") != std::string::npos) {
    return "takes a number of at most 9 digits, not " + number;
  }
  if (arguments.size() == 2 && !filter::unit_from(arguments[1])) {
    return "counts in code_points, utf16, bytes or entity_bytes, not in " + arguments[1];
  }
  return {};
}

std::string ascii_mistake(const filter::Arguments& arguments) {
  const bool is_ascii = std::all_of(arguments[0].begin(), arguments[0].end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return is_ascii && !arguments[0].empty() ? std::string() : "takes ASCII characters, not " + arguments[0];
}

std::string map_mistake(const filter::Arguments& arguments) {
  const auto wrong =
      std::find_if(arguments.begin(), arguments.end(), [](const auto& one) { return one.find('=') == one.npos; });
  return wrong == arguments.end() ? std::string() : "takes pairs such as in=incoming, not " + *wrong;
}

struct Filter {
  std::string_view name;
  std::size_t arguments_min;
  std::size_t arguments_max;
  std::string_view arguments;  // for messages and the reference
  std::string (*mistake)(const filter::Arguments&);
  json::value (*apply)(const filter::Arguments&, const json::value&);
  std::string_view doc;  // what it gives, in Markdown
};

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

// A filter of texts alone.
template <json::value (*apply)(std::string_view)>
json::value on_text(const filter::Arguments&, const json::value& value) {
  return filter::is_scalar(value) ? apply(text_of(value)) : json::value(nullptr);
}

template <json::value (*apply)(Instant)>
json::value on_instant(const filter::Arguments&, const json::value& value) {
  const std::optional<Instant> instant = filter::instant_of(value);
  return instant ? apply(*instant) : json::value(nullptr);
}

constexpr auto filters = std::to_array<Filter>({
    {"string", 0, 0, "nothing", no_argument_mistake, filter::as_string,
     "numbers and flags as text; lists and objects as JSON"},
    {"lower", 0, 0, "nothing", no_argument_mistake, on_text<filter::lower>, "the letters A-Z as a-z"},
    {"upper", 0, 0, "nothing", no_argument_mistake, on_text<filter::upper>, "the letters a-z as A-Z"},
    {"trim", 0, 0, "nothing", no_argument_mistake, on_text<filter::trim>, "the text without blanks around it"},
    {"number", 0, 0, "nothing", no_argument_mistake, filter::as_number, "text as a number where it is one"},
    {"digits", 0, 0, "nothing", no_argument_mistake, on_text<filter::digits>, "the digits of it"},
    {"e164", 0, 1, "a country's calling code or nothing", country_mistake, filter::e164,
     "a phone number as `+` and 8 to 15 digits. A number that does not begin with `+` or `00` needs the calling code; "
     "it may then have a leading 0, the calling code, or neither. Null: it is no phone number, or of no known country"},
    {"iso8601", 0, 0, "nothing", no_argument_mistake, on_instant<filter::iso8601>,
     "an instant (milliseconds since 1970, or a text that names one) as RFC 3339 with milliseconds and Z"},
    {"epoch_ms", 0, 0, "nothing", no_argument_mistake, on_instant<filter::epoch_ms>,
     "an instant as milliseconds since 1970"},
    {"epoch_s", 0, 0, "nothing", no_argument_mistake, on_instant<filter::epoch_s>, "an instant as seconds since 1970"},
    {"strftime", 1, any_number, "a format such as %Y-%m-%d", no_argument_mistake, filter::format_time,
     "an instant in UTC: `%Y %m %d %H %M %S %L` (milliseconds) `%z` (+0000); anything else stays. Several arguments "
     "are joined by a blank"},
    {"html", 0, 0, "nothing", no_argument_mistake, on_text<filter::html>,
     "text with `& < > \"` escaped and without the control characters that no XML document may hold"},
    {"nl2br", 0, 0, "nothing", no_argument_mistake, on_text<filter::nl2br>, "`<br>` for line breaks; after `html`"},
    {"limit", 1, 2, "a number and perhaps a unit", limit_mistake, filter::limit,
     "at most so many units (`code_points` unless given, `utf16`, `bytes`, or `entity_bytes`: bytes with HTML entities "
     "such as `&eacute;`, at most), never a part of a code point; of a list: elements"},
    {"skip", 1, 1, "a number", limit_mistake, filter::skip, "a list without its first elements"},
    {"default", 1, any_number, "a text", no_argument_mistake, filter::or_default,
     "the argument where the value is null or empty. Several arguments are joined by a blank"},
    {"not", 0, 0, "nothing", no_argument_mistake, filter::negation,
     "true where the value is null, false or empty, else false"},
    {"sha256", 0, 0, "nothing", no_argument_mistake, on_text<filter::sha256>, "64 hex digits of the text"},
    {"uuid5", 0, 0, "nothing", no_argument_mistake, on_text<filter::uuid5>,
     "a name-based UUID (RFC 4122, version 5) of the text, in a namespace of this program"},
    {"base64", 0, 0, "nothing", no_argument_mistake, on_text<filter::base64>, "base64 of the text"},
    {"url", 0, 0, "nothing", no_argument_mistake, on_text<filter::url>,
     "the text percent-encoded, for queries and paths"},
    {"external_id", 0, 0, "nothing", no_argument_mistake, on_text<filter::external_id>,
     "`A-Za-z0-9_-` as they are, other bytes as `.` and two hex digits: for names that allow nothing else"},
    {"backslash", 1, 1, "the characters, such as \"'\"", no_argument_mistake, filter::backslash,
     "a backslash before each of these characters (ASCII) and before each backslash: for texts in queries"},
    {"without", 1, 1, "the characters, such as <>=", ascii_mistake, filter::without,
     "the text without these characters (ASCII): for fields that refuse them"},
    {"look_alikes", 0, 0, "nothing", no_argument_mistake, on_text<filter::look_alikes>,
     "`<` and `>` as `‹` and `›`, and an `&` that begins an entity as `＆`: for programs that remove what looks like "
     "markup"},
    {"first_word", 0, 0, "nothing", no_argument_mistake, on_text<filter::first_word>,
     "the first word: \"Asha Rao Iyer\" gives \"Asha\""},
    {"other_words", 0, 0, "nothing", no_argument_mistake, on_text<filter::other_words>,
     "the words behind the first one: \"Asha Rao Iyer\" gives \"Rao Iyer\", \"Asha\" gives \"\""},
    {"keys", 0, 0, "nothing", no_argument_mistake, filter::keys, "the keys of an object, as a list"},
    {"values", 0, 0, "nothing", no_argument_mistake, filter::values,
     "the values of an object, as a list in the order of its keys"},
    {"join", 1, 1, "a separator such as \", \"", no_argument_mistake, filter::join,
     "a list as text; elements that are null or empty are left out"},
    {"json", 0, 0, "nothing", no_argument_mistake, filter::as_json, "the value as JSON text"},
    {"map", 1, any_number, "pairs such as in=incoming", map_mistake, filter::map_words,
     "another word for a word; a word that is not named stays"},
});

const Filter* find_filter(std::string_view name) {
  const auto* const found =
      std::find_if(filters.begin(), filters.end(), [&](const Filter& filter) { return filter.name == name; });
  return found == filters.end() ? nullptr : found;
}

// What other template languages call the same.
struct Alias {
  std::string_view name;
  std::string_view ours;
};
constexpr auto aliases = std::to_array<Alias>({{"downcase", "lower"},
                                               {"upcase", "upper"},
                                               {"escape", "html"},
                                               {"truncate", "limit"},
                                               {"urlencode", "url"},
                                               {"phone", "e164"},
                                               {"date", "strftime"},
                                               {"str", "string"},
                                               {"int", "number"},
                                               {"uuid", "uuid5"},
                                               {"br", "nl2br"},
                                               {"text", "string"}});

std::optional<std::string> suggestion(std::string_view name) {
  const std::string wanted = to_lower_case(name);
  const auto* const alias =
      std::find_if(aliases.begin(), aliases.end(), [&](const Alias& one) { return one.name == wanted; });
  if (alias != aliases.end()) {
    return std::string(alias->ours);
  }
  std::vector<std::string> names;
  std::transform(filters.begin(), filters.end(), std::back_inserter(names),
                 [](const Filter& filter) { return std::string(filter.name); });
  return closest_match(wanted, names);
}

std::string unknown_filter(std::string_view name) {
  std::string what = "there is no filter " + std::string(name);
  if (const std::optional<std::string> near = suggestion(name)) {
    return what + ": did you mean " + *near + "?";
  }
  what += ": there are";
  for (const Filter& filter : filters) {
    what += &filter == &filters.front() ? " " : ", ";
    what += filter.name;
  }
  return what;
}

// As JSON writes numbers, in the shortest way that reads the same.
std::string number_text(double number) {
  if (!std::isfinite(number)) {
    return "null";
  }
  std::array<char, 40> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  check(error == std::errc(), "a number fits its text");
  return {digits.data(), end};
}

}  // namespace

std::vector<FilterDoc> filter_docs() {
  std::vector<FilterDoc> docs;
  for (const Filter& filter : filters) {
    docs.push_back({filter.name, filter.arguments, filter.doc});
  }
  return docs;
}

std::string filter_mistake(std::string_view name, const std::vector<std::string>& arguments) {
  const Filter* filter = find_filter(name);
  if (filter == nullptr) {
    return unknown_filter(name);
  }
  std::string what;
  if (arguments.size() < filter->arguments_min || arguments.size() > filter->arguments_max) {
    what = "takes " + std::string(filter->arguments) + ", not " + std::to_string(arguments.size()) +
           (arguments.size() == 1 ? " argument" : " arguments");
  } else {
    what = filter->mistake(arguments);
  }
  return what.empty() ? what : "the filter " + std::string(name) + " " + what;
}

json::value apply_filter(std::string_view name, const std::vector<std::string>& arguments, const json::value& value) {
  const Filter* filter = find_filter(name);
  check(filter != nullptr, "a filter that was checked");
  const bool takes_null = name == "default" || name == "not";
  return value.is_null() && !takes_null ? json::value(nullptr) : filter->apply(arguments, value);
}

std::string text_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return {};
    case json::kind::string:
      return std::string(value.get_string());
    case json::kind::double_:
      return number_text(value.get_double());
    default:
      return json::serialize(value);
  }
}

bool is_blank(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return true;
    case json::kind::bool_:
      return !value.get_bool();
    case json::kind::string:
      return value.get_string().empty();
    case json::kind::array:
      return value.get_array().empty();
    case json::kind::object:
      return value.get_object().empty();
    default:
      return false;
  }
}

}  // namespace elit::crm
