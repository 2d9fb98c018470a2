#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/yaml/diagnostic.hpp"

namespace elit::config {

// Where each key that is set in the file stands, by its dotted path.
using Origins = std::map<std::string, Place>;

// What reading a configuration brings to light: its mistakes, and where its keys stand.
class Diagnostics {
 public:
  explicit Diagnostics(std::string file) : file_(std::move(file)) {}

  void report(Place place, const std::string& path, std::string what) {
    bad_.insert(path);
    mistakes_.push_back({file_, place.line, place.column, printable(path), std::move(what)});
  }
  // A mistake found before: it makes its path unsound.
  void take(Diagnostic mistake) {
    bad_.insert(mistake.key);
    mistakes_.push_back(std::move(mistake));
  }

  // Whether nothing was wrong at `path` or below it.
  [[nodiscard]] bool sound(const std::string& path) const {
    return !bad_.contains(path) && !has_below(path + '.') && !has_below(path + '[');
  }

  Origins origins;
  [[nodiscard]] std::vector<Diagnostic> take_entries() { return std::move(mistakes_); }

 private:
  [[nodiscard]] bool has_below(const std::string& prefix) const {
    const auto next = bad_.lower_bound(prefix);
    return next != bad_.end() && next->starts_with(prefix);
  }

  std::string file_;
  std::vector<Diagnostic> mistakes_;
  std::set<std::string> bad_;
};

}  // namespace elit::config
