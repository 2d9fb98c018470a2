#include "config/presets/preset_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace elit::config {
namespace {

void set_layer(Node& node, int layer) {
  node.place.layer = layer;
  for (Node& item : node.items) {
    set_layer(item, layer);
  }
  for (Entry& entry : node.entries) {
    entry.place.layer = layer;
    set_layer(entry.value, layer);
  }
}

std::string form_of(const Node& map) {
  const bool form = !map.entries.empty() && map.entries.front().key.starts_with('$');
  return form ? map.entries.front().key : std::string();
}

std::string text_at(const Node& map, const char* key) {
  const Entry* entry = map.find(key);
  return entry == nullptr ? std::string() : entry->value.text;
}

bool merges(const Node& base, const Node& over) {
  return base.kind == Node::Kind::map && over.kind == Node::Kind::map &&
         (form_of(over).empty() || form_of(over) == form_of(base));
}

// A plain map laid over {$merge: [...]} is one more part of it.
bool joins(const Node& base, const Node& over) {
  return form_of(base) == "$merge" && over.kind == Node::Kind::map && form_of(over).empty() &&
         base.entries.front().value.kind == Node::Kind::sequence;
}

void merge_maps(Node& base, const Node& over) {
  if (joins(base, over)) {
    base.entries.front().value.items.push_back(over);
    return;
  }
  base.place = over.place;
  for (const Entry& entry : over.entries) {
    const auto same = std::find_if(base.entries.begin(), base.entries.end(),
                                   [&](const Entry& candidate) { return candidate.key == entry.key; });
    if (same == base.entries.end()) {
      base.entries.push_back(entry);
    } else if (merges(same->value, entry.value)) {
      same->place = entry.place;
      merge_maps(same->value, entry.value);
    } else {
      *same = entry;
    }
  }
}

class StepMerger {
 public:
  StepMerger(Node& base, Diagnostics& diagnostics) : base_(base), diagnostics_(diagnostics) {}

  void lay_over(const Node& over) {
    for (std::size_t index = 0; index < over.items.size(); ++index) {
      lay(over.items[index], path_of("steps", index));
    }
  }

 private:
  void lay(const Node& step, const std::string& path) {
    const std::string name = text_at(step, "name");
    const auto same = std::find_if(base_.items.begin(), base_.items.end(),
                                   [&](const Node& candidate) { return text_at(candidate, "name") == name; });
    const bool removes = text_at(step, "remove") == "true";
    if (removes) {
      remove(step, same, path);
    } else if (name.empty() || same == base_.items.end()) {
      base_.items.insert(place_for(text_at(step, "item")), step);
    } else {
      merge_maps(*same, step);
    }
  }

  void remove(const Node& step, std::vector<Node>::iterator same, const std::string& path) {
    if (same == base_.items.end()) {
      std::vector<std::string> names;
      names.reserve(base_.items.size());
      for (const Node& candidate : base_.items) {
        names.push_back(text_at(candidate, "name"));
      }
      diagnostics_.report(step, path,
                          fmt::format("removes a step that is not there{}", advice_on(text_at(step, "name"), names)));
      return;
    }
    base_.items.erase(same);
  }

  std::vector<Node>::iterator place_for(const std::string& item) {
    const auto stage = [](const std::string& of) { return of == "sink" ? 0 : of == "contact" ? 1 : 2; };
    auto place = base_.items.end();
    while (place != base_.items.begin() && stage(text_at(*(place - 1), "item")) > stage(item)) {
      --place;
    }
    return place;
  }

  Node& base_;
  Diagnostics& diagnostics_;
};

}  // namespace

Node lay_over(Node base, const Node& over, Diagnostics& diagnostics) {
  set_layer(base, 1);
  Node rest = over;
  const Entry* steps = over.find("steps");
  const auto base_steps =
      std::find_if(base.entries.begin(), base.entries.end(), [](const Entry& entry) { return entry.key == "steps"; });
  const bool by_name = steps != nullptr && base_steps != base.entries.end() &&
                       steps->value.kind == Node::Kind::sequence && base_steps->value.kind == Node::Kind::sequence;
  if (by_name) {
    StepMerger(base_steps->value, diagnostics).lay_over(steps->value);
    base_steps->place = steps->place;
    base_steps->value.place = steps->value.place;
    std::erase_if(rest.entries, [](const Entry& entry) { return entry.key == "steps"; });
  }
  merge_maps(base, rest);
  return base;
}

}  // namespace elit::config
