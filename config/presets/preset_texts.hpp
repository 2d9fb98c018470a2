#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/diagnostics.hpp"
#include "config/yaml/yaml_tree.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// All names that placeholders of a preset may use. It grows while the preset is read.
struct Vocabulary {
  struct KnownCredential {
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
  std::vector<KnownCredential> credentials;
  Records sink;
  Records contact;
  Records activity;
};

// What the placeholders of a text may name at its place.
struct PlaceholderContext {
  enum class Item { none, contact, activity };
  Item item = Item::none;
  bool secrets = false;
  bool tokens = false;
  bool assertion = false;
  bool mapping = false;
  bool sink = false;  // what the steps of the sink save
  bool index = false;
  bool each = false;
  bool mapped = true;                     // contact.fields and contact.remote_id are known
  std::optional<std::size_t> credential;  // the only credential; absent: any of them may be in use
  std::string_view why_no_item;           // follows "contact": why an item is not there
};

// Reads texts and trees with placeholders and checks what they name.
class PresetTexts {
 public:
  explicit PresetTexts(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  [[nodiscard]] crm::Text text(const Node& node, const std::string& path, const PlaceholderContext& context);
  // `each_item`: what may be named inside `$each: items`.
  [[nodiscard]] crm::Tree tree(const Node& node, const std::string& path, const PlaceholderContext& context,
                               const PlaceholderContext& each_item);

  Vocabulary vocabulary;

 private:
  struct TreeContext {  // of a tree
    PlaceholderContext here;
    const PlaceholderContext* item = nullptr;
  };

  [[nodiscard]] crm::Text checked(const Node& node, const std::string& path, const PlaceholderContext& context);
  void check_names(const crm::Text& text, const Node& node, const std::string& path, const PlaceholderContext& context);
  [[nodiscard]] std::string mistake_in(const crm::Placeholder& placeholder, const PlaceholderContext& context) const;
  [[nodiscard]] std::string mistake_in_record(const crm::Placeholder& placeholder,
                                              const PlaceholderContext& context) const;
  [[nodiscard]] std::string mistake_in_sink(const crm::Placeholder& placeholder) const;
  [[nodiscard]] std::string mistake_in_credential(const crm::Placeholder& placeholder,
                                                  const PlaceholderContext& context) const;
  [[nodiscard]] static std::string mistake_in_id(const std::string& root, const Vocabulary::Records& records);

  [[nodiscard]] crm::Tree subtree(const Node& node, const std::string& path, const TreeContext& context);
  [[nodiscard]] crm::Tree scalar(const Node& node, const std::string& path, const PlaceholderContext& context);
  [[nodiscard]] crm::Tree object(const Node& node, const std::string& path, const TreeContext& context);
  [[nodiscard]] crm::Tree form(const Node& node, const std::string& path, const TreeContext& context);
  [[nodiscard]] crm::Tree each_form(const Node& node, const std::string& path, const TreeContext& context);
  [[nodiscard]] crm::Tree if_form(const Node& node, const std::string& path, const TreeContext& context);
  [[nodiscard]] std::vector<crm::Tree> parts(const Node& node, const std::string& path, const TreeContext& context);
  [[nodiscard]] const Node* value_of(const Node& form, const std::string& path);

  Diagnostics& diagnostics_;
};

}  // namespace elit::config
