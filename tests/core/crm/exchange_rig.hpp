#pragma once

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/crm/exchange.hpp"

// A simulated CRM in memory, the presets that speak to it, and work to be done.
namespace elit::crm::rig {

namespace json = boost::json;

inline Text text(std::string_view written) {
  return Text::parse(written).value();
}
inline Tree leaf(std::string_view written) {
  return Tree{text(written)};
}
inline Tree object(std::vector<std::pair<std::string, Tree>> members) {
  TreeObject made;
  for (auto& [name, value] : members) {
    made.members.emplace_back(Text(name), std::move(value));
  }
  return Tree{std::move(made)};
}
inline Tree merged(std::vector<Tree> parts) {
  return Tree{MergeForm{std::move(parts)}};
}
// {"rows": [the tree for each item]}
inline Tree rows_of(Tree row) {
  EachForm each;
  each.items = true;
  each.value = std::make_shared<const Tree>(std::move(row));
  return object({{"rows", Tree{std::move(each)}}});
}
inline Locator at(std::string pointer) {
  return {std::move(pointer), {}, {}};
}
inline Condition equal(std::string pointer, std::string value) {
  Condition made;
  made.at = at(std::move(pointer));
  made.equals = std::move(value);
  return made;
}
inline VerdictRule on_status(int status, Verdict verdict) {
  VerdictRule rule;
  rule.statuses = {{status, status}};
  rule.verdict = verdict;
  return rule;
}
inline VerdictRule on_code(std::string code, Verdict verdict) {
  VerdictRule rule;
  rule.conditions = {equal("/code", std::move(code))};
  rule.verdict = verdict;
  return rule;
}

// What a preset of the simulated CRM is like.
struct Shape {
  Idempotency contacts = Idempotency::upsert;
  Idempotency activities = Idempotency::upsert;
  int contacts_max = 100;  // items of one request
  int activities_max = 100;
  bool by_place = false;  // results stand in the order of the request
  bool atomic = false;
  bool link = false;
};

inline bool is_looked_up(Idempotency way) {
  return way == Idempotency::lookup_before_create || way == Idempotency::lookup_after_unknown;
}

inline Step find_step(const std::string& kind, StepItem item, Idempotency way, int items_max) {
  Step step;
  step.name = "find-" + kind;
  step.item = item;
  step.kind = StepKind::find;
  step.only_unsure = way == Idempotency::lookup_after_unknown;
  step.path = Text("/" + kind + "/find");
  step.format = BodyFormat::json;
  step.items_max = items_max;
  step.body = rows_of(object({{"key", leaf("${" + kind + ".key}")}}));
  step.find.list = "/found";
  step.find.keys = {{at("/key"), text("${" + kind + ".key}")}};
  step.find.has_more = at("/more");
  step.find.id = at("/id");
  return step;
}

inline ReplyMap reply_of(const Shape& shape, const std::string& kind) {
  ReplyMap reply;
  reply.has_list = true;
  reply.list = "/results";
  if (!shape.by_place) {
    reply.keys = {{at("/key"), text("${" + kind + ".key}")}, {at("/other_key"), text("${" + kind + ".key}")}};
  }
  reply.success = {equal("/ok", "true")};
  reply.id = at("/id");
  reply.code = at("/code");
  reply.message = at("/message");
  ErrorList errors;
  errors.list = "/errors";
  errors.keys = {{at("/key"), text("${" + kind + ".key}")}};
  errors.code = at("/code");
  errors.message = at("/message");
  errors.atomic = shape.atomic;
  reply.errors = errors;
  return reply;
}

inline Step write_step(const Shape& shape, const std::string& kind, StepItem item, Idempotency way, int items_max) {
  Step step;
  step.name = "write-" + kind;
  step.item = item;
  step.only_new = way != Idempotency::upsert;
  step.idempotency = way;
  step.path = Text("/" + kind + "/" +
                   (way == Idempotency::upsert      ? "upsert"
                    : way == Idempotency::client_id ? "insert"
                                                    : "create"));
  step.format = BodyFormat::json;
  step.items_max = items_max;
  if (way == Idempotency::header) {
    step.items_max = 1;
    step.headers = {{"Idempotency-Key", text("${" + kind + ".key}")}};
  }
  step.body = rows_of(item == StepItem::contact
                          ? merged({object({{"key", leaf("${contact.key}")}, {"text", leaf("${contact.name}")}}),
                                    leaf("${contact.fields}")})
                          : object({{"key", leaf("${activity.key}")},
                                    {"text", leaf("${activity.text}")},
                                    {"contact", leaf("${contact.remote_id}")}}));
  step.reply = reply_of(shape, kind);
  return step;
}

inline Step update_step(const Shape& shape, const std::string& kind, StepItem item, int items_max) {
  Step step = write_step(shape, kind, item, Idempotency::upsert, items_max);
  step.name = "update-" + kind;
  step.only_known = true;
  step.idempotency = Idempotency::by_id;
  step.path = Text("/" + kind + "/update");
  step.body = rows_of(object({{"id", leaf("${" + kind + ".remote_id}")},
                              {"key", leaf("${" + kind + ".key}")},
                              {"text", leaf(item == StepItem::contact ? "${contact.name}" : "${activity.text}")}}));
  return step;
}

inline Step link_step(const Shape& shape) {
  Step step = write_step(shape, "activity", StepItem::activity, Idempotency::upsert, shape.activities_max);
  step.name = "link";
  step.kind = StepKind::link;
  step.idempotency = Idempotency::none;
  step.path = Text("/activity/link");
  step.body = rows_of(object(
      {{"key", leaf("${activity.key}")}, {"id", leaf("${activity.remote_id}")}, {"to", leaf("${contact.remote_id}")}}));
  step.reply.id.reset();
  return step;
}

inline void add_steps(Preset& preset, const Shape& shape, StepItem item) {
  const bool contact = item == StepItem::contact;
  const std::string kind = contact ? "contact" : "activity";
  const Idempotency way = contact ? shape.contacts : shape.activities;
  const int items_max = contact ? shape.contacts_max : shape.activities_max;
  if (is_looked_up(way)) {
    preset.steps.push_back(find_step(kind, item, way, items_max));
  }
  preset.steps.push_back(write_step(shape, kind, item, way, items_max));
  if (way != Idempotency::upsert) {
    preset.steps.push_back(update_step(shape, kind, item, items_max));
  }
}

inline SinkDesign design_of(const Shape& shape) {
  SinkDesign design;
  design.base_url = "https://crm.example.com";
  Preset& preset = design.preset;
  preset.name = "rig";
  preset.title = "Rig";
  Credential way;
  way.name = "token";
  way.secrets = {"token"};
  way.headers = {{"Authorization", text("Bearer ${secret.token}")}};
  preset.credentials = {way};
  add_steps(preset, shape, StepItem::contact);
  add_steps(preset, shape, StepItem::activity);
  if (shape.link) {
    preset.steps.push_back(link_step(shape));
  }
  preset.verdicts = {on_status(400, Verdict::rejected_in_company)};
  VerdictRule exists = on_code("EXISTS", Verdict::exists);
  exists.id = at("/id");
  preset.item_verdicts = {exists, on_code("LOCKED", Verdict::retry), on_code("LIMIT", Verdict::throttled),
                          on_code("MAYBE", Verdict::unknown), on_code("SETUP", Verdict::misconfigured)};
  return design;
}

inline CredentialValues secrets() {
  return {json::object{{"token", "s3cr3t"}}, json::object{}};
}

inline Contact contact(DeliveryUserId user) {
  Contact made;
  made.user = user;
  const std::string id = std::to_string(user);
  made.values = {{"key", "s." + id}, {"user_id", id},       {"source", "s"},           {"user", json::object{}},
                 {"name", "N" + id}, {"phone", "+91" + id}, {"fields", json::object{}}};
  return made;
}

// The activity's key is `key` and the user's number, so that it is one of its own in the CRM.
inline Activity activity(DeliveryUserId user, const std::string& key, std::vector<std::size_t> messages,
                         const std::string& written = "hello") {
  Activity made;
  made.user = user;
  made.local_key = key;
  made.messages = std::move(messages);
  made.values = {{"key", "s." + std::to_string(user) + "." + key}, {"text", written}, {"plain", written}};
  made.digest = "digest of " + written;
  return made;
}

// One message for each of the users, in their order.
inline Exchange::Task task_of(const std::vector<DeliveryUserId>& users) {
  Exchange::Task task;
  std::set<DeliveryUserId> seen;
  for (const DeliveryUserId user : users) {
    if (seen.insert(user).second) {
      task.work.contacts.push_back(contact(user));
    }
    const std::size_t place = task.messages++;
    task.work.activities.push_back(activity(user, "m" + std::to_string(place), {place}));
  }
  return task;
}

struct Record {
  std::string kind;
  std::string key;
  std::string id;
  std::string text;
  std::string contact;
};

// Answers as it is told.
class FakeCrm {
 public:
  std::vector<Record> records;
  std::map<std::string, std::string> codes;  // rows with this key are refused with this code
  std::set<std::string> unmentioned;         // rows with this key are written and the answer does not say so
  bool bisect_only = false;                  // a bad row: 400 that does not say which
  bool atomic = false;
  bool errors_apart = false;  // bad rows stand in /errors, not in /results
  std::size_t rows_max = 1000;
  bool shuffled = false;
  bool other_key = false;
  bool more = false;  // lists are incomplete
  int requests = 0;
  std::vector<std::string> log;  // "PATH KEY,KEY"

  HttpResponse answer(const CrmRequest& sent) {
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

  [[nodiscard]] std::size_t count(const std::string& key) const {
    return static_cast<std::size_t>(
        std::count_if(records.begin(), records.end(), [&](const Record& record) { return record.key == key; }));
  }
  [[nodiscard]] const Record* record(const std::string& key) const {
    const auto at =
        std::find_if(records.begin(), records.end(), [&](const Record& record) { return record.key == key; });
    return at == records.end() ? nullptr : &*at;
  }
  Record* by_id(const std::string& kind, const std::string& id) {
    const auto at = std::find_if(records.begin(), records.end(),
                                 [&](const Record& record) { return record.kind == kind && record.id == id; });
    return at == records.end() ? nullptr : &*at;
  }

 private:
  static std::string member(const json::value& row, const char* name) {
    const json::value* value = row.as_object().if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  }

  HttpResponse found(const std::string& kind, const json::array& rows) const {
    json::array list;
    for (const auto& record : records) {
      const bool asked = std::any_of(rows.begin(), rows.end(),
                                     [&](const json::value& row) { return member(row, "key") == record.key; });
      if (record.kind == kind && asked && !more) {
        list.push_back(json::object{{"key", record.key}, {"id", record.id}});
      }
    }
    list.push_back(json::object{{"key", "somebody else's"}, {"id", "0"}});
    return {200, {}, json::serialize(json::object{{"found", std::move(list)}, {"more", more}})};
  }

  HttpResponse written(const std::string& kind, const std::string& what, const json::array& rows) {
    const bool bad = std::any_of(rows.begin(), rows.end(),
                                 [&](const json::value& row) { return codes.contains(member(row, "key")); });
    if (bad && bisect_only) {
      return {400, {}, R"({"message":"something is wrong"})"};
    }
    json::array results;
    json::array errors;
    for (const auto& row : rows) {
      const std::string key = member(row, "key");
      if (const auto code = codes.find(key); code != codes.end()) {
        json::object error{{"key", key}, {"ok", false}, {"code", code->second}, {"message", "no, " + code->second}};
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

  json::object write(const std::string& kind, const std::string& what, const json::value& row) {
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
      records.push_back(
          {kind, key, kind.substr(0, 1) + std::to_string(++ids_), member(row, "text"), member(row, "contact")});
      there = &records.back();
    } else if (what == "link") {
      there->contact = member(row, "to");
    } else if (what != "create") {
      there->text = member(row, "text");
    }
    return {{key_name, key}, {"ok", true}, {"id", there->id}};
  }

  int ids_ = 0;

 public:
  std::set<std::string> idempotent_creates;  // kinds of which the Idempotency-Key is remembered
};

// Gives every request to `crm` until there is none; false when it goes on and on.
inline bool carry_out(Exchange& exchange, FakeCrm& crm, const Instant& now = {}) {
  for (int turns = 0; turns < 3000; ++turns) {
    const auto request = exchange.next(secrets());
    if (!request) {
      return true;
    }
    static_cast<void>(exchange.on_answer(parse(crm.answer(*request)), now));
  }
  return false;
}

inline std::vector<Verdict> verdicts(const ExchangeResult& result) {
  std::vector<Verdict> all;
  for (const auto& message : result.answer.messages) {
    all.push_back(message.verdict);
  }
  return all;
}

inline ExchangeResult delivered_to(FakeCrm& crm, const SinkDesign& design, Exchange::Task task) {
  Exchange exchange(design, std::move(task));
  EXPECT_TRUE(carry_out(exchange, crm)) << "an attempt without end";
  return exchange.result();
}

// 1 to `last`.
inline std::vector<DeliveryUserId> users_to(int last) {
  std::vector<DeliveryUserId> users;
  for (int user = 1; user <= last; ++user) {
    users.push_back(user);
  }
  return users;
}

// What the state keeps: later records replace earlier ones of the same key.
inline void keep(std::vector<RemoteRecord>& known, const std::vector<RemoteRecord>& learnt) {
  for (const auto& record : learnt) {
    const auto same = std::find_if(known.begin(), known.end(), [&record](const RemoteRecord& one) {
      return one.user == record.user && one.key == record.key;
    });
    if (same == known.end()) {
      known.push_back(record);
    } else {
      *same = record;
    }
  }
}

}  // namespace elit::crm::rig
