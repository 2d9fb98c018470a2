#include "config/options/section_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/text/closest_match.hpp"

namespace elit::config {
namespace {

// Answers the questions of a section's check from the diagnostics so far.
class SectionInspector final : public Inspector {
 public:
  SectionInspector(const std::string& path, Place place, Diagnostics& diagnostics)
      : path_(path), place_(place), diagnostics_(diagnostics) {}

  [[nodiscard]] bool sound(std::string_view key) const override { return diagnostics_.sound(full(key)); }
  [[nodiscard]] bool present(std::string_view key) const override { return diagnostics_.origins.contains(full(key)); }
  void report(const std::string& key, std::string what) override {
    const auto origin = diagnostics_.origins.find(full(key));
    diagnostics_.report(origin == diagnostics_.origins.end() ? place_ : origin->second, full(key), std::move(what));
  }

 private:
  [[nodiscard]] std::string full(std::string_view key) const { return path_of(path_, std::string(key)); }

  const std::string& path_;
  Place place_;
  Diagnostics& diagnostics_;
};

// The path to an option of that key inside the section's groups, such as limits.page_size.
std::optional<std::string> find_below(const Section& section, const std::string& key) {
  for (const Option& option : section.options) {
    if (option.kind != Option::Kind::group) {
      continue;
    }
    for (const Option& inner : option.section->options) {
      if (inner.key == key) {
        return option.key + '.' + key;
      }
    }
  }
  return std::nullopt;
}

class SectionReader {
 public:
  SectionReader(const Section& section, const ReadContext& context, Diagnostics& diagnostics)
      : section_(section), context_(context), diagnostics_(diagnostics) {}

  void read(const Node& node, void* owner, const std::string& path) {
    const std::optional<std::string> variant = variant_of(node);
    for (const Entry& entry : node.entries) {
      inspect_key(entry, path, variant);
    }
    for (const Option& option : section_.options) {
      const bool here = option.when.empty() || (variant && applies(option, kind_of(section_, *variant)));
      const Entry* entry = here ? node.find(option.key) : nullptr;
      const std::string option_path = path_of(path, option.key);
      if (entry != nullptr) {
        diagnostics_.origins[option_path] = entry->value.place;
        read_option(option, *entry, owner, option_path);
      } else if (here && is_required(option, variant ? kind_of(section_, *variant) : "") &&
                 diagnostics_.sound(option_path)) {
        diagnostics_.report(node.place, option_path, missing(option));
      }
    }
    if (section_.check) {
      SectionInspector inspector(path, node.place, diagnostics_);
      section_.check(owner, inspector);
    }
  }

 private:
  [[nodiscard]] static std::string missing(const Option& option) {
    return option.example.empty() ? "is missing" : fmt::format("is missing: add {}: {}", option.key, option.example);
  }

  // The value of the discriminator, when it has no mistake.
  [[nodiscard]] std::optional<std::string> variant_of(const Node& node) const {
    const Entry* entry = section_.discriminator.empty() ? nullptr : node.find(section_.discriminator);
    if (entry == nullptr || entry->value.kind != Node::Kind::scalar) {
      return std::nullopt;
    }
    for (const Option& option : section_.options) {
      if (option.key == section_.discriminator &&
          std::find(option.choices.begin(), option.choices.end(), entry->value.text) != option.choices.end()) {
        return entry->value.text;
      }
    }
    return std::nullopt;
  }

  void inspect_key(const Entry& entry, const std::string& path, const std::optional<std::string>& variant) {
    std::vector<std::string> known;
    for (const Option& option : section_.options) {
      if (option.key != entry.key) {
        known.push_back(option.key);
        continue;
      }
      if (variant && !applies(option, kind_of(section_, *variant))) {
        diagnostics_.report(entry.place, path_of(path, entry.key),
                            fmt::format("is only for {}: {}, and this is {}: {}", section_.discriminator,
                                        kinds_text(option.when), section_.discriminator, *variant));
      }
      return;
    }
    const std::optional<std::string> below = find_below(section_, entry.key);
    const std::optional<std::string> near = below ? below : closest_match(entry.key, known);
    diagnostics_.report(entry.place, path_of(path, entry.key),
                        near ? fmt::format("is not a known key: did you mean {}?", *near)
                             : fmt::format("is not a known key; known here are {}", fmt::join(known, ", ")));
  }

  void read_option(const Option& option, const Entry& entry, void* owner, const std::string& path) {
    if (entry.value.kind == Node::Kind::null && !diagnostics_.sound(path)) {
      return;  // already reported, as an alias
    }
    if (option.kind == Option::Kind::group) {
      read_group(option, entry.value, owner, path);
    } else if (option.kind == Option::Kind::list) {
      read_list(option, entry.value, owner, path);
    } else if (const auto value = read_value(option, entry.value, path, context_, diagnostics_)) {
      option.set(owner, *value);
    }
  }

  void read_group(const Option& option, const Node& node, void* owner, const std::string& path) {
    if (node.kind == Node::Kind::map) {
      read_section(*option.section, node, option.enter(owner), path, context_, diagnostics_);
      return;
    }
    const std::vector<Option>& inner = option.section->options;
    diagnostics_.report(node.place, path,
                        node.kind == Node::Kind::null
                            ? "has no value: give it keys, or remove it"
                            : fmt::format("must be a map of keys such as {}:", inner.front().key));
  }

  void read_list(const Option& option, const Node& node, void* owner, const std::string& path) {
    if (node.kind != Node::Kind::sequence) {
      diagnostics_.report(node.place, path,
                          node.kind == Node::Kind::null ? "has no value: give it entries that begin with '- '"
                                                        : "must be a list: each entry begins with '- '");
      return;
    }
    if (static_cast<std::int64_t>(node.items.size()) < option.min) {
      diagnostics_.report(node.place, path, "is empty: at least one entry is needed");
    }
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      const Node& item = node.items[index];
      const std::string item_path = path_of(path, index);
      void* element = option.append(owner);
      diagnostics_.origins[item_path] = item.place;
      if (!diagnostics_.sound(item_path) && item.kind != Node::Kind::map) {
        continue;
      }
      if (item.kind == Node::Kind::map) {
        read_section(*option.section, item, element, item_path, context_, diagnostics_);
      } else {
        diagnostics_.report(item.place, item_path,
                            fmt::format("must be a map of keys such as {}:", option.section->options.front().key));
      }
    }
  }

  const Section& section_;
  const ReadContext& context_;
  Diagnostics& diagnostics_;
};

}  // namespace

void read_section(const Section& section, const Node& node, void* owner, const std::string& path,
                  const ReadContext& context, Diagnostics& diagnostics) {
  SectionReader(section, context, diagnostics).read(node, owner, path);
}

}  // namespace elit::config
