#include "tests/crms/presets/small_crms.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/crm/filters.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::crm::rig {
namespace {

namespace json = boost::json;

using Routes = std::vector<SmallCrm::Route>;
using simulator::CrmRecord;

HttpResponse answer_with(int status, const json::value& body) {
  return {status, {{"Content-Type", "application/json"}}, json::serialize(body)};
}

json::object members_of(const json::value& value) {
  return value.is_object() ? value.get_object() : json::object{};
}

json::object merged(json::object to, const json::value& from) {
  for (const auto& member : members_of(from)) {
    to[member.key()] = member.value();
  }
  return to;
}

void update(CrmRecord& record, const json::value& from) {
  record.properties = merged(record.properties, from);
  ++record.writes;
}

// ---- Dataverse: the key is in the URL.

HttpResponse dataverse_upsert(SmallCrm& crm, const Ask& ask) {
  const std::string object = ask.part(1);
  const char* id_name = object == "contacts" ? "contactid" : "activityid";
  const std::string contact = ask.text("/regardingobjectid_contact_phonecall@odata.bind");
  if (object != "contacts" && crm.by_id("contacts", contact.substr(0, contact.size() - 1).substr(10)) == nullptr) {
    return answer_with(400, {{"error", {{"code", "0x80040217"}, {"message", "Contact does not exist"}}}});
  }
  const auto same = crm.having(object, ask.part(2), ask.part(3));
  json::object properties = members_of(ask.body);
  properties[ask.part(2)] = ask.part(3);
  if (!same.empty()) {
    update(*same.front(), properties);
    return answer_with(200, {{id_name, same.front()->id}});
  }
  return answer_with(201, {{id_name, crm.create(object, std::move(properties)).id}});
}

Routes dataverse() {
  return {{"POST", "/directory/oauth2/v2.0/token",
           [](SmallCrm&, const Ask&) {
             return answer_with(200, {{"token_type", "Bearer"}, {"expires_in", 3599}, {"access_token", "t0ken"}});
           }},
          {"PATCH", "/(contacts|phonecalls)\\((elit_userid|elit_key)='([A-Za-z0-9_.-]+)'\\)", dataverse_upsert}};
}

// ---- Pipedrive: a search for persons, notes by their person.

HttpResponse pipedrive_data(int status, json::value data) {
  return answer_with(status, {{"success", true}, {"data", std::move(data)}});
}

HttpResponse pipedrive_search(SmallCrm& crm, const Ask& ask) {
  json::array items;
  for (const CrmRecord* record : crm.having("persons", "custom_fields/f1e1d", ask.query.at("term"))) {
    const json::object item{{"id", std::stoi(record->id)}, {"custom_fields", json::array{ask.query.at("term")}}};
    items.push_back(json::object{{"result_score", 1}, {"item", item}});
  }
  return answer_with(
      200,
      {{"success", true}, {"data", {{"items", std::move(items)}}}, {"additional_data", {{"next_cursor", nullptr}}}});
}

HttpResponse pipedrive_notes(SmallCrm& crm, const Ask& ask) {
  json::array notes;
  for (const CrmRecord* record : crm.having("notes", "person_id", ask.query.at("person_id"))) {
    notes.push_back(json::object{{"id", std::stoi(record->id)}, {"content", record->properties.at("content")}});
  }
  // Where there are none, null.
  json::value data = notes.empty() ? json::value(nullptr) : json::value(std::move(notes));
  return answer_with(200, {{"success", true},
                           {"data", std::move(data)},
                           {"additional_data", {{"pagination", {{"more_items_in_collection", false}}}}}});
}

HttpResponse pipedrive_create(SmallCrm& crm, const Ask& ask) {
  if (ask.part(1) == "notes" && crm.by_id("persons", ask.text("/person_id")) == nullptr) {
    return answer_with(400, {{"success", false}, {"error", "Person not found"}});
  }
  return pipedrive_data(201, {{"id", std::stoi(crm.create(ask.part(1), members_of(ask.body)).id)}});
}

HttpResponse pipedrive_update(SmallCrm& crm, const Ask& ask) {
  CrmRecord* record = crm.by_id(ask.part(1), ask.part(2));
  if (record == nullptr) {
    return answer_with(404, {{"success", false}, {"error", "not found"}});
  }
  update(*record, ask.body);
  return pipedrive_data(200, {{"id", std::stoi(record->id)}});
}

Routes pipedrive() {
  return {{"GET", "/api/v2/persons/search", pipedrive_search},
          {"GET", "/api/v1/notes", pipedrive_notes},
          {"POST", "/api/v[12]/(persons|notes)", pipedrive_create},
          {"PATCH", "/api/v2/(persons)/([0-9]+)", pipedrive_update},
          {"PUT", "/api/v1/(notes)/([0-9]+)", pipedrive_update}};
}

// ---- Freshsales: contacts by their identifier, notes with their contact.

HttpResponse freshsales_upsert(SmallCrm& crm, const Ask& ask) {
  const json::object identifier = members_of(ask.body.at("unique_identifier"));
  const auto& member = *identifier.begin();
  const auto same = crm.having("contacts", std::string(member.key()), text_of(member.value()));
  if (!same.empty()) {
    update(*same.front(), ask.body.at("contact"));
    return answer_with(200, {{"contact", {{"id", std::stoi(same.front()->id)}}}});
  }
  const CrmRecord& made = crm.create("contacts", merged(identifier, ask.body.at("contact")));
  return answer_with(200, {{"contact", {{"id", std::stoi(made.id)}}}});
}

HttpResponse freshsales_missing() {
  return answer_with(404, {{"errors", {{"code", 404}, {"message", json::array{"not found"}}}}});
}

HttpResponse freshsales_contact(SmallCrm& crm, const Ask& ask) {
  if (crm.by_id("contacts", ask.part(1)) == nullptr) {
    return freshsales_missing();
  }
  json::array notes;
  for (const CrmRecord* record : crm.having("notes", "targetable_id", ask.part(1))) {
    notes.push_back(json::object{{"id", std::stoi(record->id)}, {"description", record->properties.at("description")}});
  }
  return answer_with(200, {{"contact", {{"id", std::stoi(ask.part(1))}}}, {"notes", std::move(notes)}});
}

HttpResponse freshsales_note(SmallCrm& crm, const Ask& ask) {
  const bool known = !ask.part(1).empty();
  if (!known && crm.by_id("contacts", ask.text("/note/targetable_id")) == nullptr) {
    return freshsales_missing();
  }
  CrmRecord* record = known ? crm.by_id("notes", ask.part(1)) : &crm.create("notes", members_of(ask.body.at("note")));
  if (record == nullptr) {
    return freshsales_missing();
  }
  if (known) {
    update(*record, ask.body.at("note"));
  }
  return answer_with(200, {{"note", {{"id", std::stoi(record->id)}}}});
}

Routes freshsales() {
  return {{"POST", "/contacts/upsert", freshsales_upsert},
          {"GET", "/contacts/([0-9]+)", freshsales_contact},
          {"POST", "/notes()", freshsales_note},
          {"PUT", "/notes/([0-9]+)", freshsales_note}};
}

// ---- EspoCRM: lists with a filter.

HttpResponse espo_list(SmallCrm& crm, const Ask& ask) {
  const std::string field = ask.query.at("where[0][attribute]");
  json::array list;
  for (const CrmRecord* record : crm.having(ask.part(1), field, ask.query.at("where[0][value]"))) {
    list.push_back(json::object{{"id", record->id}, {field, record->properties.at(field)}});
  }
  const std::size_t total = list.size();
  return answer_with(200, {{"total", total}, {"list", std::move(list)}});
}

HttpResponse espo_create(SmallCrm& crm, const Ask& ask) {
  if (ask.part(1) == "Call" && crm.by_id("Contact", ask.text("/contactsIds/0")) == nullptr) {
    return {
        403, {{"X-Status-Reason", "Can't relate with non-existing record. entity type: Call, link: contacts."}}, ""};
  }
  const CrmRecord& made = crm.create(ask.part(1), members_of(ask.body));
  return answer_with(200, merged(json::object{{"id", made.id}}, made.properties));
}

HttpResponse espo_update(SmallCrm& crm, const Ask& ask) {
  CrmRecord* record = crm.by_id(ask.part(1), ask.part(2));
  if (record == nullptr) {
    return {404, {}, ""};
  }
  update(*record, ask.body);
  return answer_with(200, merged(json::object{{"id", record->id}}, record->properties));
}

Routes espocrm() {
  return {{"GET", "/api/v1/App/user",
           [](SmallCrm&, const Ask&) {
             return answer_with(200, {{"user", {{"id", "user-7"}, {"type", "api"}}}});
           }},
          {"GET", "/api/v1/(Contact|Call)", espo_list},
          {"POST", "/api/v1/(Contact|Call)", espo_create},
          {"PUT", "/api/v1/(Contact|Call)/([0-9]+)", espo_update}};
}

// ---- SuiteCRM: ids of ours.

HttpResponse suite_error(const std::string& detail) {
  return answer_with(400, {{"errors", {{"status", 400}, {"title", nullptr}, {"detail", detail}}}});
}

HttpResponse suite_record(const CrmRecord& record, int status) {
  return answer_with(status,
                     {{"data", {{"type", record.object}, {"id", record.id}, {"attributes", record.properties}}}});
}

HttpResponse suite_create(SmallCrm& crm, const Ask& ask) {
  const std::string type = ask.text("/data/type");
  const std::string id = ask.text("/data/id");
  if (crm.by_id(type, id) != nullptr) {
    return suite_error("Bean " + type + " with id " + id + " is already exist");
  }
  return suite_record(crm.create(type, members_of(ask.body.at("data").at("attributes")), id), 201);
}

HttpResponse suite_update(SmallCrm& crm, const Ask& ask) {
  CrmRecord* record = crm.by_id(ask.text("/data/type"), ask.text("/data/id"));
  if (record == nullptr) {
    return suite_error(ask.text("/data/type") + " module with id " + ask.text("/data/id") + " is not found");
  }
  update(*record, ask.body.at("data").at("attributes"));
  return suite_record(*record, 201);
}

HttpResponse suite_read(SmallCrm& crm, const Ask& ask) {
  const CrmRecord* record = crm.by_id(ask.part(1), ask.part(2));
  return record == nullptr ? suite_error(ask.part(1) + " module with id " + ask.part(2) + " is not found")
                           : suite_record(*record, 200);
}

Routes suitecrm() {
  return {{"POST", "/Api/access_token",
           [](SmallCrm&, const Ask&) {
             return answer_with(200, {{"token_type", "Bearer"}, {"expires_in", 3600}, {"access_token", "t0ken"}});
           }},
          {"POST", "/Api/V8/module", suite_create},
          {"PATCH", "/Api/V8/module", suite_update},
          {"GET", "/Api/V8/module/(Notes)/([0-9a-f-]+)", suite_read}};
}

// ---- Chatwoot: contact, contact inbox, conversation, messages.

json::array chatwoot_rows(const std::vector<CrmRecord*>& records) {
  json::array rows;
  for (const CrmRecord* record : records) {
    rows.push_back(merged(json::object{{"id", std::stoi(record->id)}}, record->properties));
  }
  return rows;
}

HttpResponse chatwoot_search(SmallCrm& crm, const Ask& ask) {
  json::array rows;
  for (const char* property : {"identifier", "phone_number"}) {
    for (json::value& row : chatwoot_rows(crm.having("contacts", property, ask.query.at("q")))) {
      rows.push_back(std::move(row));
    }
  }
  const std::size_t count = rows.size();
  return answer_with(
      200, {{"meta", {{"count", count}, {"current_page", 1}, {"has_more", false}}}, {"payload", std::move(rows)}});
}

HttpResponse chatwoot_contact(SmallCrm& crm, const Ask& ask) {
  if (!crm.having("contacts", "identifier", ask.text("/identifier")).empty()) {
    return answer_with(422, {{"message", "Identifier has already been taken"}});
  }
  const CrmRecord& made = crm.create("contacts", members_of(ask.body));
  return answer_with(200, {{"payload", {{"contact", {{"id", std::stoi(made.id)}}}}}});
}

HttpResponse chatwoot_missing() {
  return answer_with(404, {{"error", "Resource could not be found"}});
}

// What belongs to a contact, or to a conversation, is deleted with it.
bool chatwoot_has_conversation(SmallCrm& crm, const std::string& id) {
  const CrmRecord* conversation = crm.by_id("conversations", id);
  return conversation != nullptr &&
         crm.by_id("contacts", text_of(conversation->properties.at("contact_id"))) != nullptr;
}

HttpResponse chatwoot_inbox(SmallCrm& crm, const Ask& ask) {
  if (crm.by_id("contacts", ask.part(1)) == nullptr) {
    return chatwoot_missing();
  }
  if (crm.having("contact_inboxes", "source_id", ask.text("/source_id")).empty()) {
    crm.create("contact_inboxes", members_of(ask.body));
  }
  return answer_with(200, {{"source_id", ask.text("/source_id")}, {"inbox", {{"id", 7}}}});
}

HttpResponse chatwoot_conversations(SmallCrm& crm, const Ask& ask) {
  return answer_with(200, {{"payload", chatwoot_rows(crm.having("conversations", "contact_id", ask.part(1)))}});
}

HttpResponse chatwoot_conversation(SmallCrm& crm, const Ask& ask) {
  const CrmRecord& made = crm.create("conversations", members_of(ask.body));
  return answer_with(200, {{"id", std::stoi(made.id)}, {"inbox_id", 7}});
}

HttpResponse chatwoot_messages(SmallCrm& crm, const Ask& ask) {
  if (!chatwoot_has_conversation(crm, ask.part(1))) {
    return chatwoot_missing();
  }
  json::array rows = chatwoot_rows(crm.having("messages", "conversation", ask.part(1)));
  const std::size_t first = ask.query.contains("after") || rows.size() < 20 ? 0 : rows.size() - 20;
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first));
  return answer_with(200, {{"meta", json::object{}}, {"payload", std::move(rows)}});
}

HttpResponse chatwoot_message(SmallCrm& crm, const Ask& ask) {
  if (!chatwoot_has_conversation(crm, ask.part(1))) {
    return chatwoot_missing();
  }
  json::object properties = members_of(ask.body);
  properties["conversation"] = ask.part(1);
  return answer_with(200, {{"id", std::stoi(crm.create("messages", std::move(properties)).id)}});
}

Routes chatwoot() {
  const std::string account = "/api/v1/accounts/3";
  return {{"GET", account + "/contacts/search", chatwoot_search},
          {"POST", account + "/contacts", chatwoot_contact},
          {"PUT", account + "/contacts/([0-9]+)",
           [](SmallCrm& crm, const Ask& ask) {
             CrmRecord* record = crm.by_id("contacts", ask.part(1));
             if (record == nullptr) {
               return chatwoot_missing();
             }
             update(*record, ask.body);
             return answer_with(200, {{"payload", {{"id", std::stoi(ask.part(1))}}}});
           }},
          {"POST", account + "/contacts/([0-9]+)/contact_inboxes", chatwoot_inbox},
          {"GET", account + "/contacts/([0-9]+)/conversations", chatwoot_conversations},
          {"POST", account + "/conversations", chatwoot_conversation},
          {"GET", account + "/conversations/([0-9]+)/messages", chatwoot_messages},
          {"POST", account + "/conversations/([0-9]+)/messages", chatwoot_message}};
}

// ---- Twenty: batches with ids of ours.

HttpResponse twenty_batch(SmallCrm& crm, const Ask& ask) {
  std::string object = ask.part(1);
  json::array rows;
  for (const json::value& row : ask.body.as_array()) {
    const std::string id = text_of(row.at("id"));
    const std::string person = object == "noteTargets" ? text_of(row.at("targetPersonId")) : std::string();
    if (!person.empty() && crm.by_id("people", person) == nullptr) {
      return answer_with(400, {{"statusCode", 400}, {"error", "insert violates foreign key constraint"}});
    }
    CrmRecord* record = ask.query.contains("upsert") ? crm.by_id(object, id) : nullptr;
    if (record == nullptr) {
      crm.create(object, members_of(row), id);
    } else {
      update(*record, row);
    }
    rows.push_back(row);
  }
  object.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(object.front())));
  return answer_with(201, {{"data", {{"create" + object, std::move(rows)}}}});
}

Routes twenty() {
  return {{"POST", "/rest/batch/(people|notes|noteTargets)", twenty_batch}};
}

std::string property_text(const CrmRecord& record, const std::string& property) {
  boost::system::error_code error;
  const json::value whole(record.properties);
  const json::value* value = whole.find_pointer("/" + property, error);
  return value == nullptr ? std::string() : text_of(*value);
}

}  // namespace

std::string Ask::text(const char* pointer) const {
  boost::system::error_code error;
  const json::value* value = body.find_pointer(pointer, error);
  return value == nullptr ? std::string() : text_of(*value);
}

HttpResponse SmallCrm::answer(const HttpRequest& request, const simulator::CrmCall& call) {
  begin(call);
  if (auto instead = interrupt ? interrupt(request) : std::nullopt) {
    return *instead;
  }
  Ask ask;
  const std::string path = request.target.substr(0, request.target.find('?'));
  const auto query = simulator::parse_target(request.target).query;
  ask.query = {query.begin(), query.end()};
  boost::system::error_code error;
  ask.body = json::parse(request.body.empty() ? "null" : request.body, error);
  for (const Route& route : routes_) {
    if (route.method == request.method && std::regex_match(path, ask.parts, std::regex(route.path))) {
      return route.answer(*this, ask);
    }
  }
  strangers.push_back(request.method + " " + request.target);
  return {404, {}, R"({"error":"no such address"})"};
}

CrmRecord& SmallCrm::create(const std::string& object, json::object properties, std::string id) {
  CrmRecord record;
  record.object = object;
  record.id = id.empty() ? std::to_string(++ids_) : std::move(id);
  record.properties = std::move(properties);
  record.writes = 1;
  records_.push_back(std::move(record));
  return records_.back();
}

bool SmallCrm::remove(const std::string& object, const std::string& id) {
  CrmRecord* record = by_id(object, id);
  if (record != nullptr) {
    record->object += " (deleted)";
  }
  return record != nullptr;
}

CrmRecord* SmallCrm::by_id(const std::string& object, const std::string& id) {
  const auto found = std::find_if(records_.begin(), records_.end(),
                                  [&](const CrmRecord& record) { return record.object == object && record.id == id; });
  return found == records_.end() ? nullptr : &*found;
}

std::vector<CrmRecord*> SmallCrm::having(const std::string& object, const std::string& property,
                                         const std::string& value) {
  std::vector<CrmRecord*> found;
  for (CrmRecord& record : records_) {
    if (record.object == object && property_text(record, property) == value) {
      found.push_back(&record);
    }
  }
  return found;
}

std::unique_ptr<SmallCrm> small_crm(const std::string& preset) {
  static const std::map<std::string, Routes (*)()> all{
      {"dynamics", dataverse}, {"pipedrive", pipedrive}, {"freshsales", freshsales}, {"espocrm", espocrm},
      {"suitecrm", suitecrm},  {"chatwoot", chatwoot},   {"twenty", twenty}};
  return std::make_unique<SmallCrm>(preset, all.at(preset)());
}

}  // namespace elit::crm::rig
