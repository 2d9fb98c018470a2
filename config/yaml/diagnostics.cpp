#include "config/yaml/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/check.hpp"
#include "core/text/closest_match.hpp"

namespace elit::config {
namespace {

// How many bytes of `raw`, the scalar as the file has it without its quote, are the first `length` bytes of its text.
// Gives 0 for a scalar that continues on another line or has an escape of several letters before that.
std::size_t raw_length(std::string_view raw, char quote, std::size_t length) {
  std::size_t place = 0;
  for (std::size_t read = 0; read < length && place < raw.size(); ++read) {
    const bool escaped = quote == '"' && raw[place] == '\\';
    const bool doubled = quote == '\'' && raw[place] == '\'';
    if (raw[place] == '\n' || (escaped && place + 1 < raw.size() && (raw[place + 1] == 'u' || raw[place + 1] == 'x'))) {
      return 0;
    }
    place += escaped || doubled ? 2 : 1;
  }
  return place;
}

}  // namespace

Diagnostics::Diagnostics(std::vector<SourceText> layers, bool one_for_a_place)
    : layers_(std::move(layers)), one_for_a_place_(one_for_a_place) {
  lines_.reserve(layers_.size());
  for (const SourceText& layer : layers_) {
    lines_.emplace_back(layer.text);
  }
}

void Diagnostics::report(Place place, const std::string& path, std::string what) {
  const auto layer = static_cast<std::size_t>(place.layer);
  check(layer < layers_.size(), "a mistake was found in a file that is not read");
  bad_.insert(path);
  take({layers_[layer].file, place.line, place.column, printable(path), std::move(what)});
}

void Diagnostics::report_inside(const Node& scalar, std::size_t offset, const std::string& path, std::string what) {
  report(place_inside(scalar, offset), path, std::move(what));
}

void Diagnostics::report_at(const std::string& base, const std::string& path, Place otherwise, std::string what) {
  std::string at = path;
  auto origin = origins.find(at);
  while (origin == origins.end() && at.size() > base.size()) {
    const std::size_t end = at.find_last_of(".[");
    at.resize(end == std::string::npos ? 0 : end);
    origin = at.size() > base.size() ? origins.find(at) : origins.end();
  }
  report(origin == origins.end() ? otherwise : origin->second, path, std::move(what));
}

void Diagnostics::take(Diagnostic mistake) {
  bad_.insert(mistake.key);
  if (!one_for_a_place_ || places_.emplace(mistake.file, mistake.line, mistake.column).second) {
    mistakes_.push_back(std::move(mistake));
  }
}

bool Diagnostics::sound(const std::string& path) const {
  return !bad_.contains(path) && !has_below(path + '.') && !has_below(path + '[');
}

bool Diagnostics::has_below(const std::string& prefix) const {
  const auto next = bad_.lower_bound(prefix);
  return next != bad_.end() && next->starts_with(prefix);
}

Place Diagnostics::place_inside(const Node& scalar, std::size_t offset) const {
  const auto layer = static_cast<std::size_t>(scalar.place.layer);
  const Lines& lines = lines_[layer];
  const std::string_view text = layers_[layer].text;
  const std::size_t begin = lines.offset_of(scalar.place);
  const char first = begin < text.size() ? text[begin] : ' ';
  if (scalar.quoted && first != '"' && first != '\'') {
    return scalar.place;
  }
  const std::size_t inside = begin + (scalar.quoted ? 1 : 0);
  const std::string_view raw = text.substr(std::min(inside, text.size()));
  const std::size_t length = raw_length(raw, scalar.quoted ? first : ' ', offset);
  if (length == 0 && offset > 0) {
    return scalar.place;
  }
  Place place = lines.place_of_offset(inside + length);
  place.layer = scalar.place.layer;
  return place;
}

std::vector<Diagnostic> Diagnostics::take_entries() {
  const auto layer_of = [this](const Diagnostic& mistake) {
    return std::find_if(layers_.begin(), layers_.end(),
                        [&](const SourceText& layer) { return layer.file == mistake.file; }) -
           layers_.begin();
  };
  sort_by_place(mistakes_);
  std::stable_sort(mistakes_.begin(), mistakes_.end(),
                   [&](const Diagnostic& left, const Diagnostic& right) { return layer_of(left) < layer_of(right); });
  return std::move(mistakes_);
}

std::string advice_on(const std::string& word, const std::vector<std::string>& known) {
  if (const std::optional<std::string> near = closest_match(word, known)) {
    return fmt::format(": did you mean {}?", *near);
  }
  return known.empty() ? "" : fmt::format("; known here are {}", fmt::join(known, ", "));
}

}  // namespace elit::config
