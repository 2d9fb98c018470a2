#include "tests/fuzz/json_witness.hpp"

#include <boost/json/parse.hpp>

#include "core/text/json_scan.hpp"

namespace elit::fuzz {
namespace json = boost::json;

namespace {

// Calls `visit` for the value and everything in it.
template <class Visit>
void visit_all(const json::value& value, const Visit& visit) {
  visit(value);
  if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) {
      visit_all(element, visit);
    }
  } else if (const json::object* object = value.if_object()) {
    for (const json::key_value_pair& member : *object) {
      visit_all(member.value(), visit);
    }
  }
}

}  // namespace

std::optional<json::value> witness(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::error_code error;
  json::value value = json::parse(text, error, {}, options);
  return error ? std::nullopt : std::optional(std::move(value));
}

std::size_t array_elements(const json::value& value) {
  std::size_t count = 0;
  visit_all(value, [&count](const json::value& one) { count += one.is_array() ? one.get_array().size() : 0; });
  return count;
}

bool has_empty_array(const json::value& value) {
  bool found = false;
  visit_all(value, [&found](const json::value& one) { found = found || (one.is_array() && one.get_array().empty()); });
  return found;
}

bool has_empty_brackets(std::string_view text) {
  for (std::size_t place = text.find('['); place != std::string_view::npos; place = text.find('[', place + 1)) {
    const std::size_t next = text.find_first_not_of(" \t\r\n", place + 1);
    if (next != std::string_view::npos && text[next] == ']') {
      return true;
    }
  }
  return false;
}

bool has_double(const json::value& value) {
  bool found = false;
  visit_all(value, [&found](const json::value& one) { found = found || one.is_double(); });
  return found;
}

std::set<std::string> scalar_texts(const json::value& value) {
  std::set<std::string> texts;
  visit_all(value, [&texts](const json::value& one) {
    if (const json::string* text = one.if_string()) {
      texts.insert(std::string(*text));
    } else if (const std::int64_t* number = one.if_int64()) {
      texts.insert(std::to_string(*number));
    } else if (const std::uint64_t* large = one.if_uint64()) {
      texts.insert(std::to_string(*large));
    }
  });
  return texts;
}

}  // namespace elit::fuzz
