#include "core/text/link_text.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "core/ascii.hpp"

namespace elit {
namespace {

constexpr std::size_t token_size_min = 8;
constexpr std::size_t long_token_size_min = 16;
constexpr std::size_t extension_size_max = 5;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_letter(char c) {
  return is_lower(c) || is_upper(c);
}

bool is_scheme_character(char c) {
  return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

// The size of the character at `place` if it ends a link; 0 if it does not.
std::size_t end_size(std::string_view text, std::size_t place) {
  const char c = text[place];
  if (static_cast<unsigned char>(c) <= 0x20 || std::string_view("\"'<>`{}|\\^").find(c) != std::string_view::npos) {
    return 1;
  }
  // Blanks beyond ASCII: no-break space, those of U+2000 to U+200B, the ideographic space.
  const std::string_view rest = text.substr(place);
  if (rest.starts_with("\xC2\xA0")) {
    return 2;
  }
  const bool typographic =
      rest.starts_with("\xE2\x80") && rest.size() > 2 && static_cast<unsigned char>(rest[2]) <= 0x8B;
  return typographic || rest.starts_with("\xE3\x80\x80") ? 3 : 0;
}

// Whether another link begins behind a comma or semicolon at `place`.
bool separates_links(std::string_view text, std::size_t place) {
  if (text[place] != ',' && text[place] != ';') {
    return false;
  }
  std::size_t next = place + 1;
  while (next < text.size() && is_scheme_character(text[next])) {
    ++next;
  }
  return next > place + 1 && text.substr(next).starts_with("://");
}

struct Link {
  std::size_t path = 0;  // behind the host
  std::size_t end = 0;
};

bool begins_word(std::string_view text, std::size_t place) {
  return place == 0 || (!is_alphanumeric(text[place - 1]) && text[place - 1] != ':' && text[place - 1] != '/' &&
                        static_cast<unsigned char>(text[place - 1]) < 0x80);
}

bool starts_with_www(std::string_view text) {
  const auto is_w = [](char c) { return c == 'w' || c == 'W'; };
  return text.size() > 4 && std::all_of(text.begin(), text.begin() + 3, is_w) && text[3] == '.';
}

// Where the host begins of the link that has its mark at `place`; absent when there is no mark.
std::optional<std::size_t> host_behind(std::string_view text, std::size_t place) {
  const std::string_view rest = text.substr(place);
  if (rest.starts_with("://")) {
    return place > 0 && is_alphanumeric(text[place - 1]) ? std::optional(place + 3) : std::nullopt;
  }
  if (rest.starts_with("//") && rest.size() > 2 && is_alphanumeric(rest[2])) {
    return begins_word(text, place) ? std::optional(place + 2) : std::nullopt;
  }
  return starts_with_www(rest) && begins_word(text, place) ? std::optional(place) : std::nullopt;
}

// The first link at or after `from`.
std::optional<Link> find_link(std::string_view text, std::size_t from) {
  for (std::size_t place = text.find_first_of(":/wW", from); place != std::string_view::npos;
       place = text.find_first_of(":/wW", place + 1)) {
    const std::optional<std::size_t> host = host_behind(text, place);
    if (!host) {
      continue;
    }
    Link link{.path = *host, .end = *host};
    while (link.end < text.size() && end_size(text, link.end) == 0 && !separates_links(text, link.end)) {
      ++link.end;
    }
    link.path = std::min(text.find_first_of("/?#", *host), link.end);
    return link;
  }
  return std::nullopt;
}

// What a segment consists of.
struct Makeup {
  int digits = 0;
  int lower = 0;
  int upper = 0;
  int changes = 0;  // between digits and letters
  bool hex = true;
  bool assigns = false;  // `=`
};

Makeup makeup_of(std::string_view segment) {
  Makeup makeup;
  int before = 0;  // 1: a digit, 2: a letter
  for (const char c : segment) {
    const int kind = is_digit(c) ? 1 : is_letter(c) ? 2 : 0;
    makeup.digits += kind == 1 ? 1 : 0;
    makeup.lower += is_lower(c) ? 1 : 0;
    makeup.upper += is_upper(c) ? 1 : 0;
    makeup.changes += kind != 0 && before != 0 && kind != before ? 1 : 0;
    makeup.hex = makeup.hex && (hex_value(c) >= 0 || c == '-');
    makeup.assigns = makeup.assigns || c == '=';
    before = kind != 0 ? kind : before;
  }
  return makeup;
}

// Words and names are kept, whatever else could have been computed is not. A name that is taken for a token costs
// little: equal keys of different messages are told apart by their number.
bool looks_computed(std::string_view segment) {
  if (segment.size() < token_size_min) {
    return false;
  }
  const Makeup makeup = makeup_of(segment);
  const int letters = makeup.lower + makeup.upper;
  const bool is_number = letters == 0 && makeup.digits >= static_cast<int>(token_size_min);
  const bool is_digest = makeup.hex && makeup.digits > 0;
  const bool is_mixed =
      makeup.digits > 0 && letters > 0 && (makeup.changes > 2 || (makeup.lower > 0 && makeup.upper > 0));
  const bool is_long =
      segment.size() >= long_token_size_min && (makeup.digits > 0 || (makeup.lower > 2 && makeup.upper > 2));
  return makeup.assigns || is_number || is_digest || is_mixed || is_long;
}

bool has_extension(std::string_view segment) {
  const std::size_t dot = segment.rfind('.');
  if (dot == std::string_view::npos || dot == 0) {
    return false;
  }
  const std::string_view extension = segment.substr(dot + 1);
  return !extension.empty() && extension.size() <= extension_size_max &&
         std::all_of(extension.begin(), extension.end(), is_alphanumeric);
}

// `path` begins with a slash or is empty.
void append_stable_path(std::string& out, std::string_view path) {
  while (!path.empty()) {
    out += '/';
    path.remove_prefix(1);
    const std::size_t size = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, size);
    const bool is_file = size == path.size() && has_extension(segment);
    out += !is_file && looks_computed(segment) ? std::string_view("*") : segment;
    path.remove_prefix(size);
  }
}

// Copies `text`, with `write(path)` in place of what stands behind the host of each link.
template <class Write>
std::string rewrite_links(std::string_view text, Write write) {
  std::string out;
  out.reserve(text.size());
  std::size_t done = 0;
  while (const std::optional<Link> link = find_link(text, done)) {
    out += text.substr(done, link->path - done);
    const std::string_view tail = text.substr(link->path, link->end - link->path);
    write(out, tail.substr(0, tail.find_first_of("?#")));
    done = link->end;
  }
  out += text.substr(done);
  return out;
}

}  // namespace

bool may_hold_link(std::string_view text) {
  return find_link(text, 0).has_value();
}

std::string without_signatures(std::string_view text) {
  return rewrite_links(text, append_stable_path);
}

std::string with_bare_links(std::string_view text) {
  return rewrite_links(text, [](std::string&, std::string_view) {});
}

}  // namespace elit
