#include <algorithm>
#include <utility>

#include "core/letter_case.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/zoho.hpp"
#include "core/simulator/crms/zoho_rules.hpp"
#include "core/text/time_text.hpp"

// Finds records and notes.
namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::int64_t page_max = 200;
constexpr std::size_t criteria_max = 10;

struct Criterion {
  std::string field;
  bool starts_with = false;
  std::string value;
};

struct Criteria {
  std::vector<Criterion> all;
  bool any = false;  // one condition is enough
};

// Reads one "(field:operator:value)" and moves `text` behind its closing parenthesis.
std::optional<Criterion> take_criterion(std::string_view& text) {
  std::string plain;
  std::size_t colons = 0;
  std::size_t fields_end = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ')') {
      text.remove_prefix(i + 1);
      Criterion criterion;
      const std::string head = plain.substr(0, fields_end);
      const std::size_t colon = head.find(':');
      if (colons < 2 || colon == std::string::npos) {
        return std::nullopt;
      }
      criterion.field = head.substr(0, colon);
      criterion.value = plain.substr(fields_end + 1);
      const std::string name = head.substr(colon + 1);
      criterion.starts_with = name == "starts_with";
      return name == "equals" || name == "starts_with" ? std::optional(criterion) : std::nullopt;
    }
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;  // An escaped parenthesis, comma or backslash.
    } else if (text[i] == ':' && ++colons == 2) {
      fields_end = plain.size();
    }
    plain += text[i];
  }
  return std::nullopt;
}

std::optional<Criteria> read_criteria(std::string_view text) {
  if (text.starts_with("((") && text.ends_with("))")) {
    text = text.substr(1, text.size() - 2);
  }
  Criteria criteria;
  while (text.starts_with('(')) {
    const std::optional<Criterion> criterion = take_criterion(text);
    if (!criterion || criteria.all.size() == criteria_max) {
      return std::nullopt;
    }
    criteria.all.push_back(*criterion);
    if (text.empty()) {
      return criteria;
    }
    const bool any = text.starts_with("or(");
    if ((!any && !text.starts_with("and(")) || (criteria.all.size() > 1 && any != criteria.any)) {
      return std::nullopt;
    }
    criteria.any = any;
    text.remove_prefix(any ? 2 : 3);
  }
  return std::nullopt;
}

bool meets(const CrmRecord& record, const Criterion& criterion) {
  const std::string value =
      criterion.field == "id" ? record.id : text_member(record.properties, criterion.field).value_or("");
  const std::string found = to_lower_case(value);
  const std::string wanted = to_lower_case(criterion.value);
  return criterion.starts_with ? found.starts_with(wanted) : found.find(wanted) != std::string::npos;
}

std::int64_t parameter(const RequestTarget& target, std::string_view name, std::int64_t standard) {
  return parse_integer(target.value(name).value_or("")).value_or(standard);
}

// The fields that `wanted` names, separated by commas; empty: all.
json::object shown(const CrmRecord& record, std::string_view wanted) {
  json::object values{
      {"id", record.id}, {"Created_Time", to_rfc3339(record.created)}, {"Modified_Time", to_rfc3339(record.updated)}};
  const std::string list = "," + std::string(wanted) + ",";
  for (const auto& property : record.properties) {
    const std::string name(property.key().data(), property.key().size());
    if (wanted.empty() || list.find("," + name + ",") != std::string::npos) {
      values[name] = property.value();
    }
  }
  return values;
}

HttpResponse page(const std::vector<const CrmRecord*>& records, const RequestTarget& target) {
  const std::int64_t number = parameter(target, "page", 1);
  const std::int64_t size = parameter(target, "per_page", page_max);
  if (number < 1 || size < 1 || size > page_max) {
    json::object details{{"maximum_length", page_max}};
    details["param_name"] = "per_page";
    return zoho_refusal(400, "INVALID_DATA", "invalid data", std::move(details));
  }
  const auto first = static_cast<std::size_t>((number - 1) * size);
  if (first >= records.size()) {
    HttpResponse nothing;
    nothing.status = 204;
    return nothing;
  }
  json::array data;
  for (std::size_t i = first; i < records.size() && i < first + static_cast<std::size_t>(size); ++i) {
    data.push_back(shown(*records[i], target.value("fields").value_or("")));
  }
  json::object info{{"per_page", size}, {"count", data.size()}, {"page", number}};
  info["more_records"] = first + data.size() < records.size();
  json::object body;
  body["data"] = std::move(data);
  body["info"] = std::move(info);
  return json_answer(200, body);
}

HttpResponse missing_parameter(const char* name) {
  json::object details{{"param_name", name}};
  return zoho_refusal(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", std::move(details));
}

}  // namespace

HttpResponse Zoho::search(const std::string& module, const RequestTarget& target) const {
  const std::optional<std::string_view> text = target.value("criteria");
  if (!text) {
    return missing_parameter("criteria");
  }
  const std::optional<Criteria> criteria = read_criteria(*text);
  if (!criteria) {
    json::object details{{"param_name", "criteria"}};
    return zoho_refusal(400, "INVALID_QUERY", "Invalid query formed", std::move(details));
  }
  std::vector<const CrmRecord*> found;
  for (const CrmRecord* record : table_.all(module)) {
    const auto met = [record](const Criterion& criterion) { return meets(*record, criterion); };
    if (criteria->any ? std::any_of(criteria->all.begin(), criteria->all.end(), met)
                      : std::all_of(criteria->all.begin(), criteria->all.end(), met)) {
      found.push_back(record);
    }
  }
  return page(found, target);
}

HttpResponse Zoho::notes_of(const std::string& module, const std::string& id, const RequestTarget& target) const {
  if (table_.find(module, id) == nullptr) {
    json::object details{{"resource_path_index", 1}};
    return zoho_refusal(400, "INVALID_DATA", "the id given seems to be invalid", std::move(details));
  }
  if (!target.value("fields")) {
    return missing_parameter("fields");
  }
  std::vector<const CrmRecord*> found;
  for (const CrmRecord* note : table_.all("Notes")) {
    if (note->linked.contains(id)) {
      found.push_back(note);
    }
  }
  return page(found, target);
}

}  // namespace elit::simulator
