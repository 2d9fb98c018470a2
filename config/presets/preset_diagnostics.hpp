#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "config/yaml/diagnostic.hpp"
#include "config/yaml/text_scan.hpp"
#include "config/yaml/yaml_tree.hpp"

namespace elit::config {

// One file of a preset: the operator's own, or the shipped one that it extends.
struct PresetText {
  std::string file;  // its name in messages
  std::string text;
};

// The mistakes of a preset, each with its file and place; at most one for each place.
class PresetDiagnostics {
 public:
  // `layers`: by their Place::layer; they outlive this.
  explicit PresetDiagnostics(const std::vector<PresetText>& layers);

  void report(Place place, const std::string& path, std::string what);
  void report(const Node& node, const std::string& path, std::string what) {
    report(node.place, path, std::move(what));
  }
  // Reports at a byte of a scalar's text. In a block of several lines, the place is the beginning of the block.
  void report_inside(const Node& scalar, std::size_t offset, const std::string& path, std::string what);
  // A mistake of the file itself, found before.
  void take(Diagnostic mistake);

  // By file and place.
  [[nodiscard]] std::vector<Diagnostic> take_entries();
  [[nodiscard]] bool empty() const { return mistakes_.empty(); }

 private:
  [[nodiscard]] Place place_inside(const Node& scalar, std::size_t offset) const;

  const std::vector<PresetText>& layers_;
  std::vector<Lines> lines_;
  std::vector<Diagnostic> mistakes_;
  std::set<std::tuple<std::string, int, int>> places_;
};

}  // namespace elit::config
