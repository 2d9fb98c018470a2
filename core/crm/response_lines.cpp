#include "core/crm/response_lines.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "core/crm/filters.hpp"
#include "core/letter_case.hpp"
#include "core/text/clean_text.hpp"
#include "core/text/html_text.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text_length.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

constexpr int depth_max = 8;

// Members by what they hold. Names are compared without case, hyphens and underscores.
constexpr auto text_names = std::to_array<std::string_view>(
    {"title", "header", "text", "message", "body", "caption", "description", "subtitle", "footer", "content"});
constexpr auto html_names = std::to_array<std::string_view>({"participationmessage"});
constexpr auto list_names =
    std::to_array<std::string_view>({"options", "buttons", "quickreplies", "suggestions", "choices", "templates",
                                     "cards", "elements", "items", "sections", "rows", "replies", "list"});
constexpr auto wrapper_names = std::to_array<std::string_view>(
    {"data", "payload", "interactive", "template", "attachment", "response", "action", "carousel", "card", "location",
     "listreply", "buttonreply", "reply", "parameters"});
constexpr auto label_names =
    std::to_array<std::string_view>({"title", "text", "label", "displaytext", "name", "value", "option"});
constexpr auto link_names = std::to_array<std::string_view>(
    {"url", "link", "mediaurl", "imageurl", "videourl", "audiourl", "fileurl", "documenturl"});

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

// Collects the lines of a structured response.
class LineCollector {
 public:
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

  [[nodiscard]] std::vector<TextLine> take() { return std::move(lines_); }

 private:
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
    for (const auto& member : object) {
      add_member(plain_name(member.key()), member.value(), depth, 0);
    }
  }

  void add_member(const std::string& name, const json::value& value, int depth, std::size_t indent) {
    if (value.is_string()) {
      const std::string_view text = value.get_string();
      if (has(html_names, name)) {
        add_text("", html_removed(text));
      } else if (has(text_names, name)) {
        add_text("", text);
      } else if (has(link_names, name) && is_web_url(text)) {
        lines_.push_back({"", clean_line(text)});
      } else if (has(wrapper_names, name) && text.starts_with('{')) {
        add_value(parsed(text).value_or(nullptr), depth + 1);
      }
    } else if (value.is_array() && (has(list_names, name) || has(text_names, name))) {
      add_options(value.get_array(), depth + 1, indent);
    } else if (value.is_object() && (has(wrapper_names, name) || has(text_names, name) || has(list_names, name))) {
      add_value(value, depth + 1);
    } else if (value.is_array() && has(wrapper_names, name)) {
      add_options(value.get_array(), depth + 1, indent);
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

  void add_option(const json::value& option, int depth, std::size_t indent) {
    if (depth > depth_max) {
      return;
    }
    const std::string mark = std::string(indent, ' ') + "- ";
    if (const json::object* object = option.if_object()) {
      add_option_object(*object, depth, indent);
    } else if (const json::array* list = option.if_array()) {
      add_options(*list, depth + 1, indent);
    } else if (const std::string text = clean_line(text_of(option)); !text.empty()) {
      lines_.push_back({mark + text, {}});
    }
  }

  // A button, a quick reply, a card or a section: its title, then what is in it.
  void add_option_object(const json::object& option, int depth, std::size_t indent) {
    TextLine line = label_of(option);
    const bool has_label = !line.text.empty() || !line.url.empty();
    if (has_label) {
      line.text.insert(0, std::string(indent, ' ') + "- ");
      lines_.push_back(std::move(line));
    }
    for (const auto& member : option) {
      const std::string name = plain_name(member.key());
      if (member.value().is_array() && has(list_names, name)) {
        add_options(member.value().get_array(), depth + 1, has_label ? indent + 2 : indent);
      } else if (!has_label && member.value().is_object()) {
        add_option(member.value(), depth + 1, indent);
      }
    }
  }

  // "Title: description" with a link.
  static TextLine label_of(const json::object& option) {
    TextLine line;
    for (const std::string_view wanted : label_names) {
      if (line.text.empty()) {
        line.text = member_text(option, wanted);
      }
    }
    for (const std::string_view more : {"subtitle", "description"}) {
      if (const std::string text = member_text(option, more); !text.empty() && text != line.text) {
        line.text += (line.text.empty() ? "" : ": ") + text;
      }
    }
    for (const std::string_view link : {"url", "link"}) {
      if (const std::string text = member_text(option, link); line.url.empty() && is_web_url(text)) {
        line.url = text;
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
  std::vector<TextLine> lines = collector.take();
  if (!lines.empty()) {
    return lines;
  }
  const std::string_view excerpt = text_beginning(text, json_excerpt_max, TextUnit::code_points);
  return plain_lines(excerpt.size() == text.size() ? text : std::string(excerpt) + "…");
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
  if (lines.empty()) {
    const std::string type = clean_line(message.type);
    lines.push_back({"[" + (type.empty() ? "no text" : type) + "]", {}});
  }
  return lines;
}

}  // namespace elit::crm
