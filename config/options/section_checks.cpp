#include "config/options/section_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "config/yaml/scalars.hpp"
#include "core/text/url.hpp"

namespace elit::config {
namespace {

void check_order(Milliseconds small, const std::string& small_key, Milliseconds large, const std::string& large_key,
                 const ReadMap& map) {
  if (large >= small || !map.sound(small_key) || !map.sound(large_key)) {
    return;
  }
  if (map.present(large_key)) {
    map.report(large_key, fmt::format("must be at least {}, which is {}", small_key, duration_text(small)));
  } else {
    map.report(small_key, fmt::format("is more than {}, which is {} by default: set {} too", large_key,
                                      duration_text(large), large_key));
  }
}

void check_encryption(const std::string& url, const char* key, const TransportOptions& transport, const ReadMap& map) {
  const Result<Url> parsed = Url::parse(url);
  if (map.sound(key) && parsed && parsed->is_cleartext() && !transport.insecure_http) {
    map.report(key, "is http:// to another host: use https://, or allow it with insecure_http: true");
  }
}

// Reports every name that `list` has a second time.
template <class Elements>
void check_names(const Elements& elements, const char* list, const ReadMap& map) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t index = 0; index < elements.size(); ++index) {
    const std::string key = fmt::format("{}[{}].name", list, index);
    const std::string& name = elements[index].name;
    if (name.empty() || !map.sound(key)) {
      continue;
    }
    const auto [first, is_new] = seen.emplace(name, index);
    if (!is_new) {
      map.report(key, fmt::format("\"{}\" is already the name of {}[{}]", name, list, first->second));
    }
  }
}

void check_directories(const Options& options, const ReadMap& map) {
  std::map<std::string, std::string> seen{{options.state_directory, "state.directory"}};
  for (std::size_t index = 0; index < options.sinks.size(); ++index) {
    const SinkOptions& sink = options.sinks[index];
    const std::string key = fmt::format("sinks[{}].directory", index);
    if (sink.type != SinkType::file || sink.directory.empty() || !map.sound(key)) {
      continue;
    }
    const auto [first, is_new] = seen.emplace(sink.directory, key);
    if (!is_new) {
      map.report(key, fmt::format("is the same directory as {}: give each its own", first->second));
    }
  }
}

}  // namespace

void check_poll(const PollOptions& poll, const ReadMap& map) {
  check_order(poll.interval, "interval", poll.max_staleness, "max_staleness", map);
}

void check_retry(const RetryOptions& retry, const ReadMap& map) {
  check_order(retry.first, "first", retry.max, "max", map);
}

void check_api(const DialectOptions& api, const ReadMap& map) {
  using Parameter = std::pair<const char*, const std::string*>;
  const std::array<Parameter, 4> conversations{{{"start_date_parameter", &api.start_date_parameter},
                                                {"end_date_parameter", &api.end_date_parameter},
                                                {"page_number_parameter", &api.page_number_parameter},
                                                {"page_size_parameter", &api.page_size_parameter}}};
  const std::array<Parameter, 3> users{{{"attribute_name_parameter", &api.attribute_name_parameter},
                                        {"attribute_value_parameter", &api.attribute_value_parameter},
                                        {"users_page_parameter", &api.users_page_parameter}}};
  const auto check_distinct = [&](const auto& parameters) {
    std::map<std::string, const char*> seen;
    for (const auto& [key, name] : parameters) {
      const auto [first, is_new] = seen.emplace(*name, key);
      if (!is_new && map.sound(key) && map.sound(first->second)) {
        const bool at_first = !map.present(key);
        map.report(at_first ? first->second : key,
                   fmt::format("is the same parameter as {}", at_first ? key : first->second));
      }
    }
  };
  check_distinct(conversations);
  check_distinct(users);
}

void check_source(const SourceOptions& source, const ReadMap& map) {
  check_encryption(source.base_url, "base_url", source.transport, map);
  std::map<std::pair<std::string, std::string>, std::size_t> seen;
  for (std::size_t index = 0; index < source.audiences.size(); ++index) {
    const Audience& audience = source.audiences[index];
    const std::string key = fmt::format("audiences[{}]", index);
    const auto [first, is_new] = seen.emplace(std::pair{audience.attribute, audience.value}, index);
    if (!is_new && map.sound(key)) {
      map.report(key, fmt::format("is the same audience as audiences[{}]", first->second));
    }
  }
}

void check_sink(const SinkOptions& sink, const ReadMap& map) {
  if (sink.type == SinkType::http) {
    check_encryption(sink.url, "url", sink.transport, map);
  }
}

void check_options(const Options& options, const ReadMap& map) {
  check_names(options.sources, "sources", map);
  check_names(options.sinks, "sinks", map);
  check_directories(options, map);
}

}  // namespace elit::config
