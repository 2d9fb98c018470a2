#include <boost/json/serialize.hpp>

#include <utility>

#include "core/simulator/crms/batch_results.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/zoho.hpp"
#include "core/simulator/crms/zoho_rules.hpp"
#include "core/text/time_text.hpp"

// Writes records and notes.
namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::size_t records_max = 100;
constexpr std::size_t long_text_max = 32'000;

std::string item_path(std::size_t index, std::string_view field) {
  return "$.data[" + std::to_string(index) + "]." + std::string(field);
}

std::optional<HttpResponse> refusal_of_list(const json::array* data) {
  json::object place = zoho_place("data", "$.data");
  if (data == nullptr) {
    place["expected_data_type"] = "jsonarray";
  } else if (data->empty()) {
    place["minimum_length"] = 1;
  } else if (data->size() > records_max) {
    place["maximum_length"] = records_max;
  } else {
    return std::nullopt;
  }
  return zoho_refusal(400, "INVALID_DATA", "invalid data", std::move(place));
}

// Compares without a copy, because it runs for each existing record.
bool has_value(const CrmRecord& record, const std::string& field, const std::string& value) {
  const json::value* there = record.properties.if_contains(field);
  return there != nullptr && there->is_string() && there->get_string() == value;
}

json::object done(bool created, json::object details) {
  json::object result{{"code", "SUCCESS"}, {"message", created ? "record added" : "record updated"}};
  result["status"] = "success";
  result["details"] = std::move(details);
  return result;
}

}  // namespace

HttpResponse Zoho::results(json::array list, int good_status) const {
  std::size_t errors = 0;
  for (const json::value& result : list) {
    errors += result.as_object().at("status") == "error" ? 1U : 0U;
  }
  int status = errors == 0 ? good_status : (errors == list.size() ? 400 : 207);
  if (status == 207 && faults_.errors_with_200) {
    status = 200;
  }
  json::object body;
  body["data"] = mentioned(std::move(list), faults_);
  return json_answer(status, body);
}

json::object Zoho::details(const std::string& module, const std::string& id, const CrmCall& call) const {
  const CrmRecord* there = table_.find(module, id);
  const Instant written = call.now + answer_delay();
  const json::object user{{"name", "Sample User"}, {"id", "5725767000000411001"}};
  json::object details{{"id", id},
                       {"Modified_Time", to_rfc3339(written)},
                       {"Created_Time", to_rfc3339(there == nullptr ? written : there->created)}};
  details["Modified_By"] = user;
  details["Created_By"] = user;
  return details;
}

std::optional<json::object> Zoho::refused(const std::string& module, const json::object& values, bool creating,
                                          std::size_t index, const CrmCall& call) const {
  if (holds_text(values, faults_.refused_text)) {
    return zoho_error("INVALID_DATA", "the record was refused on request", zoho_place("id", item_path(index, "id")));
  }
  if (faults_.locked.active(call.elapsed) || holds_text(values, faults_.locked_text)) {
    json::object place = zoho_place("id", item_path(index, "id"));
    place["action"] = "record_locking";
    return zoho_error("RECORD_LOCKED", "Sorry, you cannot perform this operation as the record is locked.",
                      std::move(place));
  }
  const auto most = faults_.text_length_max > 0 ? static_cast<std::size_t>(faults_.text_length_max) : long_text_max;
  return zoho_complaint(module, values, creating, index, most);
}

const CrmRecord* Zoho::duplicate(const std::string& module, const json::object& values,
                                 const std::vector<std::string>& fields, std::string& field) const {
  for (const std::string& candidate : fields) {
    const std::optional<std::string> value = text_member(values, candidate);
    if (!value || value->empty()) {
      continue;
    }
    field = field.empty() ? candidate : field;
    const CrmRecord* record = table_.find_key(module, *value);
    if (record != nullptr && has_value(*record, candidate, *value)) {
      field = candidate;
      return record;
    }
    for (const CrmRecord* other : table_.all(module)) {
      if (has_value(*other, candidate, *value)) {
        field = candidate;
        return other;
      }
    }
  }
  return nullptr;
}

std::optional<json::object> Zoho::read_lookups(const json::object& values, std::size_t index,
                                               std::set<std::string>& contacts) const {
  for (const auto& value : values) {
    const json::object* lookup = value.value().if_object();
    const std::string field(value.key().data(), value.key().size());
    if (lookup == nullptr) {
      continue;
    }
    const std::string id = text_member(*lookup, "id").value_or("");
    if (table_.find("Contacts", id) == nullptr) {
      return zoho_error("INVALID_DATA", "the id given seems to be invalid",
                        zoho_place(field, item_path(index, field) + ".id"));
    }
    contacts.insert(id);
  }
  return std::nullopt;
}

HttpResponse Zoho::upsert(const std::string& module, const HttpRequest& request, const CrmCall& call) {
  const std::optional<json::object> body = read_json_object(request.body);
  const json::array* data = body ? array_member(*body, "data") : nullptr;
  if (const std::optional<HttpResponse> wrong = refusal_of_list(data)) {
    return *wrong;
  }
  std::vector<std::string> fields;
  if (const json::value* named = body->if_contains("duplicate_check_fields")) {
    const json::array* list = named->if_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const json::string* text = (*list)[i].if_string();
      fields.push_back(text == nullptr ? "" : to_text(*text));
    }
    for (std::size_t i = 0; i < fields.size() || list == nullptr; ++i) {
      if (list == nullptr || !zoho_field_is_unique(module, fields[i])) {
        return zoho_refusal(
            400, "INVALID_DATA", "the field is not a unique field of the module",
            zoho_place("duplicate_check_fields", "$.duplicate_check_fields[" + std::to_string(i) + "]"));
      }
    }
  }
  json::array list;
  for (std::size_t i = 0; i < data->size(); ++i) {
    const json::object* values = (*data)[i].if_object();
    if (values == nullptr) {
      json::object place = zoho_place("data", "$.data[" + std::to_string(i) + "]");
      place["expected_data_type"] = "jsonobject";
      list.push_back(zoho_error("INVALID_DATA", "invalid data", std::move(place)));
      continue;
    }
    list.push_back(
        upsert_one(module, *values, fields.empty() ? zoho_duplicate_fields(module, *values) : fields, i, call));
  }
  return results(std::move(list), 200);
}

json::object Zoho::upsert_one(const std::string& module, const json::object& values,
                              const std::vector<std::string>& fields, std::size_t index, const CrmCall& call) {
  std::string field;
  const CrmRecord* there = duplicate(module, values, fields, field);
  if (std::optional<json::object> wrong = refused(module, values, there == nullptr, index, call)) {
    return *std::move(wrong);
  }
  std::set<std::string> contacts;
  if (std::optional<json::object> wrong = read_lookups(values, index, contacts)) {
    return *std::move(wrong);
  }
  std::string key;
  for (const std::string& candidate : fields) {
    key = key.empty() && candidate.starts_with("Elit") ? text_member(values, candidate).value_or("") : key;
  }
  RecordTable::Written written;
  if (there != nullptr) {
    written.id = there->id;
    table_.update(module, written.id, values, contacts, key);
  } else if (key.empty()) {
    written = {table_.create(module, values, contacts), true};
  } else {
    written = table_.upsert(module, key, values, contacts);
  }
  json::object result = done(written.created, details(module, written.id, call));
  result["action"] = written.created ? "insert" : "update";
  result["duplicate_field"] = field.empty() ? json::value(nullptr) : json::value(field);
  return result;
}

HttpResponse Zoho::serve_notes(const HttpRequest& request, const CrmCall& call) {
  const bool creating = request.method == "POST";
  if (!creating && request.method != "PUT") {
    return zoho_refusal(400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one");
  }
  const std::optional<json::object> body = read_json_object(request.body);
  const json::array* data = body ? array_member(*body, "data") : nullptr;
  if (const std::optional<HttpResponse> wrong = refusal_of_list(data)) {
    return *wrong;
  }
  json::array list;
  for (std::size_t i = 0; i < data->size(); ++i) {
    const json::object* values = (*data)[i].if_object();
    list.push_back(write_note(values == nullptr ? json::object() : *values, creating, i, call));
  }
  return results(std::move(list), creating ? 201 : 200);
}

json::object Zoho::write_note(const json::object& values, bool creating, std::size_t index, const CrmCall& call) {
  if (!text_member(values, "Note_Content") && !text_member(values, "Note_Title")) {
    return zoho_error("EXPECTED_FIELD_MISSING", "should contain either content or title",
                      zoho_place("Note_Content", item_path(index, "Note_Content")));
  }
  if (std::optional<json::object> wrong = refused("Notes", values, creating, index, call)) {
    return *std::move(wrong);
  }
  if (!creating) {
    const std::string id = text_member(values, "id").value_or("");
    if (!table_.update("Notes", id, values)) {
      return zoho_error("INVALID_DATA", "the id given seems to be invalid", zoho_place("id", item_path(index, "id")));
    }
    return done(false, details("Notes", id, call));
  }
  const json::object* parent = object_member(values, "Parent_Id");
  const json::object* module = parent == nullptr ? nullptr : object_member(*parent, "module");
  const std::string name = module == nullptr ? "" : text_member(*module, "api_name").value_or("");
  const std::string id = parent == nullptr ? "" : text_member(*parent, "id").value_or("");
  if (table_.find(name, id) == nullptr) {
    return zoho_error("INVALID_DATA", "the related id given seems to be invalid",
                      zoho_place("Parent_Id", item_path(index, "Parent_Id")));
  }
  return done(true, details("Notes", table_.create("Notes", values, {id}), call));
}

}  // namespace elit::simulator
