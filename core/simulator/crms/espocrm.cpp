#include "core/simulator/crms/espocrm.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include "core/simulator/crms/espocrm_rules.hpp"
#include "core/simulator/crms/json_body.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

// What a refusal says in its body, besides the reason in the header.
json::object translation(std::string_view label, json::object data) {
  return {{"messageTranslation", {{"label", label}, {"scope", nullptr}, {"data", std::move(data)}}}};
}

json::object shown(const CrmRecord& record) {
  json::object values{{"id", record.id}, {"deleted", false}};
  for (const auto& property : record.properties) {
    values[property.key()] = property.value();
  }
  return values;
}

}  // namespace

EspoCrm::EspoCrm() {
  table_.make_ids_with([](const std::string&, std::uint64_t number) {
    std::string digits = std::to_string(number);
    return "69a1" + std::string(13 - std::min<std::size_t>(digits.size(), 13), '0') + digits;
  });
}

std::optional<HttpResponse> EspoCrm::refusal(Trouble trouble) const {
  return trouble == Trouble::unauthorized   ? std::optional(HttpResponse{401, {}, ""})
         : trouble == Trouble::server_error ? std::optional(espo_refusal(500, "Server error", {}))
                                            : std::nullopt;
}

HttpResponse EspoCrm::answer(const HttpRequest& request, const CrmCall& call) {
  begin(call);
  if (find_header(request, "X-Api-Key") != vendor_api_key) {
    return {401, {}, ""};
  }
  if (faults_.forbidden.active(call.elapsed)) {
    return espo_refusal(403, "No access.", {});
  }
  return serve(request, call);
}

HttpResponse EspoCrm::serve(const HttpRequest& request, const CrmCall& call) {
  const RequestTarget target = parse_target(request.target);
  const std::vector<std::string>& path = target.segments;
  if (path.size() == 4 && path[0] == "api" && path[1] == "v1") {
    if (path[2] == "App" && path[3] == "user" && request.method == "GET") {
      const json::object user{{"id", espo_api_user}, {"userName", "elitbuzz"}, {"type", "api"}};
      return json_answer(200, json::object{{"user", user}, {"acl", json::object()}});
    }
    const CrmRecord* record = table_.find(path[2], path[3]);
    if (espo_knows(path[2]) && (request.method == "GET" || request.method == "PUT")) {
      return record == nullptr         ? espo_refusal(404, "Record " + path[3] + " does not exist.", {})
             : request.method == "GET" ? json_answer(200, shown(*record))
                                       : update(path[2], path[3], request, call);
    }
  }
  if (path.size() == 3 && path[0] == "api" && path[1] == "v1" && espo_knows(path[2])) {
    if (request.method == "GET") {
      return list(path[2], target);
    }
    if (request.method == "POST") {
      return create(path[2], request, call);
    }
  }
  ++counts_.invalid_requests;
  return espo_refusal(404, "Not found.", {});
}

HttpResponse EspoCrm::list(const std::string& entity, const RequestTarget& target) const {
  std::vector<const CrmRecord*> found = table_.all(entity);
  for (int number = 0; number == 0 || target.value(espo_where(number, "type")); ++number) {
    const std::string type(target.value(espo_where(number, "type")).value_or(""));
    const std::string field(target.value(espo_where(number, "attribute")).value_or(""));
    const std::string wanted(target.value(espo_where(number, "value")).value_or(""));
    if ((type != "equals" && type != "isNull") || !espo_has_field(entity, field)) {
      return espo_refusal(400, "Not existing attribute '" + field + "' in where.", {});
    }
    std::erase_if(found, [&](const CrmRecord* record) {
      const std::string value = text_member(record->properties, field).value_or("");
      return type == "equals" ? value != wanted : !value.empty();
    });
  }
  json::array list;
  for (const CrmRecord* record : found) {
    list.emplace_back(shown(*record));
  }
  const std::size_t total = list.size();
  return json_answer(200, json::object{{"total", total}, {"list", std::move(list)}});
}

HttpResponse EspoCrm::create(const std::string& entity, const HttpRequest& request, const CrmCall& call) {
  std::optional<json::object> values = read_json_object(request.body);
  if (!values) {
    ++counts_.invalid_requests;
    return espo_refusal(400, "Bad request.", {});
  }
  if (auto refusal = refused(entity, *values, call)) {
    return *std::move(refusal);
  }
  std::string missing = espo_missing_field(entity, *values);
  if (!faults_.required_field.empty() && !values->contains(faults_.required_field)) {
    missing = faults_.required_field;
  }
  if (!missing.empty()) {
    return espo_invalid(entity, missing, "required");
  }
  const bool skips = find_header(request, "X-Skip-Duplicate-Check") == "true";
  const std::vector<const CrmRecord*> same = skips ? std::vector<const CrmRecord*>() : duplicates(entity, *values);
  if (!same.empty()) {
    json::array list;
    std::transform(same.begin(), same.end(), std::back_inserter(list),
                   [](const CrmRecord* one) { return shown(*one); });
    return espo_refusal(409, "duplicate", std::move(list));
  }
  std::set<std::string> linked = espo_contacts_of(*values);
  const std::string key = text_member(*values, espo_key_field).value_or("");
  json::object answer = *values;
  answer["id"] = table_.create(entity, *std::move(values), std::move(linked), key);
  return json_answer(200, answer);
}

HttpResponse EspoCrm::update(const std::string& entity, const std::string& id, const HttpRequest& request,
                             const CrmCall& call) {
  std::optional<json::object> values = read_json_object(request.body);
  if (!values) {
    ++counts_.invalid_requests;
    return espo_refusal(400, "Bad request.", {});
  }
  if (auto refusal = refused(entity, *values, call)) {
    return *std::move(refusal);
  }
  const std::string key = text_member(*values, espo_key_field).value_or("");
  json::object answer = shown(*table_.find(entity, id));
  for (const auto& value : *values) {
    answer[value.key()] = value.value();
  }
  table_.update(entity, id, *std::move(values), {}, key);
  return json_answer(200, answer);
}

std::optional<HttpResponse> EspoCrm::refused(const std::string& entity, const json::object& values,
                                             const CrmCall& call) const {
  const std::string text = json::serialize(values);
  if (faults_.locked.active(call.elapsed) ||
      (!faults_.locked_text.empty() && text.find(faults_.locked_text) != std::string::npos)) {
    return espo_refusal(500, "SQLSTATE[40001]: Deadlock found when trying to get lock", {});
  }
  if (!faults_.refused_text.empty() && text.find(faults_.refused_text) != std::string::npos) {
    return espo_invalid(entity, "description", "refusedOnRequest");
  }
  for (const auto& value : values) {
    const std::string rule = espo_broken_rule(value.key(), value.value());
    if (!rule.empty()) {
      return espo_invalid(entity, std::string(value.key()), rule);
    }
  }
  return wrong_link(values);
}

std::optional<HttpResponse> EspoCrm::wrong_link(const json::object& values) const {
  const auto refuse = [](const std::string& link, std::string_view entity) {
    return espo_refusal(403, "Can't relate with non-existing record. entity type: Call, link: " + link + ".",
                        translation("cannotRelateNonExisting", {{"foreignEntityType", entity}}));
  };
  for (const std::string& id : espo_contacts_of(values)) {
    if (table_.find("Contact", id) == nullptr) {
      return refuse("contacts", "Contact");
    }
  }
  const std::optional<std::string> user = text_member(values, "assignedUserId");
  return user && *user != espo_api_user ? std::optional(refuse("assignedUser", "User")) : std::nullopt;
}

std::vector<const CrmRecord*> EspoCrm::duplicates(const std::string& entity, const json::object& values) const {
  const auto same = [&values](const CrmRecord& record, std::string_view field) {
    const std::optional<std::string> value = text_member(values, field);
    return value && !value->empty() && text_member(record.properties, field) == value;
  };
  std::vector<const CrmRecord*> found;
  for (const CrmRecord* record : table_.all(entity)) {
    const bool by_name = entity == "Contact" && same(*record, "lastName") &&
                         text_member(values, "firstName") == text_member(record->properties, "firstName");
    if (by_name || (faults_.duplicate_check && same(*record, espo_key_field))) {
      found.push_back(record);
    }
  }
  return found;
}

}  // namespace elit::simulator
