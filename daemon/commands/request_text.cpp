#include "daemon/commands/request_text.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "core/letter_case.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"

namespace elit::daemon {
namespace {

bool is_sent_as_json(const RenderedRequest& request) {
  const auto declares = [](const HttpHeader& header) {
    return equal_without_case(header.name, "Content-Type") && header.value.find("json") != std::string::npos &&
           header.value.find("ndjson") == std::string::npos;
  };
  return std::any_of(request.headers.begin(), request.headers.end(), declares) && is_json(request.body);
}

void begin_line(std::string& out, std::size_t depth) {
  out += '\n';
  out.append(2 * depth, ' ');
}

// Breaks the document into indented lines; strings and numbers stay byte for byte. Requires: is_json(text).
std::string laid_out(std::string_view text) {
  std::string out;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (const std::size_t size = json_scalar_size(text.substr(i)); size > 0) {
      out += text.substr(i, size);
      i += size;
      continue;
    }
    if (c == '{' || c == '[') {
      out += c;
      const std::string_view rest = text.substr(i + 1);
      const std::size_t next = rest.find_first_not_of(" \t\r\n");
      if (rest[next] == '}' || rest[next] == ']') {
        out += rest[next];
        i += next + 2;
        continue;
      }
      begin_line(out, ++depth);
    } else if (c == '}' || c == ']') {
      begin_line(out, --depth);
      out += c;
    } else if (c == ',') {
      out += c;
      begin_line(out, depth);
    } else if (c == ':') {
      out += ": ";
    }
    ++i;
  }
  return out;
}

std::string headers_json(const std::vector<HttpHeader>& headers) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const HttpHeader& header : headers) {
    const auto same = std::find_if(members.begin(), members.end(), [&header](const auto& member) {
      return equal_without_case(member.first, header.name);
    });
    if (same != members.end()) {
      same->second += ", " + header.value;
    } else {
      members.emplace_back(header.name, header.value);
    }
  }
  std::string text;
  for (const auto& [name, value] : members) {
    text += (text.empty() ? "" : ",") + json_quote(name) + ':' + json_quote(value);
  }
  return '{' + text + '}';
}

}  // namespace

std::string to_text(const std::vector<RenderedRequest>& requests) {
  std::string text;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const RenderedRequest& request = requests[i];
    text += i > 0 ? "\n" : "";
    text += "# " + std::to_string(i + 1) + '/' + std::to_string(requests.size()) + ' ' + request.step;
    text += request.kind.empty() ? "" : " (" + request.kind + ')';
    text += request.content.empty() ? "" : ": " + request.content;
    text += '\n' + request.method + ' ' + request.url + '\n';
    for (const HttpHeader& header : request.headers) {
      text += header.name + ": " + header.value + '\n';
    }
    if (!request.body.empty()) {
      text += '\n' + (is_sent_as_json(request) ? laid_out(request.body) : request.body);
      text += text.ends_with('\n') ? "" : "\n";
    }
  }
  return text;
}

std::string to_json(const std::string& sink, std::size_t messages, const std::vector<RenderedRequest>& requests) {
  std::string list;
  for (const RenderedRequest& request : requests) {
    list += (list.empty() ? "" : ",") + ("{\"step\":" + json_quote(request.step));
    list += ",\"method\":" + json_quote(request.method) + ",\"url\":" + json_quote(request.url);
    list += ",\"headers\":" + headers_json(request.headers);
    list += ",\"body\":" + (is_sent_as_json(request) ? request.body : json_quote(request.body)) + '}';
  }
  return "{\"sink\":" + json_quote(sink) + ",\"messages\":" + std::to_string(messages) + ",\"requests\":[" + list +
         "]}";
}

}  // namespace elit::daemon
