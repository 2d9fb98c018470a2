#include "tests/core/crm/fake_crm.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace elit::crm::rig {

namespace json = boost::json;

namespace {

std::string member(const json::value& row, const char* name) {
  const json::value* value = row.as_object().if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

HttpResponse FakeCrm::answer(const CrmRequest& sent) {
  ++requests;
  const json::value body = json::parse(sent.request.body);
  const json::array& rows = body.at("rows").as_array();
  log.push_back(sent.request.target);
  for (const auto& row : rows) {
    log.back() += (&row == rows.data() ? " " : ",") + std::string(row.at("key").as_string());
  }
  if (rows.size() > rows_max) {
    return {413, {}, "{}"};
  }
  const auto parts_end = sent.request.target.find('/', 1);
  const std::string kind = sent.request.target.substr(1, parts_end - 1);
  const std::string what = sent.request.target.substr(parts_end + 1);
  return what == "find" ? found(kind, rows) : written(kind, what, rows);
}

std::size_t FakeCrm::count(const std::string& key) const {
  return static_cast<std::size_t>(
      std::count_if(records.begin(), records.end(), [&](const Record& record) { return record.key == key; }));
}

const Record* FakeCrm::record(const std::string& key) const {
  const auto at = std::find_if(records.begin(), records.end(), [&](const Record& record) { return record.key == key; });
  return at == records.end() ? nullptr : &*at;
}

Record* FakeCrm::by_id(const std::string& kind, const std::string& id) {
  const auto at = std::find_if(records.begin(), records.end(),
                               [&](const Record& record) { return record.kind == kind && record.id == id; });
  return at == records.end() ? nullptr : &*at;
}

HttpResponse FakeCrm::found(const std::string& kind, const json::array& rows) const {
  json::array list;
  for (const auto& record : records) {
    const bool asked =
        std::any_of(rows.begin(), rows.end(), [&](const json::value& row) { return member(row, "key") == record.key; });
    if (record.kind == kind && asked && !more) {
      list.push_back(json::object{{"key", record.key}, {"id", record.id}});
    }
  }
  list.push_back(json::object{{"key", "somebody else's"}, {"id", "0"}});
  return {200, {}, json::serialize(json::object{{"found", std::move(list)}, {"more", more}})};
}

HttpResponse FakeCrm::written(const std::string& kind, const std::string& what, const json::array& rows) {
  const bool bad =
      std::any_of(rows.begin(), rows.end(), [&](const json::value& row) { return !refusal_of(row).empty(); });
  if (bad && bisect_only) {
    return {400, {}, R"({"message":"something is wrong"})"};
  }
  json::array results;
  json::array errors;
  for (const auto& row : rows) {
    const std::string key = member(row, "key");
    if (const std::string code = refusal_of(row); !code.empty()) {
      json::object error{{"key", key}, {"ok", false}, {"code", code}, {"message", "no, " + code}};
      (errors_apart ? errors : results).push_back(std::move(error));
    } else if (!bad || !atomic) {
      json::object result = write(kind, what, row);
      if (!unmentioned.contains(key)) {
        results.push_back(std::move(result));
      }
    }
  }
  if (shuffled) {
    std::reverse(results.begin(), results.end());
  }
  return {200, {}, json::serialize(json::object{{"results", std::move(results)}, {"errors", std::move(errors)}})};
}

std::string FakeCrm::refusal_of(const json::value& row) const {
  const auto code = codes.find(member(row, "key"));
  if (code != codes.end()) {
    return code->second;
  }
  const auto bad = std::find_if(bad_fields.begin(), bad_fields.end(),
                                [&](const auto& field) { return row.as_object().contains(field.first); });
  return bad == bad_fields.end() ? std::string() : bad->second;
}

json::object FakeCrm::write(const std::string& kind, const std::string& what, const json::value& row) {
  const std::string key = member(row, "key");
  const char* key_name = other_key ? "other_key" : "key";
  Record* there = nullptr;
  if (what == "update" || what == "link") {
    there = by_id(kind, member(row, "id"));
    if (there == nullptr) {
      return {{key_name, key}, {"ok", false}, {"code", "GONE"}, {"message", "no such record"}};
    }
  } else if (what != "create" || idempotent_creates.contains(kind)) {
    const auto same = std::find_if(records.begin(), records.end(),
                                   [&](const Record& record) { return record.kind == kind && record.key == key; });
    there = same == records.end() ? nullptr : &*same;
    if (there != nullptr && what == "insert") {
      return {{key_name, key}, {"ok", false}, {"code", "EXISTS"}, {"id", there->id}, {"message", "exists"}};
    }
  }
  if (there == nullptr) {
    records.push_back({kind, key, kind.substr(0, 1) + std::to_string(++ids_), member(row, "text"),
                       member(row, "contact"), row.as_object()});
    there = &records.back();
  } else if (what == "link") {
    there->contact = member(row, "to");
  } else if (what != "create") {
    there->text = member(row, "text");
  }
  return {{key_name, key}, {"ok", true}, {"id", there->id}};
}

}  // namespace elit::crm::rig
