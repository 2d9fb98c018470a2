#include "core/simulator/content.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <vector>

namespace elit::simulator {
namespace {

namespace json = boost::json;

std::string without_damage(std::string_view text) {
  static constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, replacement.size()) == replacement) {
      i += replacement.size() - 1;
    } else if (text[i] != '\0') {
      clean += text[i];
    }
  }
  return clean;
}

void write_sorted(const json::value& value, std::string& out) {
  if (const json::array* array = value.if_array()) {
    out += '[';
    for (const json::value& element : *array) {
      write_sorted(element, out);
      out += ',';
    }
    out += ']';
  } else if (const json::object* object = value.if_object()) {
    std::vector<std::string_view> names;
    for (const auto& member : *object) {
      names.emplace_back(member.key().data(), member.key().size());
    }
    std::sort(names.begin(), names.end());
    out += '{';
    for (const std::string_view name : names) {
      out += name;
      out += ':';
      write_sorted(object->at(json::string_view(name.data(), name.size())), out);
      out += ',';
    }
    out += '}';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string comparable_content(std::string_view text) {
  if (!text.empty() && (text.front() == '{' || text.front() == '[')) {
    boost::system::error_code error;
    const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    if (!error) {
      return comparable_content(value);
    }
  }
  return without_damage(text);
}

std::string comparable_content(const json::value& response) {
  if (response.is_null()) {
    return {};
  }
  if (const json::string* text = response.if_string()) {
    return comparable_content(std::string_view(text->data(), text->size()));
  }
  std::string written;
  write_sorted(response, written);
  return without_damage(written);
}

}  // namespace elit::simulator
