#include "config/presets/preset_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace elit::config {
namespace {

using crm::Idempotency;
using crm::StepItem;
using crm::StepKind;

const char* name_of(StepItem item) {
  return item == StepItem::sink ? "sink" : item == StepItem::contact ? "contact" : "activity";
}

// Whether a text below the node has a placeholder for that value. Comparing the text is enough, because placeholders
// were checked before.
bool mentions(const Node& node, std::string_view value) {
  const bool here = node.kind == Node::Kind::scalar && node.text.find("${") != std::string::npos &&
                    node.text.find(value) != std::string::npos;
  return here ||
         std::any_of(node.items.begin(), node.items.end(), [&](const Node& item) { return mentions(item, value); }) ||
         std::any_of(node.entries.begin(), node.entries.end(),
                     [&](const Entry& entry) { return mentions(entry.value, value); });
}

bool mentions(const Node& step, std::initializer_list<const char*> members, const std::string& value) {
  return std::any_of(members.begin(), members.end(), [&](const char* member) {
    const Entry* entry = step.find(member);
    return entry != nullptr && mentions(entry->value, value);
  });
}

bool walks_through_items(const Node& node) {
  const bool here =
      !node.entries.empty() && node.entries.front().key == "$each" && node.entries.front().value.text == "items";
  return here || std::any_of(node.items.begin(), node.items.end(), walks_through_items) ||
         std::any_of(node.entries.begin(), node.entries.end(),
                     [](const Entry& entry) { return walks_through_items(entry.value); });
}

bool has_exists_rule(const std::vector<crm::VerdictRule>& rules) {
  return std::any_of(rules.begin(), rules.end(),
                     [](const crm::VerdictRule& rule) { return rule.verdict == Verdict::exists; });
}

class PresetCheck {
 public:
  PresetCheck(const crm::Preset& preset, const ReadMap& map, Diagnostics& diagnostics)
      : preset_(preset), map_(map), diagnostics_(diagnostics) {
    const Entry* steps = map.node().find("steps");
    for (std::size_t index = 0; index < preset.steps.size(); ++index) {
      steps_.push_back({preset.steps[index], steps->value.items[index], path_of("steps", index)});
    }
  }

  void run() {
    check_names();
    check_order();
    for (std::size_t index = 0; index < steps_.size(); ++index) {
      check_idempotency(index);
      check_batch(steps_[index]);
    }
    check_purpose();
    check_day();
    check_openness();
  }

 private:
  // A step with its place in the file.
  struct PlacedStep {
    const crm::Step& step;
    const Node& node;
    std::string path;
  };

  void report(const PlacedStep& placed, const char* key, std::string what) {
    const Entry* entry = placed.node.find(key);
    diagnostics_.report(entry == nullptr ? placed.node : entry->value, path_of(placed.path, std::string(key)),
                        std::move(what));
  }

  void check_names() {
    std::map<std::string, std::size_t> seen;
    for (std::size_t index = 0; index < steps_.size(); ++index) {
      const auto [first, is_new] = seen.emplace(steps_[index].step.name, index);
      if (!is_new && !steps_[index].step.name.empty()) {
        report(steps_[index], "name",
               fmt::format("\"{}\" is already the name of steps[{}]", first->first, first->second));
      }
    }
  }

  void check_order() {
    StepItem latest = StepItem::sink;
    for (const PlacedStep& placed : steps_) {
      if (placed.step.item < latest) {
        report(placed, "item",
               placed.step.item == StepItem::sink
                   ? "stands behind a step of contacts or activities: the steps of the sink come first"
                   : "stands behind a step of activities: the steps of contacts come first");
      }
      latest = std::max(latest, placed.step.item);
    }
  }

  [[nodiscard]] bool found_before(std::size_t index, bool unsure_is_enough) const {
    const crm::Step& write = steps_[index].step;
    return std::any_of(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(index),
                       [&](const PlacedStep& placed) {
                         const crm::Step& step = placed.step;
                         return step.kind == StepKind::find && step.item == write.item && !step.only_known &&
                                (unsure_is_enough || !step.only_unsure);
                       });
  }

  void check_idempotency(std::size_t index) {
    const PlacedStep& placed = steps_[index];
    switch (placed.step.idempotency) {
      case Idempotency::client_id:
        return check_client_id(placed);
      case Idempotency::header:
        return check_header(placed);
      case Idempotency::lookup_before_create:
        return check_lookup(index, false);
      case Idempotency::lookup_after_unknown:
        return check_lookup(index, true);
      case Idempotency::by_id:
        return check_by_id(placed);
      case Idempotency::none:
      case Idempotency::upsert:
      case Idempotency::allow_duplicates:
        return;
    }
  }

  void check_client_id(const PlacedStep& placed) {
    const crm::Step& step = placed.step;
    if (!has_exists_rule(step.verdicts) && !has_exists_rule(step.item_verdicts) && !has_exists_rule(preset_.verdicts) &&
        !has_exists_rule(preset_.item_verdicts)) {
      report(placed, "idempotency",
             "client_id needs a rule with verdict: exists among the verdicts: it tells the refusal of a second "
             "record with our id from other refusals");
    }
  }

  void check_header(const PlacedStep& placed) {
    const std::string item = name_of(placed.step.item);
    if (!mentions(placed.node, {"headers"}, item + '.')) {
      report(placed, "idempotency",
             fmt::format("header needs a header that is the same for the same content: add headers: "
                         "{{Idempotency-Key: \"${{{}.key}}\"}}",
                         item));
    }
    if (placed.step.items_max > 1) {
      report(placed, "items_max", "must be 1 with idempotency: header: such a key speaks of one item");
    }
  }

  void check_lookup(std::size_t index, bool after_unknown) {
    const PlacedStep& placed = steps_[index];
    const char* method = after_unknown ? "lookup_after_unknown" : "lookup_before_create";
    if (!found_before(index, after_unknown)) {
      report(placed, "idempotency",
             fmt::format("{} needs a step of kind: find for item: {} before this one, for {}", method,
                         name_of(placed.step.item),
                         after_unknown ? "those whose answer was lost (only: unsure) or for all"
                                       : "all that are not known (not only: unsure)"));
    }
    if (!placed.step.only_new) {
      report(placed, "only",
             fmt::format("must have new with idempotency: {}: what was found is there and must not be created again",
                         method));
    }
  }

  void check_by_id(const PlacedStep& placed) {
    const std::string id = std::string(name_of(placed.step.item)) + ".remote_id";
    if (!placed.step.only_known) {
      report(placed, "only", "must have known with idempotency: by_id: only a record that is known has an id");
    }
    if (!mentions(placed.node, {"path", "query", "body"}, id)) {
      report(
          placed, "idempotency",
          fmt::format("by_id needs ${{{}}} in the path, the query or the body: it says which record is updated", id));
    }
  }

  void check_batch(const PlacedStep& placed) {
    const Entry* body = placed.node.find("body");
    if (placed.step.items_max > 1 && (body == nullptr || !walks_through_items(body->value))) {
      report(placed, "items_max",
             "lets a request hold several items, and its body does not walk through them: write "
             "{$each: items, value: ...} into it");
    }
  }

  void check_purpose() {
    const bool writes = std::any_of(steps_.begin(), steps_.end(), [](const PlacedStep& placed) {
      return placed.step.kind == StepKind::write && placed.step.item == StepItem::activity;
    });
    if (!writes && !steps_.empty()) {
      map_.report("steps", "hold none that writes activities: no message would ever arrive");
    }
  }

  // The record of a day is written again with each new message.
  void check_day() {
    const bool rewrites = std::any_of(steps_.begin(), steps_.end(), [](const PlacedStep& placed) {
      const crm::Step& step = placed.step;
      return step.kind == StepKind::write && step.item == StepItem::activity && !step.only_new &&
             (step.idempotency == Idempotency::upsert || step.idempotency == Idempotency::by_id);
    });
    if (preset_.units.contains(crm::DeliveryUnit::day) && !rewrites && !steps_.empty()) {
      map_.report("units",
                  "have day, and no step updates activities: a day's record is written again while the "
                  "day grows, by a step with idempotency: upsert or by_id");
    }
  }

  void check_openness() {
    for (const PlacedStep& placed : steps_) {
      if (placed.step.idempotency == Idempotency::allow_duplicates && preset_.guarantee.empty()) {
        report(placed, "idempotency",
               "allow_duplicates has to be said openly: add a `guarantee` to the preset that tells the operator when "
               "something appears twice");
        return;
      }
    }
  }

  const crm::Preset& preset_;
  const ReadMap& map_;
  Diagnostics& diagnostics_;
  std::vector<PlacedStep> steps_;
};

}  // namespace

void check_preset(const crm::Preset& preset, const ReadMap& map, Diagnostics& diagnostics) {
  PresetCheck(preset, map, diagnostics).run();
}

}  // namespace elit::config
