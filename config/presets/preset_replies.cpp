#include "config/presets/preset_replies.hpp"

#include <set>

namespace elit::config {
namespace {

// The statuses of a good answer: 2xx unless others are named.
void read_good_statuses(Members& members, std::vector<std::pair<int, int>>& statuses, PresetFindings& findings) {
  if (auto named = read_statuses(members, "status", findings); !named.empty()) {
    statuses = std::move(named);
  }
}

crm::Locator read_locator_or_whole(Members& members, const char* key, PresetFindings& findings) {
  return read_locator(members, key, findings).value_or(crm::Locator{});
}

crm::ErrorList read_errors(const Node& node, const std::string& path, const Sight& item, PresetTexts& texts,
                           PresetFindings& findings) {
  crm::ErrorList errors;
  Members members(node, path, findings);
  if (const Node* list = members.need("list", "add list: the pointer to the list of errors")) {
    errors.list = read_pointer(*list, members.path_to("list"), findings);
  }
  errors.keys = read_key_matches(members, "keys", item, texts, findings);
  errors.index = read_locator(members, "index", findings);
  errors.code = read_locator_or_whole(members, "code", findings);
  errors.message = read_locator_or_whole(members, "message", findings);
  errors.others_written = members.flag("others_written", true);
  if (members.sound() && node.find("keys") == nullptr && node.find("index") == nullptr) {
    findings.complain(node, path, "does not say whom an error is about: add keys, or index");
  }
  members.finish();
  return errors;
}

}  // namespace

crm::ReplyMap read_reply(const Node& node, const std::string& path, const Sight& item, bool batch, PresetTexts& texts,
                         PresetFindings& findings) {
  crm::ReplyMap reply;
  Members members(node, path, findings);
  read_good_statuses(members, reply.statuses, findings);
  reply.conditions = read_conditions(members, "when", findings);
  if (const Node* list = members.find("list")) {
    reply.has_list = true;
    reply.list = read_pointer(*list, members.path_to("list"), findings);
  } else if (members.sound() && batch) {
    members.complain("list",
                     "is missing: a request of several items needs the pointer to the list with an element "
                     "for each (\"\" is the body itself)");
  }
  reply.keys = read_key_matches(members, "keys", item, texts, findings);
  if (!reply.keys.empty() && !reply.has_list) {
    members.complain("keys", "choose among the elements of a `list`, and none is named");
  }
  reply.item_done = read_conditions(members, "item_done", findings);
  reply.id = read_locator(members, "id", findings);
  reply.created = read_locator(members, "created", findings);
  reply.code = read_locator_or_whole(members, "code", findings);
  reply.message = read_locator_or_whole(members, "message", findings);
  if (const Node* errors = members.find("errors")) {
    reply.errors = read_errors(*errors, members.path_to("errors"), item, texts, findings);
  }
  reply.save = read_saves(members, "save", findings);
  members.finish();
  return reply;
}

crm::FindMap read_find(const Node& node, const std::string& path, const Sight& item, bool reads, PresetTexts& texts,
                       PresetFindings& findings) {
  crm::FindMap find;
  Members members(node, path, findings);
  read_good_statuses(members, find.statuses, findings);
  find.absent_statuses = read_statuses(members, "absent_status", findings);
  find.conditions = read_conditions(members, "when", findings);
  find.single = members.flag("single", false);
  find.null_is_empty = members.flag("null_is_empty", false);
  const Node* list = members.find("list");
  if (list != nullptr) {
    find.list = read_pointer(*list, members.path_to("list"), findings);
  }
  if (members.sound() && (list != nullptr) == find.single) {
    members.complain("list", find.single ? "stands beside single: true, which has no list"
                                         : "is missing: add the pointer to the candidates (\"\" is the body itself), "
                                           "or single: true");
  }
  find.keys = read_key_matches(members, "keys", item, texts, findings);
  members.each("contains", [&](const Node& entry, const std::string& entry_path) {
    Members inner(entry, entry_path, findings);
    const crm::Locator at = read_inner_locator(inner, findings);
    if (const Node* text = inner.need("text", "add text: what the value has to contain")) {
      find.contains.emplace_back(at, texts.text(*text, inner.path_to("text"), item));
    }
    inner.finish();
  });
  if (members.sound() && !find.single && node.find("keys") == nullptr && node.find("contains") == nullptr) {
    findings.complain(node, path, "takes any candidate for the record: add keys, or contains, that tell it");
  }
  find.incomplete = read_locator(members, "incomplete", findings);
  find.id = read_locator(members, "id", findings);
  if (reads) {
    if (const Node* current = members.find("current")) {
      find.current = read_pointer(*current, members.path_to("current"), findings);
    }
  } else {
    members.refuse("current", "is only for kind: read");
    if (members.sound() && node.find("id") == nullptr && node.find("save") == nullptr) {
      members.complain("id", "is missing: a step that finds says where the record's id stands, or what it saves");
    }
  }
  find.save = read_saves(members, "save", findings);
  members.finish();
  return find;
}

}  // namespace elit::config
