#include "core/text/pattern.hpp"

#include <re2/re2.h>

namespace elit {
namespace {

re2::RE2::Options quiet() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace

Pattern::Pattern(std::string_view text) : expression_(std::make_shared<const re2::RE2>(text, quiet())) {}

std::string Pattern::error() const {
  if (expression_->pattern().empty()) {
    return "is empty";
  }
  if (expression_->pattern().size() > size_max) {
    return "is longer than 500 characters";
  }
  return expression_->ok() ? std::string{} : "is not a regular expression: " + expression_->error();
}

bool Pattern::matches(std::string_view text) const {
  return expression_->Match(text, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

std::optional<std::string> Pattern::first_group(std::string_view text) const {
  re2::StringPiece found[2];
  const int groups = expression_->NumberOfCapturingGroups() > 0 ? 1 : 0;
  if (!expression_->Match(text, 0, text.size(), re2::RE2::UNANCHORED, found, groups + 1)) {
    return std::nullopt;
  }
  const re2::StringPiece& group = found[groups];
  return group.data() == nullptr ? std::nullopt : std::optional(std::string(group.data(), group.size()));
}

bool Pattern::operator==(const Pattern& other) const {
  return expression_->pattern() == other.expression_->pattern();
}

}  // namespace elit
