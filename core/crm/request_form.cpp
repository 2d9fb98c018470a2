#include "core/crm/request_form.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iterator>

#include "core/ascii.hpp"
#include "core/crm/filters.hpp"
#include "core/letter_case.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/url.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

std::string pairs_text(const json::value& body) {
  std::string text;
  if (const json::object* members = body.if_object()) {
    for (const auto& member : *members) {
      if (!member.value().is_null()) {
        text += text.empty() ? "" : "&";
        text +=
            percent_encode({member.key().data(), member.key().size()}) + '=' + percent_encode(text_of(member.value()));
      }
    }
  }
  return text;
}

std::string lines_text(const json::value& body) {
  std::string text;
  if (const json::array* elements = body.if_array()) {
    for (const json::value& element : *elements) {
      text += json::serialize(element) + '\n';
    }
  }
  return text;
}

struct Written {
  std::string body;
  const char* content_type;
};

Written write_body(BodyFormat format, const json::value& body) {
  switch (format) {
    case BodyFormat::json:
      return {json::serialize(body), "application/json"};
    case BodyFormat::form:
      return {pairs_text(body), "application/x-www-form-urlencoded"};
    case BodyFormat::ndjson:
      return {lines_text(body), "application/x-ndjson"};
    case BodyFormat::none:
      break;
  }
  return {"", nullptr};
}

std::string header_value(const std::string& text) {
  std::string value;
  std::remove_copy_if(text.begin(), text.end(), std::back_inserter(value), is_control);
  return value;
}

}  // namespace

CrmRequest put_together(RequestForm form) {
  std::string url = std::move(form.base_url) + form.path;
  for (const auto& [name, value] : form.query) {
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += percent_encode(name) + '=' + percent_encode(value);
  }
  Endpoint endpoint = split_url(url);
  CrmRequest made;
  made.base_url = std::move(endpoint.base_url);
  made.request.method = std::move(form.method);
  made.request.target = std::move(endpoint.target);
  bool has_type = false;
  for (const auto& [name, value] : form.headers) {
    has_type = has_type || equal_without_case(name, "Content-Type");
    made.request.headers.push_back({name, header_value(value)});
  }
  Written written = write_body(form.format, form.body);
  if (written.content_type != nullptr && !has_type) {
    made.request.headers.push_back({"Content-Type", written.content_type});
  }
  made.request.body = std::move(written.body);
  return made;
}

std::vector<std::pair<std::string, std::string>> texts_of(const std::vector<std::pair<std::string, Text>>& texts,
                                                          const Scope& scope) {
  std::vector<std::pair<std::string, std::string>> filled;
  for (const auto& [name, text] : texts) {
    if (std::string value = text.text(scope); !value.empty()) {
      filled.emplace_back(name, std::move(value));
    }
  }
  return filled;
}

void add_credential(RequestForm& form, const Credential& credential, const Scope& scope) {
  const auto append = [&scope](auto& to, const auto& texts) {
    const auto filled = texts_of(texts, scope);
    to.insert(to.end(), filled.begin(), filled.end());
  };
  append(form.headers, credential.headers);
  append(form.query, credential.query);
}

std::string base_url_of(const SinkDesign& design, const CredentialValues& values) {
  const json::object* token = values.token.if_object();
  const json::value* named = token == nullptr ? nullptr : token->if_contains("base_url");
  std::string url = named != nullptr && named->is_string() && !named->get_string().empty()
                        ? std::string(named->get_string().data(), named->get_string().size())
                        : design.base_url;
  while (!url.empty() && url.back() == '/') {
    url.pop_back();
  }
  return url;
}

}  // namespace elit::crm
