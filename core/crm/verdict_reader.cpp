#include "core/crm/verdict_reader.hpp"

#include <algorithm>
#include <charconv>

#include "core/text/excerpt.hpp"
#include "core/text/time_text.hpp"

namespace elit::crm {
namespace {

// What a status means where no rule of the preset speaks.
Verdict usual_verdict(const HttpResponse& answer) {
  const int status = answer.status;
  if (status == 401) {
    return Verdict::unauthorized;
  }
  if (status == 429 || (status == 503 && answer.header("Retry-After"))) {
    return Verdict::throttled;
  }
  if (status == 403 || status == 405 || status == 415 || (status >= 300 && status < 400)) {
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

const VerdictRule* rule_for(const std::vector<VerdictRule>& rules, const HeardAnswer& heard,
                            const boost::json::value* element) {
  for (const VerdictRule& rule : rules) {
    if ((rule.statuses.empty() || within(rule.statuses, heard.answer.status)) &&
        all_hold(rule.conditions, heard, element)) {
      return &rule;
    }
  }
  return nullptr;
}

std::optional<Milliseconds> wish_of(const VerdictRule* rule, const HeardAnswer& heard, Instant now) {
  const auto header = heard.answer.header("Retry-After");
  std::optional<Milliseconds> wish = header ? parse_retry_after(*header, now) : std::nullopt;
  const auto consider = [&wish](std::optional<Milliseconds> other) {
    if (other) {
      wish = wish ? std::max(*wish, *other) : other;
    }
  };
  if (rule != nullptr) {
    consider(rule->wait);
    if (rule->wait_seconds) {
      consider(seconds_of(find_value(*rule->wait_seconds, heard, nullptr)));
    }
    if (rule->wait_until_midnight) {
      consider(until_midnight(now));
    }
  }
  return wish;
}

WholeReading read_whole(const std::vector<const std::vector<VerdictRule>*>& tables, const std::string& place,
                        const HeardAnswer& heard, Instant now) {
  const VerdictRule* rule = nullptr;
  for (const auto* table : tables) {
    rule = rule == nullptr ? rule_for(*table, heard, nullptr) : rule;
  }
  WholeReading whole;
  whole.verdict = rule == nullptr ? usual_verdict(heard.answer) : rule->verdict;
  whole.wait = wish_of(rule, heard, now);
  whole.detail = place + "HTTP " + std::to_string(heard.answer.status);
  if (heard.answer.status >= 300 && heard.answer.status < 400) {
    whole.detail += ": the URL redirects, which is not followed; put the final URL into the configuration";
  }
  if (rule != nullptr && !rule->advice.empty()) {
    whole.detail += ": " + rule->advice;
  }
  whole.reason = whole.detail + (heard.answer.body.empty() ? "" : ": " + excerpt(heard.answer.body));
  if (rule != nullptr) {
    whole.remote_id = remote_id_at(rule->id, heard, nullptr);
  }
  return whole;
}

bool is_good(const std::vector<std::pair<int, int>>& statuses, const std::vector<Condition>& conditions,
             const HeardAnswer& heard) {
  return within(statuses, heard.answer.status) && all_hold(conditions, heard, nullptr);
}

}  // namespace elit::crm
