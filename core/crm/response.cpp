#include "core/crm/response.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>

#include "core/crm/filters.hpp"
#include "core/delivery/retry_after.hpp"
#include "core/text/excerpt.hpp"
#include "core/text/time_text.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

std::optional<std::string> narrowed(const Locator& at, std::string text) {
  return at.pattern ? at.pattern->first_group(text) : std::optional(std::move(text));
}

bool condition_holds(const Condition& condition, const ParsedResponse& response, const json::value* element) {
  const std::optional<std::string> value = value_at(condition.at, response, element);
  if (condition.present && *condition.present != value.has_value()) {
    return false;
  }
  if (condition.equals && value != *condition.equals) {
    return false;
  }
  if (condition.matches && !(value && condition.matches->matches(*value))) {
    return false;
  }
  return condition.one_of.empty() ||
         (value && std::find(condition.one_of.begin(), condition.one_of.end(), *value) != condition.one_of.end());
}

// What a status means where no rule of the preset speaks.
Verdict usual_verdict(const HttpResponse& response) {
  const int status = response.status;
  if (status == 401) {
    return Verdict::unauthorized;
  }
  if (status == 429 || (status == 503 && response.header("Retry-After"))) {
    return Verdict::throttled;
  }
  if (status == 403 || status == 405 || status == 415 || status == 501 || (status >= 300 && status < 400)) {
    return Verdict::misconfigured;
  }
  if (status == 413) {
    return Verdict::too_large;
  }
  if (status == 423 || status == 425 || status == 503) {
    return Verdict::retry;
  }
  if (status >= 400 && status < 500 && status != 408) {
    return Verdict::rejected_in_company;
  }
  return Verdict::unknown;
}

std::optional<Milliseconds> seconds_of(const std::optional<std::string>& text) {
  double seconds = 0;
  if (!text) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc{} || !(seconds >= 0) || seconds > 86'400) {
    return std::nullopt;
  }
  return Milliseconds{static_cast<Milliseconds::rep>(seconds * 1000)};
}

Milliseconds until_midnight(Instant now) {
  constexpr Milliseconds day{86'400'000};
  return day - now.time_since_epoch() % day;
}

}  // namespace

ParsedResponse parse(const HttpResponse& response) {
  ParsedResponse parsed{response, nullptr, false};
  if (!response.body.empty()) {
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 64;
    parsed.body = json::parse(response.body, error, {}, options);
    parsed.is_json = !error;
  }
  return parsed;
}

const json::value* resolve_pointer(const json::value& value, const std::string& pointer) {
  if (pointer.empty()) {
    return &value;
  }
  boost::system::error_code error;
  return value.find_pointer(pointer, error);
}

std::optional<std::string> value_at(const Locator& at, const ParsedResponse& response, const json::value* element) {
  if (!at.header.empty()) {
    const auto header = response.http.header(at.header);
    return header ? narrowed(at, std::string(*header)) : std::nullopt;
  }
  const json::value* place = nullptr;
  if (element != nullptr) {
    place = resolve_pointer(*element, at.pointer);
  } else if (response.is_json) {
    place = resolve_pointer(response.body, at.pointer);
  } else if (at.pointer.empty() && !response.http.body.empty()) {
    return narrowed(at, response.http.body);
  }
  return place == nullptr || place->is_null() ? std::nullopt : narrowed(at, text_of(*place));
}

bool all_hold(const std::vector<Condition>& conditions, const ParsedResponse& response, const json::value* element) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Condition& condition) { return condition_holds(condition, response, element); });
}

bool status_in(const std::vector<std::pair<int, int>>& statuses, int status) {
  return std::any_of(statuses.begin(), statuses.end(),
                     [status](const auto& range) { return range.first <= status && status <= range.second; });
}

std::map<std::string, std::string> saved_values(const std::map<std::string, Locator>& save,
                                                const ParsedResponse& response, const json::value* element) {
  std::map<std::string, std::string> saved;
  for (const auto& [name, at] : save) {
    if (auto value = value_at(at, response, element)) {
      // A list stays whole for the step that walks through it.
      saved[name] = value->starts_with('[') ? std::move(*value) : cut(*value, remote_id_size_max);
    }
  }
  return saved;
}

std::string remote_id_at(const std::optional<Locator>& at, const ParsedResponse& response, const json::value* element) {
  std::string id = at ? value_at(*at, response, element).value_or("") : std::string{};
  // A part of an id would name another record, or none.
  return id.size() <= remote_id_size_max ? id : std::string{};
}

const VerdictRule* rule_for(const std::vector<VerdictRule>& rules, const ParsedResponse& response,
                            const boost::json::value* element, bool uses_ids) {
  for (const VerdictRule& rule : rules) {
    if ((uses_ids || rule.effect != VerdictRule::Effect::gone) &&
        (rule.statuses.empty() || status_in(rule.statuses, response.http.status)) &&
        all_hold(rule.conditions, response, element)) {
      return &rule;
    }
  }
  return nullptr;
}

std::string field_at(const VerdictRule& rule, const ParsedResponse& response, const json::value* element) {
  std::string name = rule.field ? value_at(*rule.field, response, element).value_or("") : std::string{};
  std::replace(name.begin(), name.end(), ' ', '_');
  return code_word(name);
}

std::optional<Milliseconds> wait_of(const VerdictRule* rule, const ParsedResponse& response, Instant now) {
  std::optional<Milliseconds> wait = retry_after_of(response.http, now);
  const auto consider = [&wait](std::optional<Milliseconds> other) {
    if (other) {
      wait = wait ? std::max(*wait, *other) : other;
    }
  };
  if (rule != nullptr) {
    consider(rule->wait);
    if (rule->wait_seconds) {
      consider(seconds_of(value_at(*rule->wait_seconds, response, nullptr)));
    }
    if (rule->wait_until_midnight) {
      consider(until_midnight(now));
    }
  }
  return wait;
}

ResponseReading read_whole(const std::vector<const std::vector<VerdictRule>*>& tables, const std::string& place,
                           const ParsedResponse& response, Instant now, bool uses_ids) {
  const VerdictRule* rule = nullptr;
  for (const auto* table : tables) {
    rule = rule == nullptr ? rule_for(*table, response, nullptr, uses_ids) : rule;
  }
  ResponseReading reading;
  reading.whole = rule == nullptr ? usual_verdict(response.http) : rule->verdict;
  reading.by_status = rule == nullptr;
  reading.wait = wait_of(rule, response, now);
  reading.detail = place + "HTTP " + std::to_string(response.http.status);
  if (response.http.status >= 300 && response.http.status < 400) {
    reading.detail += ": the URL redirects, which is not followed; put the final URL into the configuration";
  }
  if (rule != nullptr) {
    reading.effect = rule->effect;
    reading.field = field_at(*rule, response, nullptr);
    reading.detail += reading.field.empty() ? "" : ": the field " + reading.field + " has to have a value";
    reading.detail += rule->advice.empty() ? "" : ": " + rule->advice;
  }
  reading.reason = reading.detail + (response.http.body.empty() ? "" : ": " + excerpt(response.http.body));
  if (rule != nullptr) {
    reading.remote_id = remote_id_at(rule->id, response, nullptr);
  }
  return reading;
}

}  // namespace elit::crm
