#include "config/options/json_text.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace elit::config {
namespace {

bool is_simple(const boost::json::value& value) {
  return !value.is_object() && !value.is_array();
}

void write(const boost::json::value& value, const std::string& indentation, std::string& out) {
  const std::string inner = indentation + "  ";
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{";
    const char* separator = "\n";
    for (const auto& member : *object) {
      out += separator + inner + boost::json::serialize(member.key()) + ": ";
      write(member.value(), inner, out);
      separator = ",\n";
    }
    out += "\n" + indentation + "}";
    return;
  }
  const auto* array = value.if_array();
  if (array == nullptr || std::all_of(array->begin(), array->end(), is_simple)) {
    out += boost::json::serialize(value);
    return;
  }
  out += "[";
  const char* separator = "\n";
  for (const boost::json::value& element : *array) {
    out += separator + inner;
    write(element, inner, out);
    separator = ",\n";
  }
  out += "\n" + indentation + "]";
}

}  // namespace

std::string to_pretty_json(const boost::json::value& value) {
  std::string out;
  write(value, "", out);
  return out + "\n";
}

}  // namespace elit::config
