#include "core/crm/record_ids.hpp"

#include <string_view>
#include <variant>

namespace elit::crm {
namespace {

bool is_id(std::string_view member) {
  return member.ends_with("_id") && member != "user_id";  // `user_id` is the source's
}

void collect(const Text& text, RecordIds& ids) {
  for (const Placeholder* each : text.placeholders()) {
    const std::string_view member = each->members.empty() ? std::string_view{} : each->members.front();
    ids.contact = ids.contact || (each->root == "contact" && is_id(member));
    ids.activity = ids.activity || (each->root == "activity" && is_id(member));
  }
}

void collect(const Tree& tree, RecordIds& ids);

struct Collector {
  RecordIds& ids;

  void operator()(const boost::json::value&) const {}
  void operator()(const Text& text) const { collect(text, ids); }
  void operator()(const TreeList& list) const { each_of(list.elements); }
  void operator()(const TreeObject& object) const {
    for (const TreeMember& member : object.members) {
      collect(member.name, ids);
      collect(member.value, ids);
    }
  }
  void operator()(const EachForm& form) const {
    collect(form.list, ids);
    collect(*form.value, ids);
  }
  // The condition is not sent.
  void operator()(const IfForm& form) const { collect(*form.value, ids); }
  void operator()(const MergeForm& form) const { each_of(form.parts); }
  void operator()(const ConcatForm& form) const { each_of(form.parts); }

  void each_of(const std::vector<Tree>& trees) const {
    for (const Tree& tree : trees) {
      collect(tree, ids);
    }
  }
};

void collect(const Tree& tree, RecordIds& ids) {
  std::visit(Collector{ids}, tree.node);
}

}  // namespace

RecordIds ids_in(const Step& step) {
  RecordIds ids;
  collect(step.path, ids);
  for (const auto& [name, text] : step.query) {
    collect(text, ids);
  }
  collect(step.body, ids);
  return ids;
}

}  // namespace elit::crm
