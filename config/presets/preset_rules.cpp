#include "config/presets/preset_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "config/presets/preset_checks.hpp"
#include "config/yaml/scalars.hpp"
#include "core/ascii.hpp"

namespace elit::config {
namespace {

constexpr const char* why_idempotency =
    "is missing: say what keeps a repeated request from making a double. upsert: the CRM updates the record with the "
    "same key. client_id: we choose the id, and a second one is refused as existing. header: the CRM remembers a "
    "header with our key. lookup_before_create: each record is looked up first, by a step of kind: find. "
    "lookup_after_unknown: only one whose answer was lost is. by_id: an update of a record by its id. "
    "allow_duplicates: nothing does, and the operator has to be told";

const std::vector<Entry>& entries_at(const Node& node, const char* key) {
  static const std::vector<Entry> none;
  const Entry* entry = node.find(key);
  return entry == nullptr ? none : entry->value.entries;
}

std::string text_at(const Node& node, const char* key) {
  const Entry* entry = node.find(key);
  return entry == nullptr ? std::string() : entry->value.text;
}

std::set<std::string> keys_of(const std::vector<Entry>& entries) {
  std::set<std::string> keys;
  for (const Entry& entry : entries) {
    keys.insert(entry.key);
  }
  return keys;
}

Vocabulary::KnownCredential known_credential(const Entry& entry) {
  Vocabulary::KnownCredential known;
  known.name = entry.key;
  if (const Entry* secrets = entry.value.find("secrets")) {
    if (secrets->value.kind == Node::Kind::scalar) {
      known.secrets.insert(secrets->value.text);
    }
    for (const Node& secret : secrets->value.items) {
      known.secrets.insert(secret.text);
    }
  }
  if (const Entry* token = entry.value.find("token")) {
    known.tokens = keys_of(entries_at(token->value, "values"));
  }
  return known;
}

Vocabulary::Records& records_of(const std::string& item, Vocabulary& vocabulary) {
  return item == "sink" ? vocabulary.sink : item == "contact" ? vocabulary.contact : vocabulary.activity;
}

// What all steps save and whether they give ids: texts may name what a later step saves, which is a mistake of its own.
void look_ahead(const Node& step, Vocabulary& vocabulary) {
  Vocabulary::Records& records = records_of(text_at(step, "item"), vocabulary);
  for (const char* part : {"reply", "find"}) {
    if (const Entry* answer = step.find(part)) {
      records.has_id = records.has_id || answer->value.find("id") != nullptr;
      records.saved_ever.merge(keys_of(entries_at(answer->value, "save")));
    }
  }
}

bool looks_up(const crm::Step& step) {
  return step.kind == crm::StepKind::find || step.kind == crm::StepKind::read;
}

// The item of a request that speaks of one item.
PlaceholderContext one_item(const std::string& item) {
  PlaceholderContext one;
  one.item = item == "sink"      ? PlaceholderContext::Item::none
             : item == "contact" ? PlaceholderContext::Item::contact
                                 : PlaceholderContext::Item::activity;
  one.mapping = true;
  one.sink = true;
  if (item == "sink") {
    one.why_no_item = "a step of the sink comes before all contacts and activities";
  }
  return one;
}

PlaceholderContext several_items() {
  PlaceholderContext several;
  several.mapping = true;
  several.sink = true;
  several.why_no_item = "a request of this step holds several items: name it inside `$each: items`, or say `group_by`";
  return several;
}

void finish_nature(const crm::Step& step, const ReadMap& map) {
  if (step.kind == crm::StepKind::read && step.item != crm::StepItem::contact) {
    map.report("kind", "must be find: only the fields of contacts are read");
  }
  if (step.item == crm::StepItem::sink && step.items_max > 1) {
    map.report("items_max", "must be 1: the sink is a single item");
  }
  if (!step.adopts.empty() && (step.kind != crm::StepKind::find || step.item != crm::StepItem::contact)) {
    map.report("adopts", "is only for steps of kind: find with item: contact");
  }
  if (step.only_new && step.only_known) {
    map.report("only", "names new and known: no item is both");
  }
}

void finish_request(crm::Step& step, const ReadMap& map) {
  if (!map.present("method")) {
    step.method = looks_up(step) && !map.present("body") ? "GET" : "POST";
  }
  const Entry* path = map.node().find("path");
  if (path != nullptr && path->value.kind == Node::Kind::scalar) {
    const std::string& text = path->value.text;
    if (!text.starts_with("https://") && !text.starts_with("http://") && !text.starts_with('/')) {
      map.report("path", "must begin with '/'");
    }
  }
  finish_body(step.format, crm::BodyFormat::json, map);
  if (step.method == "GET" && map.present("body")) {
    map.report("body", "does not go with method: GET");
  }
}

void finish_answers(const crm::Step& step, const ReadMap& map) {
  if (looks_up(step)) {
    map.refuse("reply", "is only for steps that write or link; this one needs `find`");
    if (!map.present("find")) {
      map.report("find", "is missing: add find: how its answer tells what is there");
    }
  } else {
    map.refuse("find", "is only for steps of kind: find or read; this one has `reply`");
    if (!map.present("reply") && step.items_max > 1) {
      map.report("reply", "is missing: a request of several items has to say how its answer speaks of each");
    }
  }
  if (step.kind != crm::StepKind::write) {
    map.refuse("idempotency", "is only for steps of kind: write");
  } else if (!map.present("idempotency")) {
    map.report("idempotency", why_idempotency);
  }
}

}  // namespace

PresetContext begin_preset(const Node& node, const PresetContext& outer) {
  Vocabulary& vocabulary = outer.texts.vocabulary;
  vocabulary.settings = keys_of(entries_at(node, "settings"));
  for (const Entry& entry : entries_at(node, "credentials")) {
    vocabulary.credentials.push_back(known_credential(entry));
  }
  if (const Entry* steps = node.find("steps")) {
    for (const Node& step : steps->value.items) {
      look_ahead(step, vocabulary);
    }
  }
  return outer;
}

PresetContext begin_credential(const Node& /*node*/, const PresetContext& outer) {
  PresetContext context = outer;
  PlaceholderContext& content = context.places.content;
  content.secrets = true;
  content.tokens = true;
  content.credential = outer.index;
  return context;
}

PresetContext begin_token(const Node& node, const PresetContext& outer) {
  PresetContext context = outer;
  context.places.content.assertion = node.find("assertion") != nullptr;
  context.places.each = context.places.address = context.places.content;
  context.places.address.secrets = false;
  return context;
}

PresetContext begin_assertion(const Node& /*node*/, const PresetContext& outer) {
  PresetContext context = outer;
  context.places.content.assertion = false;
  return context;
}

PresetContext begin_step(const Node& node, const PresetContext& outer) {
  PresetContext context = outer;
  const Reading<std::int64_t> items = read_whole(text_at(node, "items_max"));
  const auto* count = std::get_if<std::int64_t>(&items);
  context.batch = count != nullptr && *count > 1;
  context.reads = text_at(node, "kind") == "read";
  Places& places = context.places;
  places.choice = one_item(text_at(node, "item"));
  places.element = places.choice;
  places.element.index = true;
  places.each = places.element;
  places.each.secrets = places.each.tokens = true;
  places.address = context.batch && node.find("group_by") == nullptr ? several_items() : places.choice;
  places.address.tokens = true;
  places.content = places.address;
  places.content.secrets = true;
  return context;
}

void finish_preset(crm::Preset& preset, const ReadMap& map, const PresetContext& context) {
  if (!map.present("unit")) {
    preset.unit = *preset.units.begin();
  }
  if (!preset.units.contains(preset.unit)) {
    map.report("unit", "must be one of `units`");
  }
  const Entry* steps = map.node().find("steps");
  if (preset.steps.empty() && steps != nullptr && steps->value.kind == Node::Kind::sequence) {
    map.report("steps", "is empty: at least one step has to write activities");
  }
  check_preset(preset, map, context.diagnostics);
}

void finish_setting(crm::Setting& setting, const ReadMap& map, const PresetContext& /*context*/) {
  const auto& choices = setting.choices;
  if (setting.value && !choices.empty() && std::find(choices.begin(), choices.end(), *setting.value) == choices.end()) {
    map.report("default", fmt::format("must be one of the choices: {}", fmt::join(choices, ", ")));
  }
}

void finish_credential(crm::Credential& credential, const ReadMap& map, const PresetContext& /*context*/) {
  for (const std::string& name : credential.secrets) {
    if (!is_snake_name(name)) {
      map.report("secrets", "must be names of small letters, digits and _, such as access_token");
      return;
    }
    if (std::count(credential.secrets.begin(), credential.secrets.end(), name) > 1) {
      map.report("secrets", fmt::format("names {} twice", name));
      return;
    }
  }
}

void finish_assertion(crm::Credential::Assertion& assertion, const ReadMap& map, const PresetContext& context) {
  const std::set<std::string>& secrets = context.texts.vocabulary.credentials.at(context.index).secrets;
  if (map.present("key") && !secrets.contains(assertion.key)) {
    map.report("key", fmt::format("must be one of this credential's `secrets`{}",
                                  advice_on(assertion.key, {secrets.begin(), secrets.end()})));
  }
  if (assertion.lifetime < std::chrono::seconds{10}) {
    map.report("lifetime", "must be at least 10s");
  }
}

void finish_text_form(crm::TextForm& form, const ReadMap& map, const PresetContext& /*context*/) {
  if (form.limit != 0 && form.limit < 500) {
    map.report("limit", "must be 0 or at least 500: what is shorter holds no transcript");
  }
}

void finish_pace(crm::PaceRules& pace, const ReadMap& map, const PresetContext& /*context*/) {
  if ((pace.requests > 0) != (pace.window.count() > 0)) {
    map.report(pace.requests > 0 ? "requests" : "window", "needs the other one of requests and window");
  }
}

void finish_budget(crm::PaceRules::Budget& budget, const ReadMap& map, const PresetContext& /*context*/) {
  if (!map.present("remaining") && !map.present("used")) {
    map.report("does not say how much is left: add remaining, or used");
  }
  if (!map.present("limit") && budget.limit_known == 0) {
    map.report("does not say how much there is: add limit, or limit_known");
  }
}

void finish_step(crm::Step& step, const ReadMap& map, const PresetContext& context) {
  finish_nature(step, map);
  finish_request(step, map);
  finish_answers(step, map);
  Vocabulary::Records& records = records_of(text_at(map.node(), "item"), context.texts.vocabulary);
  for (const auto* saves : {&step.reply.save, &step.find.save}) {
    for (const auto& [name, at] : *saves) {
      records.saved.insert(name);
    }
  }
}

void finish_locator(crm::Locator& locator, const ReadMap& map, const PresetContext& /*context*/) {
  const bool header = map.present("header");
  if (header && map.sound("header") && locator.header.empty()) {
    map.report("header", "must be the name of a header");
  }
  if (header && map.present("pointer")) {
    map.report("header", "stands beside a pointer: a value is in the body or in a header");
  }
  if (!header && !map.present("pointer")) {
    map.report("names no place: add pointer: /NAME (\"\" is the whole), or header: NAME");
  }
}

void finish_condition(crm::Condition& condition, const ReadMap& map, const PresetContext& context) {
  finish_locator(condition.at, map, context);
  if (!map.present("present") && !map.present("equals") && !map.present("matches") && !map.present("one_of")) {
    map.report("asks nothing: add present, equals, matches or one_of");
  }
}

void finish_verdict_rule(crm::VerdictRule& rule, const ReadMap& map, const PresetContext& /*context*/) {
  if (rule.id && rule.verdict != Verdict::exists) {
    map.report("id", "is only for verdict: exists, which takes the record that is there");
  }
  if (rule.field && rule.verdict != Verdict::misconfigured) {
    map.report("field", "is only for verdict: fatal, which says that the field has to have a value");
  }
}

void finish_errors(crm::ErrorList& /*errors*/, const ReadMap& map, const PresetContext& /*context*/) {
  if (!map.present("keys") && !map.present("index")) {
    map.report("does not say whom an error is about: add keys, or index");
  }
}

void finish_reply(crm::ReplyMap& reply, const ReadMap& map, const PresetContext& context) {
  reply.has_list = map.present("list");
  if (context.batch && !reply.has_list) {
    map.report("list",
               "is missing: a request of several items needs the pointer to the list with an element for each (\"\" is "
               "the body itself)");
  }
  if (!reply.keys.empty() && !reply.has_list) {
    map.report("keys", "choose among the elements of a `list`, and none is named");
  }
}

void finish_find(crm::FindMap& find, const ReadMap& map, const PresetContext& context) {
  if (map.present("list") == find.single) {
    map.report("list", find.single ? "stands beside single: true, which has no list"
                                   : "is missing: add the pointer to the candidates (\"\" is the body itself), or "
                                     "single: true");
  }
  if (!find.single && !map.present("keys") && !map.present("contains")) {
    map.report("takes any candidate for the record: add keys, or contains, that tell it");
  }
  if (context.reads) {
    return;
  }
  map.refuse("current", "is only for kind: read");
  if (!map.present("id") && !map.present("save")) {
    map.report("id", "is missing: a step that finds says where the record's id stands, or what it saves");
  }
}

void finish_body(crm::BodyFormat& format, crm::BodyFormat standard, const ReadMap& map) {
  if (!map.present("body")) {
    format = crm::BodyFormat::none;
    if (map.present("format")) {
      map.report("format", "stands without a body");
    }
  } else if (!map.present("format")) {
    format = standard;
  }
}

std::optional<std::string> setting_name_problem(const std::string& name) {
  return name != "url" && is_snake_name(name)
             ? std::nullopt
             : std::optional<std::string>("must be a name of small letters, digits and _, and not url");
}

std::optional<std::string> saved_name_problem(const std::string& name) {
  const auto is_word = [](char byte) { return is_lower(byte) || is_digit(byte) || byte == '_'; };
  const bool sound = !name.empty() && !is_digit(name.front()) && std::all_of(name.begin(), name.end(), is_word);
  return sound ? std::nullopt : std::optional<std::string>("must be a name of small letters, digits and _");
}

}  // namespace elit::config
