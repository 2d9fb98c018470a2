#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "config/yaml/diagnostic.hpp"
#include "config/yaml/text_scan.hpp"
#include "config/yaml/yaml_tree.hpp"

namespace elit::config {

// Where each key that is set in the file stands, by its dotted path.
using Origins = std::map<std::string, Place>;

// A file that is read: the configuration, an operator's preset, or the shipped preset that it extends.
struct SourceText {
  std::string file;  // its name in messages
  std::string text;
};

// Collects what reading finds: the mistakes, and where the keys stand.
class Diagnostics {
 public:
  // `layers`: by their Place::layer. `one_for_a_place`: only the first mistake at a place is kept, because the others
  // follow from it.
  explicit Diagnostics(std::vector<SourceText> layers, bool one_for_a_place = false);
  Diagnostics(const Diagnostics&) = delete;
  Diagnostics& operator=(const Diagnostics&) = delete;
  ~Diagnostics() = default;

  void report(Place place, const std::string& path, std::string what);
  void report(const Node& node, const std::string& path, std::string what) {
    report(node.place, path, std::move(what));
  }
  // Reports at a byte of a scalar's text. In a block of several lines, the place is the beginning of the block.
  void report_inside(const Node& scalar, std::size_t offset, const std::string& path, std::string what);
  // Reports at `path`, or at the deepest part of it that the file has; `otherwise` when it has none below `base`.
  void report_at(const std::string& base, const std::string& path, Place otherwise, std::string what);
  // A mistake that was found before.
  void take(Diagnostic mistake);

  // Whether nothing is wrong at `path` or below it.
  [[nodiscard]] bool sound(const std::string& path) const;
  [[nodiscard]] bool empty() const { return mistakes_.empty(); }
  // By file and place.
  [[nodiscard]] std::vector<Diagnostic> take_entries();

  Origins origins;

 private:
  [[nodiscard]] bool has_below(const std::string& prefix) const;
  [[nodiscard]] Place place_inside(const Node& scalar, std::size_t offset) const;

  std::vector<SourceText> layers_;
  bool one_for_a_place_;
  std::vector<Lines> lines_;
  std::vector<Diagnostic> mistakes_;
  std::set<std::string> bad_;
  std::set<std::tuple<std::string, int, int>> places_;
};

// ": did you mean X?", or the known words.
[[nodiscard]] std::string advice_on(const std::string& word, const std::vector<std::string>& known);

}  // namespace elit::config
