#include <array>
#include <utility>

#include "core/check.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/text/base64.hpp"
#include "core/text/percent_encoding.hpp"

namespace elit::elitbuzz {
namespace {

// Builds a request target: fills in a path template, then appends query parameters.
class Target {
 public:
  Target(std::string_view path_template, const SourceOptions& source, std::string_view user_id) {
    const std::array<std::pair<std::string_view, std::string_view>, 3> placeholders{
        {{"{customer_id}", source.customer_id}, {"{bot_key}", source.bot_key}, {"{user_id}", user_id}}};
    if (!path_template.starts_with('/')) {
      text_ += '/';
    }
    while (!path_template.empty()) {
      std::size_t taken = 0;
      for (const auto& [name, value] : placeholders) {
        if (path_template.starts_with(name)) {
          text_ += percent_encode_segment(value);
          taken = name.size();
        }
      }
      if (taken == 0) {
        text_ += path_template.front();
        taken = 1;
      }
      path_template.remove_prefix(taken);
    }
  }

  // A parameter without a name was switched off by the operator.
  void add(std::string_view name, std::string_view value) {
    if (name.empty()) {
      return;
    }
    text_ += text_.find('?') == std::string::npos ? '?' : '&';
    text_ += percent_encode(name);
    text_ += '=';
    text_ += percent_encode(value);
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// The raw key follows `Basic`, not the base64 of a user and a password (api.md section 1.3).
HttpRequest get(std::string target, const SourceOptions& source, std::string_view api_key) {
  const std::string credential = source.api.authorization == "base64" ? base64_encode(api_key) : std::string(api_key);
  HttpRequest request;
  request.method = "GET";
  request.target = std::move(target);
  request.headers = {{"Authorization", "Basic " + credential}, {"Accept", "application/json"}};
  return request;
}

}  // namespace

HttpRequest users_request(const SourceOptions& source, const Audience& audience, std::optional<int> page,
                          std::string_view api_key) {
  const DialectOptions& dialect = source.api;
  Target target(dialect.users_path, source, {});
  target.add(dialect.attribute_name_parameter, audience.attribute);
  target.add(dialect.attribute_value_parameter, audience.value);
  if (page) {
    target.add(dialect.users_page_parameter, std::to_string(*page));
  }
  return get(target.take(), source, api_key);
}

HttpRequest conversations_request(const SourceOptions& source, std::string_view user_id, Instant start, Instant end,
                                  int page_number, int page_size, std::string_view api_key) {
  check(!user_id.empty(), "a conversations request needs a user id");
  check(start >= earliest_instant && start < end, "a conversations request needs a window of positive length");
  check(page_number >= 1 && page_size >= 1, "pages are numbered from 1 and hold at least one row");
  const DialectOptions& dialect = source.api;
  Target target(dialect.conversations_path, source, user_id);
  target.add(dialect.start_date_parameter, std::to_string(to_ms(start)));
  target.add(dialect.end_date_parameter, std::to_string(to_ms(end)));
  target.add(dialect.page_number_parameter, std::to_string(page_number));
  target.add(dialect.page_size_parameter, std::to_string(page_size));
  return get(target.take(), source, api_key);
}

}  // namespace elit::elitbuzz
