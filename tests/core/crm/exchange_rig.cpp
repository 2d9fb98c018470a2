#include "tests/core/crm/exchange_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

namespace elit::crm::rig {

Text text(std::string_view written) {
  return Text::parse(written).value();
}

Tree leaf(std::string_view written) {
  return Tree{text(written)};
}

Tree object(std::vector<std::pair<std::string, Tree>> members) {
  TreeObject made;
  for (auto& [name, value] : members) {
    made.members.emplace_back(Text(name), std::move(value));
  }
  return Tree{std::move(made)};
}

Tree rows_of(Tree row) {
  EachForm each;
  each.items = true;
  each.value = std::make_shared<const Tree>(std::move(row));
  return object({{"rows", Tree{std::move(each)}}});
}

Locator at(std::string pointer) {
  return {std::move(pointer), {}, {}};
}

VerdictRule on_status(int status, Verdict verdict) {
  VerdictRule rule;
  rule.statuses = {{status, status}};
  rule.verdict = verdict;
  return rule;
}

namespace {

Tree merged(std::vector<Tree> parts) {
  return Tree{MergeForm{std::move(parts)}};
}

Condition equal(std::string pointer, std::string value) {
  Condition made;
  made.at = at(std::move(pointer));
  made.equals = std::move(value);
  return made;
}

bool is_looked_up(Idempotency way) {
  return way == Idempotency::lookup_before_create || way == Idempotency::lookup_after_unknown;
}

ReplyMap reply_of(const Shape& shape, const std::string& kind) {
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

Step update_step(const Shape& shape, const std::string& kind, StepItem item, int items_max) {
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

Step link_step(const Shape& shape) {
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

void add_steps(Preset& preset, const Shape& shape, StepItem item) {
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

// Gives every request to `crm` until there is none; false if there is no end.
bool carry_out(Exchange& exchange, FakeCrm& crm) {
  for (int turns = 0; turns < 3000; ++turns) {
    const auto request = exchange.next(secrets());
    if (!request) {
      return true;
    }
    static_cast<void>(exchange.on_answer(parse(crm.answer(*request)), Instant{}));
  }
  return false;
}

}  // namespace

VerdictRule on_code(std::string code, Verdict verdict) {
  VerdictRule rule;
  rule.conditions = {equal("/code", std::move(code))};
  rule.verdict = verdict;
  return rule;
}

Step find_step(const std::string& kind, StepItem item, Idempotency way, int items_max) {
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

Step write_step(const Shape& shape, const std::string& kind, StepItem item, Idempotency way, int items_max) {
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

SinkDesign design_of(const Shape& shape) {
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

CredentialValues secrets() {
  return {json::object{{"token", "s3cr3t"}}, json::object{}};
}

Contact contact(DeliveryUserId user) {
  Contact made;
  made.user = user;
  const std::string id = std::to_string(user);
  made.values = {{"key", "s." + id}, {"user_id", id},       {"source", "s"},           {"user", json::object{}},
                 {"name", "N" + id}, {"phone", "+91" + id}, {"fields", json::object{}}};
  return made;
}

Activity activity(DeliveryUserId user, const std::string& key, std::vector<std::size_t> messages,
                  const std::string& written) {
  Activity made;
  made.user = user;
  made.local_key = key;
  made.messages = std::move(messages);
  made.values = {{"key", "s." + std::to_string(user) + "." + key}, {"text", written}, {"plain", written}};
  made.digest = "digest of " + written;
  return made;
}

Exchange::Task task_of(const std::vector<DeliveryUserId>& users) {
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

std::vector<Verdict> verdicts(const ExchangeResult& result) {
  std::vector<Verdict> all;
  for (const auto& message : result.answer.messages) {
    all.push_back(message.verdict);
  }
  return all;
}

ExchangeResult delivered_to(FakeCrm& crm, const SinkDesign& design, Exchange::Task task) {
  Exchange exchange(design, std::move(task));
  EXPECT_TRUE(carry_out(exchange, crm)) << "an attempt without end";
  return exchange.result();
}

std::vector<DeliveryUserId> users_to(int last) {
  std::vector<DeliveryUserId> users;
  for (int user = 1; user <= last; ++user) {
    users.push_back(user);
  }
  return users;
}

void keep(std::vector<RemoteRecord>& known, const std::vector<RemoteRecord>& learnt) {
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
