#include "core/crm/response_lines.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/crm/filters.hpp"
#include "core/crm/link_kind.hpp"
#include "core/letter_case.hpp"
#include "core/text/clean_text.hpp"
#include "core/text/html_text.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text_length.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

constexpr int depth_max = 16;

// Members by what they hold. Names are compared without case, hyphens and underscores.
constexpr auto text_names = std::to_array<std::string_view>(
    {"title", "header", "text", "message", "body", "caption", "description", "subtitle", "footer", "content"});
constexpr auto html_names = std::to_array<std::string_view>({"participationmessage"});
constexpr auto list_names = std::to_array<std::string_view>(
    {"options", "buttons", "quickreplies", "suggestions", "choices", "templates", "cards", "elements", "items",
     "sections", "rows", "replies", "list", "components", "children", "subitems", "submenu", "columns", "slides"});
constexpr auto wrapper_names = std::to_array<std::string_view>(
    {"data", "payload", "interactive", "template", "attachment", "response", "action", "carousel", "card", "location",
     "listreply", "buttonreply", "reply", "parameters"});
constexpr auto label_names =
    std::to_array<std::string_view>({"title", "text", "label", "displaytext", "name", "value", "option"});
constexpr auto link_names = std::to_array<std::string_view>(
    {"url", "link", "mediaurl", "imageurl", "videourl", "audiourl", "fileurl", "documenturl"});
// Of a row: what was sent with its text.
constexpr auto attachment_names =
    std::to_array<std::string_view>({"attachment", "attachments", "file", "files", "media", "medias", "image", "images",
                                     "video", "videos", "audio", "audios", "document", "documents"});

template <std::size_t count>
bool has(const std::array<std::string_view, count>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string plain_name(std::string_view key) {
  std::string name = to_lower_case(key);
  name.erase(std::remove_if(name.begin(), name.end(), [](char c) { return c == '_' || c == '-' || c == ' '; }),
             name.end());
  return name;
}

bool is_web_url(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

std::optional<json::value> parsed(std::string_view text) {
  std::string storage;
  json::parse_options options;
  options.max_depth = json_depth_max;
  boost::system::error_code error;
  json::value value = json::parse(repair_json(text, storage), error, {}, options);
  return error ? std::nullopt : std::optional(std::move(value));
}

using Links = std::set<std::string, std::less<>>;

// Collects the lines of a structured response. Every web address in it is shown once.
class LineCollector {
 public:
  // The links that were shown before.
  explicit LineCollector(Links shown = {}) : shown_(std::move(shown)) {}

  // A value that stands for itself: texts are lines, lists are options.
  void add_value(const json::value& value, int depth) {
    if (depth > depth_max) {
      return;
    }
    if (const json::object* object = value.if_object()) {
      add_object(*object, depth);
    } else if (const json::array* list = value.if_array()) {
      add_options(*list, depth, 0);
    } else if (value.is_string()) {
      add_text("", std::string_view(value.get_string()));
    }
  }

  void add_options(const json::array& list, int depth, std::size_t indent) {
    for (const json::value& option : list) {
      add_option(option, depth, indent);
    }
  }

  // All web addresses in a value. `kind`: what they lead to, as far as it is known; empty: unknown.
  void add_links(const json::value& value, std::string_view kind, int depth, std::size_t indent) {
    if (depth > depth_max) {
      return;
    }
    if (const json::object* object = value.if_object()) {
      const std::string_view declared = declared_kind(*object);
      kind = declared.empty() ? kind : declared;
      for (const auto& member : *object) {
        const std::string_view named = kind_of_words(member.key());
        add_links(member.value(), named.empty() ? kind : named, depth + 1, indent);
      }
    } else if (const json::array* list = value.if_array()) {
      for (const json::value& element : *list) {
        add_links(element, kind, depth + 1, indent);
      }
    } else if (value.is_string()) {
      mere_links_ += add_link(std::string_view(value.get_string()), kind, indent) ? 1 : 0;
    }
  }

  // Whether there is more than web addresses in members of unknown names.
  [[nodiscard]] bool is_understood() const { return lines_.size() > mere_links_; }
  [[nodiscard]] std::vector<TextLine> take() { return std::move(lines_); }

 private:
  [[nodiscard]] bool is_shown(std::string_view url) const { return shown_.contains(url); }

  // False: it is no web address, or it was shown before.
  bool add_link(std::string_view text, std::string_view kind, std::size_t indent) {
    std::string url = clean_line(text);
    if (!is_web_url(url) || is_shown(url)) {
      return false;
    }
    shown_.insert(url);
    kind = kind_of_link(kind, url);
    lines_.push_back({std::string(indent, ' ') + std::string(kind) + (kind.empty() ? "" : ": "), std::move(url)});
    return true;
  }

  void add_text(std::string_view before, std::string_view text) {
    std::string clean = clean_text(text);
    for (std::size_t begin = 0; begin <= clean.size();) {
      const std::size_t end = std::min(clean.find('\n', begin), clean.size());
      if (const std::string line = clean.substr(begin, end - begin);
          line.find_first_not_of(" \t") != std::string::npos) {
        lines_.push_back({std::string(begin == 0 ? before : std::string_view()) + line, {}});
      }
      begin = end + 1;
    }
  }

  void add_object(const json::object& object, int depth) {
    add_place(object);
    const std::string_view declared = declared_kind(object);
    for (const auto& member : object) {
      const std::string name = plain_name(member.key());
      const std::string_view named = kind_of_words(name);
      add_member(name, member.value(), depth, named.empty() ? declared : named);
    }
  }

  // `kind`: of a link in it.
  void add_member(const std::string& name, const json::value& value, int depth, std::string_view kind) {
    constexpr std::size_t indent = 0;
    if (value.is_string()) {
      const std::string_view text = value.get_string();
      if (has(html_names, name)) {
        add_text("", html_removed(text));
      } else if (has(link_names, name) && is_web_url(text)) {
        static_cast<void>(add_link(text, kind, indent));
      } else if (has(text_names, name)) {
        add_text("", text);
      } else if (has(wrapper_names, name) && text.starts_with('{')) {
        add_value(parsed(text).value_or(nullptr), depth + 1);
      } else {
        add_links(value, kind, depth + 1, indent);
      }
    } else if (value.is_array() && (has(list_names, name) || has(text_names, name))) {
      add_options(value.get_array(), depth + 1, indent);
    } else if (value.is_object() && (has(wrapper_names, name) || has(text_names, name) || has(list_names, name))) {
      add_value(value, depth + 1);
    } else if (value.is_array() && has(wrapper_names, name)) {
      add_options(value.get_array(), depth + 1, indent);
    } else {
      add_links(value, kind, depth + 1, indent);
    }
  }

  void add_place(const json::object& object) {
    const auto number = [&](std::string_view name) {
      const json::value* value = object.if_contains(name);
      return value != nullptr && (value->is_number() || value->is_string()) ? clean_line(text_of(*value)) : "";
    };
    const std::string latitude = number("latitude");
    const std::string longitude = number("longitude");
    if (!latitude.empty() && !longitude.empty()) {
      lines_.push_back({"Location: " + latitude + ", " + longitude, {}});
    }
  }

  // `kind`: of a link in it.
  void add_option(const json::value& option, int depth, std::size_t indent, std::string_view kind = {}) {
    if (depth > depth_max) {
      return;
    }
    const std::string mark = std::string(indent, ' ') + "- ";
    if (const json::object* object = option.if_object()) {
      add_option_object(*object, depth, indent, kind);
    } else if (const json::array* list = option.if_array()) {
      add_options(*list, depth + 1, indent);
    } else if (const std::string text = clean_line(text_of(option)); is_web_url(text)) {
      lines_.push_back({mark, text});
    } else if (!text.empty()) {
      lines_.push_back({mark + text, {}});
    }
  }

  // A button, a quick reply, a card or a section: its title, then what is in it.
  void add_option_object(const json::object& option, int depth, std::size_t indent, std::string_view kind) {
    const std::string_view declared = declared_kind(option);
    kind = declared.empty() ? kind : declared;
    TextLine line = label_of(option, kind);
    if (!line.url.empty()) {
      shown_.insert(line.url);
    }
    const bool has_label = !line.text.empty() || !line.url.empty();
    if (has_label) {
      line.text.insert(0, std::string(indent, ' ') + "- ");
      lines_.push_back(std::move(line));
    }
    const std::size_t inner = has_label ? indent + 2 : indent;
    for (const auto& member : option) {
      const std::string name = plain_name(member.key());
      const json::value& value = member.value();
      const std::string_view named = kind_of_words(name);
      if (value.is_array() && has(list_names, name)) {
        add_options(value.get_array(), depth + 1, inner);
      } else if (value.is_object() && (!has_label || has(list_names, name))) {
        add_option(value, depth + 1, inner, named.empty() ? kind : named);
      } else {
        add_links(value, named.empty() ? kind : named, depth + 1, inner);
      }
    }
  }

  // "Title: description" with a link, or "Image Title: " with a link to a picture.
  TextLine label_of(const json::object& option, std::string_view kind) const {
    TextLine line;
    for (const std::string_view wanted : label_names) {
      if (const std::string text = member_text(option, wanted); line.text.empty() && !is_web_url(text)) {
        line.text = text;
      }
    }
    for (const std::string_view more : {"subtitle", "description"}) {
      if (const std::string text = member_text(option, more); !text.empty() && text != line.text) {
        line.text += (line.text.empty() ? "" : ": ") + text;
      }
    }
    for (const std::string_view link : {"url", "link"}) {
      const std::string text = member_text(option, link);
      if (line.url.empty() && is_web_url(text) && (!line.text.empty() || !is_shown(text))) {
        line.url = text;
        kind = kind.empty() && !line.text.empty() ? kind : kind_of_link(kind, text);
        line.text.insert(0, std::string(kind) + (kind.empty() || line.text.empty() ? "" : " "));
        line.text += line.text.empty() ? "" : ": ";
      }
    }
    return line;
  }

  static std::string member_text(const json::object& object, std::string_view wanted) {
    for (const auto& member : object) {
      const bool scalar = member.value().is_string() || member.value().is_number();
      if (scalar && plain_name(member.key()) == wanted) {
        return clean_line(text_of(member.value()));
      }
    }
    return {};
  }

  std::vector<TextLine> lines_;
  Links shown_;
  std::size_t mere_links_ = 0;  // lines
};

bool is_option_type(std::string_view type) {
  const std::string name = plain_name(type);
  return name.find("option") != std::string::npos || name.find("quickrepl") != std::string::npos;
}

// `[A, B]`, which is how the vendor prints lists of options (api.md section 3.2). One that has ", " in it cannot be
// told from two.
std::optional<std::vector<TextLine>> printed_list(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    return std::nullopt;
  }
  text = text.substr(1, text.size() - 2);
  std::vector<TextLine> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(", ", begin), text.size());
    if (const std::string option = clean_line(text.substr(begin, end - begin)); !option.empty()) {
      lines.push_back({"- " + option, {}});
    }
    begin = end + 2;
  }
  return lines.empty() ? std::nullopt : std::optional(std::move(lines));
}

std::vector<TextLine> plain_lines(std::string_view text) {
  std::vector<TextLine> lines;
  const std::string clean = clean_text(text);
  const std::size_t last = clean.find_last_not_of(" \t\n");
  const std::string_view kept = std::string_view(clean).substr(0, last == std::string::npos ? 0 : last + 1);
  for (std::size_t begin = kept.empty() ? 1 : 0; begin <= kept.size();) {
    const std::size_t end = std::min(kept.find('\n', begin), kept.size());
    lines.push_back({std::string(kept.substr(begin, end - begin)), {}});
    begin = end + 1;
  }
  return lines;
}

std::vector<TextLine> response_lines(const OutgoingMessage& message) {
  const std::string& text = message.text;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool structured = first != std::string::npos && (text[first] == '{' || text[first] == '[');
  // What a customer types is what it is, whatever it looks like.
  const bool typed = message.direction == Direction::in && (message.type.empty() || message.type == "TEXT");
  if (!structured || typed) {
    return plain_lines(text);
  }
  const std::optional<json::value> value = parsed(text);
  if (!value) {
    const auto options = is_option_type(message.type) ? printed_list(json_trim(text)) : std::nullopt;
    return options ? *options : plain_lines(text);
  }
  LineCollector collector;
  collector.add_value(*value, 0);
  const bool is_understood = collector.is_understood();
  std::vector<TextLine> found = collector.take();
  if (is_understood) {
    return found;
  }
  const std::string_view excerpt = text_beginning(text, json_excerpt_max, TextUnit::code_points);
  std::vector<TextLine> lines = plain_lines(excerpt.size() == text.size() ? text : std::string(excerpt) + "…");
  std::copy_if(found.begin(), found.end(), std::back_inserter(lines),
               [&](const TextLine& line) { return excerpt.find(line.url) == excerpt.npos; });
  return lines;
}

Links links_of(const std::vector<TextLine>& lines) {
  Links links;
  for (const TextLine& line : lines) {
    links.insert(line.url);
  }
  return links;
}

// Options that stand in the row beside its text.
void add_options_of_row(const json::value& raw, std::vector<TextLine>& lines) {
  const json::object* row = raw.if_object();
  if (row == nullptr) {
    return;
  }
  for (const auto& member : *row) {
    if (member.value().is_array() && has(list_names, plain_name(member.key()))) {
      LineCollector collector;
      collector.add_options(member.value().get_array(), 0, 0);
      for (TextLine& line : collector.take()) {
        if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
          lines.push_back(std::move(line));
        }
      }
    }
  }
}

// What else was sent with the row: its first medium is known already.
void add_attachments_of_row(const json::value& raw, std::vector<TextLine>& lines) {
  const json::object* row = raw.if_object();
  if (row == nullptr) {
    return;
  }
  for (const auto& member : *row) {
    const std::string name = plain_name(member.key());
    if (has(attachment_names, name)) {
      const json::string* text = member.value().if_string();
      const bool is_json = text != nullptr && (text->starts_with('{') || text->starts_with('['));
      const json::value value = is_json ? parsed(*text).value_or(nullptr) : member.value();
      LineCollector collector(links_of(lines));
      collector.add_links(value, kind_of_words(name), 0, 0);
      std::vector<TextLine> more = collector.take();
      std::move(more.begin(), more.end(), std::back_inserter(lines));
    }
  }
}

std::string_view media_name(std::string_view type) {
  if (type.starts_with("image/")) {
    return "Image: ";
  }
  if (type.starts_with("video/")) {
    return "Video: ";
  }
  return type.starts_with("audio/") ? "Audio: " : "File: ";
}

}  // namespace

std::vector<TextLine> message_lines(const OutgoingMessage& message, const json::value& raw) {
  std::vector<TextLine> lines = response_lines(message);
  add_options_of_row(raw, lines);
  if (message.media) {
    const std::string url = clean_line(message.media->url);
    const bool shown = std::any_of(lines.begin(), lines.end(), [&](const TextLine& line) { return line.url == url; });
    if (!url.empty() && !shown) {
      lines.push_back({std::string(media_name(to_lower_case(message.media->type))), url});
    }
  }
  add_attachments_of_row(raw, lines);
  if (lines.empty()) {
    const std::string type = clean_line(message.type);
    lines.push_back({"[" + (type.empty() ? "no text" : type) + "]", {}});
  }
  return lines;
}

}  // namespace elit::crm
