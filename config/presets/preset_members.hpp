#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/presets/preset_diagnostics.hpp"
#include "config/presets/preset_table.hpp"
#include "config/yaml/yaml_tree.hpp"
#include "core/instant.hpp"

namespace elit::config {

// Reads the members of one map of a preset by their names. A member that is absent has the value given as default; a
// wrong one is a mistake and has it too. Bounds and words are those of the table. finish() reports the members that the
// table does not know. Requires: the table has every name that is asked for.
class Members {
 public:
  // `node` and `diagnostics` outlive this. A node that is no map is a mistake and has no members.
  Members(const Node& node, std::string path, const PresetMap& map, PresetDiagnostics& diagnostics);

  // The member; null when it is absent. One without a value is a mistake and counts as absent.
  [[nodiscard]] const Node* find(const char* key);
  // The same; a mistake when it is absent. `advice` follows "is missing: ".
  [[nodiscard]] const Node* need(const char* key, std::string_view advice);
  // A mistake when it is there.
  void refuse(const char* key, std::string_view why);

  [[nodiscard]] std::string text(const char* key, std::string standard = {});
  [[nodiscard]] std::optional<std::string> text_if_any(const char* key);
  [[nodiscard]] bool flag(const char* key, bool standard);
  [[nodiscard]] std::int64_t whole(const char* key, std::int64_t standard);
  [[nodiscard]] double real(const char* key, double standard);
  [[nodiscard]] std::optional<Milliseconds> duration(const char* key);
  [[nodiscard]] std::int64_t size(const char* key, std::int64_t standard);
  [[nodiscard]] std::vector<std::string> texts(const char* key);
  // The place of the word among the key's words; absent when it is none of them.
  [[nodiscard]] std::optional<std::size_t> word(const char* key);
  // The same for a list of words; a single word stands for a list of one.
  [[nodiscard]] std::vector<std::size_t> words(const char* key);
  template <class Enumeration>
  [[nodiscard]] Enumeration choice(const char* key, Enumeration standard) {
    const std::optional<std::size_t> place = word(key);
    return place ? static_cast<Enumeration>(*place) : standard;
  }
  // Calls `read` with each element of a list and its path; a single value that is no list stands for a list of one.
  void each(const char* key, const std::function<void(const Node&, const std::string&)>& read);
  // Calls `read` with each entry of a map and its path.
  void entries(const char* key, const std::function<void(const Entry&, const std::string&)>& read);

  void finish();

  [[nodiscard]] bool sound() const { return node_.kind == Node::Kind::map; }
  [[nodiscard]] Place place() const { return node_.place; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_to(const char* key) const { return path_of(path_, std::string(key)); }
  void report(const char* key, std::string what);

 private:
  [[nodiscard]] const Node* scalar(const char* key);
  [[nodiscard]] const PresetKey& row(const char* key) const;
  [[nodiscard]] std::optional<std::size_t> word_of(const Node& node, const std::string& path, const PresetKey& row);

  const Node& node_;
  std::string path_;
  const PresetMap& map_;
  PresetDiagnostics& diagnostics_;
};

// The text of a scalar; absent, with a mistake, for anything else.
[[nodiscard]] std::optional<std::string> scalar_text(const Node& node, const std::string& path,
                                                     PresetDiagnostics& diagnostics);
// ": did you mean X?", or the known ones.
[[nodiscard]] std::string advice_on(const std::string& word, const std::vector<std::string>& known);

}  // namespace elit::config
