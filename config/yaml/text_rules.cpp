#include "config/yaml/text_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "core/letter_case.hpp"
#include "core/text/url.hpp"

namespace elit::config {
namespace {

using Problem = std::optional<std::string>;

constexpr std::string_view lower_letters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view digits = "0123456789";

bool is_one_of(char byte, std::initializer_list<std::string_view> sets) {
  return std::any_of(sets.begin(), sets.end(),
                     [byte](std::string_view set) { return set.find(byte) != std::string_view::npos; });
}

bool is_word(char byte, std::string_view more) {
  return is_one_of(byte, {lower_letters, upper_letters, digits, more});
}

Problem name_problem(const std::string& text) {
  if (text.empty() || text.size() > 63) {
    return "must have 1 to 63 characters";
  }
  const bool sound = std::all_of(text.begin(), text.end(), [](char byte) {
    return is_one_of(byte, {lower_letters, digits, "-"});
  });
  return sound ? Problem{} : "may hold only lower-case letters a-z, digits and '-'";
}

Problem identifier_problem(const std::string& text) {
  if (text.empty() || text.size() > 200) {
    return "must have 1 to 200 characters";
  }
  const bool sound = std::all_of(text.begin(), text.end(), [](char byte) { return is_word(byte, "-_.~"); });
  if (!sound || text == "." || text == "..") {
    return "may hold only letters, digits and - _ . ~, as it becomes a part of the URL";
  }
  return {};
}

Problem any_text_problem(const std::string& text) {
  return text.empty() ? Problem("must not be empty") : Problem{};
}

Problem url_problem(const std::string& text) {
  const Result<Url> url = Url::parse(text);
  return url ? Problem{} : url.error().detail;
}

Problem base_url_problem(const std::string& text) {
  const Result<Url> url = Url::parse(text);
  if (!url) {
    return url.error().detail;
  }
  return url->has_query ? Problem("must not have a query (?...)") : Problem{};
}

Problem proxy_problem(const std::string& text) {
  const Result<Url> url = Url::parse(text);
  if (!url) {
    return url.error().detail;
  }
  const bool bare = !url->has_query && (url->path.empty() || url->path == "/");
  return !url->tls && url->names_port && bare ? Problem{} : "must have the form http://host:port";
}

// The placeholders {name} of a template; a brace without a partner is a problem.
Problem collect_placeholders(const std::string& text, std::vector<std::string>& names) {
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '}') {
      return "holds a '}' without its '{'";
    }
    if (text[index] != '{') {
      continue;
    }
    const std::size_t end = text.find_first_of("{}", index + 1);
    if (end == std::string::npos || text[end] == '{') {
      return "holds a '{' without its '}'";
    }
    names.push_back(text.substr(index + 1, end - index - 1));
    index = end;
  }
  return {};
}

Problem template_problem(const std::string& text, std::initializer_list<std::string_view> known,
                         std::initializer_list<std::string_view> needed) {
  if (!text.starts_with('/')) {
    return "must begin with '/'";
  }
  std::vector<std::string> names;
  if (Problem problem = collect_placeholders(text, names)) {
    return problem;
  }
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return fmt::format("holds a placeholder that is not known here; known are {{{}}}", fmt::join(known, "}, {"));
    }
  }
  for (const std::string_view name : needed) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return fmt::format("lacks the placeholder {{{}}}", name);
    }
  }
  const bool sound =
      std::all_of(text.begin(), text.end(), [](char byte) { return is_word(byte, "/{}-._~!$&'()*+,;=:@%"); });
  return sound ? Problem{} : "may hold only characters of a URL path, without '?', '#' or blanks";
}

Problem users_path_problem(const std::string& text) {
  return template_problem(text, {"customer_id", "bot_key"}, {});
}

Problem conversations_path_problem(const std::string& text) {
  return template_problem(text, {"customer_id", "bot_key", "user_id"}, {"user_id"});
}

Problem parameter_or_none_problem(const std::string& text) {
  const bool sound =
      text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char byte) { return is_word(byte, "-_."); });
  return sound ? Problem{} : "may hold only letters, digits and - _ .";
}

Problem parameter_problem(const std::string& text) {
  return text.empty() ? Problem("must not be empty") : parameter_or_none_problem(text);
}

Problem json_pointer_problem(const std::string& text) {
  if (!text.empty() && text.front() != '/') {
    return "must be a JSON pointer: empty, or beginning with '/', such as /data/users";
  }
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char next = index + 1 < text.size() ? text[index + 1] : ' ';
    if (text[index] == '~' && next != '0' && next != '1') {
      return "must be a JSON pointer: '~' is written ~0, and '/' inside a name ~1";
    }
  }
  return {};
}

}  // namespace

namespace rules {

const TextRule name{"lower-case letters, digits and '-'", "^[a-z0-9-]{1,63}$", name_problem};
const TextRule identifier{"letters, digits and - _ . ~", "^[A-Za-z0-9._~-]{1,200}$", identifier_problem};
const TextRule any_text{"text", "^.+$", any_text_problem};
const TextRule audience_value{"text", "^.+$", any_text_problem, true};
const TextRule base_url{"an https URL without query", "^[Hh][Tt][Tt][Pp][Ss]?://[^?#@]+$", base_url_problem};
const TextRule url{"an https URL", "^[Hh][Tt][Tt][Pp][Ss]?://[^#]+$", url_problem};
const TextRule proxy{"http://host:port", "^[Hh][Tt][Tt][Pp]://[^?#@/]+:[0-9]+/?$", proxy_problem};
const TextRule users_path{"a path, perhaps with {customer_id} and {bot_key}", "^/[^?# ]*$", users_path_problem};
const TextRule conversations_path{"a path with {user_id}, perhaps {customer_id} and {bot_key}", "^/[^?# ]*$",
                                  conversations_path_problem};
const TextRule parameter{"the name of a query parameter", "^[A-Za-z0-9._-]{1,100}$", parameter_problem};
const TextRule parameter_or_none{"the name of a query parameter, or empty", "^[A-Za-z0-9._-]{0,100}$",
                                 parameter_or_none_problem};
const TextRule json_pointer{"a JSON pointer, or empty", "^(/([^~]|~[01])*)?$", json_pointer_problem};

}  // namespace rules

std::optional<std::string> header_name_problem(const std::string& name) {
  const bool token = !name.empty() &&
                     std::all_of(name.begin(), name.end(), [](char byte) { return is_word(byte, "!#$%&'*+-.^_`|~"); });
  if (!token) {
    return "is no header name: letters, digits and '-' without blanks";
  }
  static constexpr std::array<std::string_view, 12> own{
      "host",       "content-length", "content-type",    "content-encoding", "transfer-encoding",
      "connection", "upgrade",        "accept-encoding", "expect",           "te",
      "trailer",    "idempotency-key"};
  if (std::find(own.begin(), own.end(), to_lower_case(name)) != own.end()) {
    return "is set by elitbuzz-sync itself: remove it";
  }
  static constexpr std::array<std::string_view, 2> of_signature{"x-elitbuzz-timestamp", "x-elitbuzz-signature"};
  if (std::find(of_signature.begin(), of_signature.end(), to_lower_case(name)) != of_signature.end()) {
    return "belongs to the signature of a request: remove it; sign: {secret: ...} makes both of its headers";
  }
  return {};
}

bool is_secret_header(const std::string& name) {
  const std::string text = to_lower_case(name);
  static constexpr std::array<std::string_view, 7> marks{"token",  "secret",        "key",   "password",
                                                         "cookie", "authorization", "passwd"};
  return std::any_of(marks.begin(), marks.end(),
                     [&](std::string_view mark) { return text.find(mark) != std::string::npos; });
}

bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return code < 0x20 || code == 0x7F;
  });
}

}  // namespace elit::config
