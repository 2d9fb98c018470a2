#include "config/presets/preset_replies.hpp"

#include <set>

namespace elit::config {
namespace {

// The statuses of a good answer: 2xx unless others are named.
void read_good_statuses(Members& members, std::vector<std::pair<int, int>>& statuses, PresetDiagnostics& diagnostics) {
  if (auto named = read_statuses(members, "status", diagnostics); !named.empty()) {
    statuses = std::move(named);
  }
}

crm::Locator read_locator_or_whole(Members& members, const char* key, PresetDiagnostics& diagnostics) {
  return read_locator(members, key, diagnostics).value_or(crm::Locator{});
}

crm::ErrorList read_errors(const Node& node, const std::string& path, const PlaceholderContext& item,
                           PresetTexts& texts, PresetDiagnostics& diagnostics) {
  crm::ErrorList errors;
  Members members(node, path, preset_map::errors(), diagnostics);
  if (const Node* list = members.need("list", "add list: the pointer to the list of errors")) {
    errors.list = read_pointer(*list, members.path_to("list"), diagnostics);
  }
  errors.keys = read_key_matches(members, "keys", item, texts, diagnostics);
  errors.index = read_locator(members, "index", diagnostics);
  errors.code = read_locator_or_whole(members, "code", diagnostics);
  errors.message = read_locator_or_whole(members, "message", diagnostics);
  errors.atomic = members.flag("atomic", false);
  if (members.sound() && node.find("keys") == nullptr && node.find("index") == nullptr) {
    diagnostics.report(node, path, "does not say whom an error is about: add keys, or index");
  }
  members.finish();
  return errors;
}

}  // namespace

crm::ReplyMap read_reply(const Node& node, const std::string& path, const PlaceholderContext& item, bool batch,
                         PresetTexts& texts, PresetDiagnostics& diagnostics) {
  crm::ReplyMap reply;
  Members members(node, path, preset_map::reply(), diagnostics);
  read_good_statuses(members, reply.statuses, diagnostics);
  reply.conditions = read_conditions(members, "when", diagnostics);
  if (const Node* list = members.find("list")) {
    reply.has_list = true;
    reply.list = read_pointer(*list, members.path_to("list"), diagnostics);
  } else if (members.sound() && batch) {
    members.report("list",
                   "is missing: a request of several items needs the pointer to the list with an element "
                   "for each (\"\" is the body itself)");
  }
  reply.keys = read_key_matches(members, "keys", item, texts, diagnostics);
  if (!reply.keys.empty() && !reply.has_list) {
    members.report("keys", "choose among the elements of a `list`, and none is named");
  }
  reply.success = read_conditions(members, "success", diagnostics);
  reply.id = read_locator(members, "id", diagnostics);
  reply.created = read_locator(members, "created", diagnostics);
  reply.code = read_locator_or_whole(members, "code", diagnostics);
  reply.message = read_locator_or_whole(members, "message", diagnostics);
  if (const Node* errors = members.find("errors")) {
    reply.errors = read_errors(*errors, members.path_to("errors"), item, texts, diagnostics);
  }
  reply.save = read_saves(members, "save", diagnostics);
  members.finish();
  return reply;
}

crm::FindMap read_find(const Node& node, const std::string& path, const PlaceholderContext& item, bool reads,
                       PresetTexts& texts, PresetDiagnostics& diagnostics) {
  crm::FindMap find;
  Members members(node, path, preset_map::find(), diagnostics);
  read_good_statuses(members, find.statuses, diagnostics);
  find.not_found_statuses = read_statuses(members, "not_found_status", diagnostics);
  find.conditions = read_conditions(members, "when", diagnostics);
  find.single = members.flag("single", false);
  find.null_is_empty = members.flag("null_is_empty", false);
  const Node* list = members.find("list");
  if (list != nullptr) {
    find.list = read_pointer(*list, members.path_to("list"), diagnostics);
  }
  if (members.sound() && (list != nullptr) == find.single) {
    members.report("list", find.single ? "stands beside single: true, which has no list"
                                       : "is missing: add the pointer to the candidates (\"\" is the body itself), "
                                         "or single: true");
  }
  find.keys = read_key_matches(members, "keys", item, texts, diagnostics);
  members.each("contains", [&](const Node& entry, const std::string& entry_path) {
    Members inner(entry, entry_path, preset_map::contained(), diagnostics);
    const crm::Locator at = read_inner_locator(inner, diagnostics);
    if (const Node* text = inner.need("text", "add text: what the value has to contain")) {
      find.contains.emplace_back(at, texts.text(*text, inner.path_to("text"), item));
    }
    inner.finish();
  });
  if (members.sound() && !find.single && node.find("keys") == nullptr && node.find("contains") == nullptr) {
    diagnostics.report(node, path, "takes any candidate for the record: add keys, or contains, that tell it");
  }
  find.has_more = read_locator(members, "has_more", diagnostics);
  find.id = read_locator(members, "id", diagnostics);
  if (reads) {
    if (const Node* current = members.find("current")) {
      find.current = read_pointer(*current, members.path_to("current"), diagnostics);
    }
  } else {
    members.refuse("current", "is only for kind: read");
    if (members.sound() && node.find("id") == nullptr && node.find("save") == nullptr) {
      members.report("id", "is missing: a step that finds says where the record's id stands, or what it saves");
    }
  }
  find.save = read_saves(members, "save", diagnostics);
  members.finish();
  return find;
}

}  // namespace elit::config
