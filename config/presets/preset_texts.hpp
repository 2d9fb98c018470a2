#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/presets/preset_diagnostics.hpp"
#include "config/yaml/yaml_tree.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// What the placeholders of a preset may name; grows while the preset is read.
struct Vocabulary {
  struct Way {  // a credential
    std::string name;
    std::set<std::string> secrets;
    std::set<std::string> tokens;  // what its token request saves
  };
  struct Records {                     // of contacts, or of activities
    bool has_id = false;               // some step finds out their ids
    std::set<std::string> saved;       // by the steps read so far
    std::set<std::string> saved_ever;  // by any step
  };
  std::set<std::string> settings;
  std::vector<Way> ways;
  Records sink;
  Records contact;
  Records activity;
};

// What is there to be named where a text stands.
struct Sight {
  enum class Item { none, contact, activity };
  Item item = Item::none;
  bool secrets = false;
  bool tokens = false;
  bool assertion = false;
  bool mapping = false;
  bool sink = false;  // what the steps of the sink save
  bool index = false;
  bool each = false;
  bool mapped = true;              // contact.fields and contact.remote_id are known
  std::optional<std::size_t> way;  // the only credential; absent: any of them may be in use
  std::string_view why_no_item;    // follows "contact": why an item is not there
};

// Reads texts and trees with placeholders and checks what they name.
class PresetTexts {
 public:
  explicit PresetTexts(PresetFindings& diagnostics) : diagnostics_(diagnostics) {}

  [[nodiscard]] crm::Text text(const Node& node, const std::string& path, const Sight& sight);
  // `each_item`: what is seen inside `$each: items`.
  [[nodiscard]] crm::Tree tree(const Node& node, const std::string& path, const Sight& sight, const Sight& each_item);

  Vocabulary vocabulary;

 private:
  struct Eyes {  // in a tree
    Sight here;
    const Sight* item = nullptr;
  };

  [[nodiscard]] crm::Text checked(const Node& node, const std::string& path, const Sight& sight);
  void check_names(const crm::Text& text, const Node& node, const std::string& path, const Sight& sight);
  [[nodiscard]] std::string mistake_in(const crm::Placeholder& placeholder, const Sight& sight) const;
  [[nodiscard]] std::string mistake_in_record(const crm::Placeholder& placeholder, const Sight& sight) const;
  [[nodiscard]] std::string mistake_in_sink(const crm::Placeholder& placeholder) const;
  [[nodiscard]] std::string mistake_in_way(const crm::Placeholder& placeholder, const Sight& sight) const;
  [[nodiscard]] static std::string mistake_in_id(const std::string& root, const Vocabulary::Records& records);

  [[nodiscard]] crm::Tree subtree(const Node& node, const std::string& path, const Eyes& eyes);
  [[nodiscard]] crm::Tree scalar(const Node& node, const std::string& path, const Sight& sight);
  [[nodiscard]] crm::Tree object(const Node& node, const std::string& path, const Eyes& eyes);
  [[nodiscard]] crm::Tree form(const Node& node, const std::string& path, const Eyes& eyes);
  [[nodiscard]] crm::Tree each_form(const Node& node, const std::string& path, const Eyes& eyes);
  [[nodiscard]] crm::Tree if_form(const Node& node, const std::string& path, const Eyes& eyes);
  [[nodiscard]] std::vector<crm::Tree> parts(const Node& node, const std::string& path, const Eyes& eyes);
  [[nodiscard]] const Node* value_of(const Node& form, const std::string& path);

  PresetFindings& diagnostics_;
};

}  // namespace elit::config
