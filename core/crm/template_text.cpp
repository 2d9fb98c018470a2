#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/ascii.hpp"
#include "core/crm/filters.hpp"
#include "core/crm/template.hpp"

// Reading texts with placeholders.
namespace elit::crm {
namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Reads the inside of `${...}` from its place in the text and stops behind the brace.
class PlaceholderReader {
 public:
  PlaceholderReader(std::string_view text, std::size_t place) : text_(text), begin_(place), place_(place) {}

  // Absent: see mistake().
  std::optional<Placeholder> read() {
    Placeholder read;
    skip_blanks();
    if (peek() == '"' || peek() == '\'') {
      read_quoted_text(read);
    } else {
      read_path(read);
      if (!mistake_) {
        read_pointer(read);
      }
    }
    skip_blanks();
    while (!mistake_ && peek() == '|') {
      ++place_;
      read_filter(read);
      skip_blanks();
    }
    if (!mistake_) {
      read_end();
    }
    return mistake_ ? std::nullopt : std::optional(std::move(read));
  }

  [[nodiscard]] std::size_t place() const { return place_; }
  [[nodiscard]] const TemplateMistake& mistake() const { return *mistake_; }

 private:
  [[nodiscard]] bool at_end() const { return place_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[place_]; }

  void skip_blanks() { place_ = std::min(text_.find_first_not_of(blanks, place_), text_.size()); }

  void fail(std::string what, std::size_t place) {
    if (!mistake_) {
      mistake_ = TemplateMistake{std::move(what), place};
    }
  }

  // The text ends before the brace: the place to look at is where the placeholder begins.
  void fail_unclosed() { fail("a placeholder opened by ${ is not closed by }", begin_ - 2); }

  std::string read_name() {
    const std::size_t from = place_;
    while (is_letter(peek()) || is_digit(peek()) || (peek() == '-' && place_ > from)) {
      ++place_;
    }
    return std::string(text_.substr(from, place_ - from));
  }

  void read_quoted_text(Placeholder& read) {
    const std::size_t from = place_;
    std::string text;
    read_quoted(text);
    if (mistake_) {
      return;
    }
    boost::system::result<Text, TemplateMistake> parsed = Text::parse(text);
    if (!parsed) {
      return fail(parsed.error().what, std::min(from + 1 + parsed.error().offset, place_));
    }
    if (parsed->has_quoted()) {
      return fail("a quoted text in a placeholder holds another one: write one text", from);
    }
    read.quoted = std::make_shared<const Text>(*std::move(parsed));
  }

  void read_path(Placeholder& read) {
    if (at_end()) {
      return fail_unclosed();
    }
    if (!is_letter(peek())) {
      return fail(peek() == '}' || peek() == '|' ? "a placeholder names no value: write ${contact.name}, for example"
                                                 : "a placeholder begins with a name such as contact or activity",
                  place_);
    }
    read.root = read_name();
    while (peek() == '.') {
      ++place_;
      read.members.push_back(read_name());
      if (read.members.back().empty()) {
        return at_end() ? fail_unclosed() : fail("a name is missing after the dot in a placeholder", place_);
      }
    }
  }

  void read_pointer(Placeholder& read) {
    if (peek() != '/') {
      return;
    }
    const std::size_t from = place_;
    place_ = std::min(text_.find_first_of("|}", place_), text_.size());
    std::string_view pointer = text_.substr(from, place_ - from);
    pointer = pointer.substr(0, pointer.find_last_not_of(blanks) + 1);
    for (std::size_t i = 0; i < pointer.size(); ++i) {
      if (pointer[i] == '~' && (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1'))) {
        return fail("in a JSON pointer a ~ is written ~0, and a / within a name ~1", from + i);
      }
    }
    read.pointer = pointer;
  }

  void read_filter(Placeholder& read) {
    skip_blanks();
    const std::size_t from = place_;
    FilterCall call;
    call.name = read_name();
    if (call.name.empty()) {
      return at_end() ? fail_unclosed() : fail("a filter's name is missing after the bar", place_);
    }
    for (skip_blanks(); !at_end() && peek() != '|' && peek() != '}' && !mistake_; skip_blanks()) {
      call.arguments.push_back(read_argument());
    }
    if (mistake_) {
      return;
    }
    if (at_end()) {
      return fail_unclosed();
    }
    if (std::string what = filter_mistake(call.name, call.arguments); !what.empty()) {
      return fail(std::move(what), from);
    }
    read.filters.push_back(std::move(call));
  }

  // Quotes count at the beginning of an argument and behind its `=`; doubled they stand for themselves inside.
  std::string read_argument() {
    std::string argument;
    bool may_quote = true;
    while (!at_end() && blanks.find(peek()) == std::string_view::npos && peek() != '|' && peek() != '}') {
      if (may_quote && (peek() == '"' || peek() == '\'')) {
        read_quoted(argument);
        may_quote = false;
        continue;
      }
      may_quote = peek() == '=';
      argument += text_[place_++];
    }
    return argument;
  }

  void read_quoted(std::string& argument) {
    const char quote = peek();
    const std::size_t from = place_++;
    while (!at_end()) {
      const char c = text_[place_++];
      if (c != quote) {
        argument += c;
      } else if (peek() == quote) {
        argument += quote;
        ++place_;
      } else {
        return;
      }
    }
    fail("a quoted argument is not closed", from);
  }

  void read_end() {
    if (at_end()) {
      return fail_unclosed();
    }
    if (peek() != '}') {
      return fail(std::string("unexpected ") + peek() + " in a placeholder: a filter is written behind a bar |",
                  place_);
    }
    ++place_;
  }

  std::string_view text_;
  std::size_t begin_;
  std::size_t place_;
  std::optional<TemplateMistake> mistake_;
};

}  // namespace

void throw_exception_from_error(const TemplateMistake& mistake, const boost::source_location&) {
  throw std::invalid_argument(mistake.what + " (at byte " + std::to_string(mistake.offset) + ")");
}

Text::Text(std::string literal) {
  if (!literal.empty()) {
    parts_.emplace_back(std::move(literal));
  }
}

boost::system::result<Text, TemplateMistake> Text::parse(std::string_view text) {
  Text parsed;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) {
      parsed.parts_.emplace_back(std::exchange(literal, {}));
    }
  };
  std::size_t place = 0;
  while (place < text.size()) {
    const std::size_t dollar = std::min(text.find('$', place), text.size());
    literal += text.substr(place, dollar - place);
    const std::string_view rest = text.substr(dollar);
    if (rest.starts_with("${")) {
      end_literal();
      PlaceholderReader reader(text, dollar + 2);
      std::optional<Placeholder> placeholder = reader.read();
      if (!placeholder) {
        return reader.mistake();
      }
      parsed.parts_.emplace_back(std::move(*placeholder));
      place = reader.place();
    } else {
      literal += rest.substr(0, 1);
      place = dollar + (rest.starts_with("$$") ? 2 : 1);
    }
  }
  end_literal();
  return parsed;
}

std::vector<const Placeholder*> Text::placeholders() const {
  std::vector<const Placeholder*> found;
  for (const auto& part : parts_) {
    const auto* placeholder = std::get_if<Placeholder>(&part);
    if (placeholder != nullptr && placeholder->quoted) {
      const std::vector<const Placeholder*> inner = placeholder->quoted->placeholders();
      found.insert(found.end(), inner.begin(), inner.end());
    } else if (placeholder != nullptr) {
      found.push_back(placeholder);
    }
  }
  return found;
}

bool Text::has_quoted() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) {
    const auto* placeholder = std::get_if<Placeholder>(&part);
    return placeholder != nullptr && placeholder->quoted;
  });
}

}  // namespace elit::crm
