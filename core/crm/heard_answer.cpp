#include "core/crm/heard_answer.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

#include "core/crm/filters.hpp"
#include "core/text/excerpt.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

std::optional<std::string> narrowed(const Locator& at, std::string text) {
  return at.pattern ? at.pattern->first_group(text) : std::optional(std::move(text));
}

bool holds(const Condition& condition, const HeardAnswer& heard, const json::value* element) {
  const std::optional<std::string> value = find_value(condition.at, heard, element);
  if (condition.present && *condition.present != value.has_value()) {
    return false;
  }
  if (condition.equals && value != *condition.equals) {
    return false;
  }
  if (condition.matches && !(value && condition.matches->matches(*value))) {
    return false;
  }
  return condition.one_of.empty() ||
         (value && std::find(condition.one_of.begin(), condition.one_of.end(), *value) != condition.one_of.end());
}

}  // namespace

HeardAnswer hear(const HttpResponse& answer) {
  HeardAnswer heard{answer, nullptr, false};
  if (!answer.body.empty()) {
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 64;
    heard.body = json::parse(answer.body, error, {}, options);
    heard.is_json = !error;
  }
  return heard;
}

const json::value* pointed(const json::value& value, const std::string& pointer) {
  if (pointer.empty()) {
    return &value;
  }
  boost::system::error_code error;
  return value.find_pointer(pointer, error);
}

std::optional<std::string> find_value(const Locator& at, const HeardAnswer& heard, const json::value* element) {
  if (!at.header.empty()) {
    const auto header = heard.answer.header(at.header);
    return header ? narrowed(at, std::string(*header)) : std::nullopt;
  }
  const json::value* place = nullptr;
  if (element != nullptr) {
    place = pointed(*element, at.pointer);
  } else if (heard.is_json) {
    place = pointed(heard.body, at.pointer);
  } else if (at.pointer.empty() && !heard.answer.body.empty()) {
    return narrowed(at, heard.answer.body);
  }
  return place == nullptr || place->is_null() ? std::nullopt : narrowed(at, text_of(*place));
}

bool all_hold(const std::vector<Condition>& conditions, const HeardAnswer& heard, const json::value* element) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Condition& condition) { return holds(condition, heard, element); });
}

bool within(const std::vector<std::pair<int, int>>& statuses, int status) {
  return std::any_of(statuses.begin(), statuses.end(),
                     [status](const auto& range) { return range.first <= status && status <= range.second; });
}

bool fits(const KeyMatch& key, const HeardAnswer& heard, const json::value& element, const Scope& item) {
  const std::optional<std::string> value = find_value(key.at, heard, &element);
  return value && !value->empty() && *value == key.equals.text(item);
}

std::map<std::string, std::string> saved_of(const std::map<std::string, Locator>& save, const HeardAnswer& heard,
                                            const json::value* element) {
  std::map<std::string, std::string> saved;
  for (const auto& [name, at] : save) {
    if (auto value = find_value(at, heard, element)) {
      // A list stays whole for the step that walks through it.
      saved[name] = value->starts_with('[') ? std::move(*value) : cut(*value, remote_id_size_max);
    }
  }
  return saved;
}

std::string remote_id_at(const std::optional<Locator>& at, const HeardAnswer& heard, const json::value* element) {
  std::string id = at ? find_value(*at, heard, element).value_or("") : std::string{};
  // A part of an id would name another record, or none.
  return id.size() <= remote_id_size_max ? id : std::string{};
}

}  // namespace elit::crm
