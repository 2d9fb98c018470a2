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

// A file that takes part in a preset: the operator's own, or the shipped one that it extends.
struct PresetText {
  std::string file;  // as messages name it
  std::string text;
};

// The mistakes of a preset, each placed in the file it stands in, at most one a place.
class PresetDiagnostics {
 public:
  // `layers`: by their Place::layer; they outlive this.
  explicit PresetDiagnostics(const std::vector<PresetText>& layers);

  void report(Place place, const std::string& path, std::string what);
  void report(const Node& node, const std::string& path, std::string what) {
    report(node.place, path, std::move(what));
  }
  // At a byte of a scalar's text, as far as the file shows it the way it is read: a block of several lines counts as
  // one place.
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
