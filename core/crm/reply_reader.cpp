#include "core/crm/reply_reader.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/crm/excerpt.hpp"
#include "core/crm/pattern.hpp"
#include "core/time_text.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

// An answer with its body read once.
struct Heard {
  const HttpAnswer& answer;
  json::value body;
  bool is_json = false;
};

Heard hear(const HttpAnswer& answer) {
  Heard heard{answer, nullptr, false};
  if (!answer.body.empty()) {
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 64;
    heard.body = json::parse(answer.body, error, {}, options);
    heard.is_json = !error;
  }
  return heard;
}

std::string scalar_text(const json::value& value) {
  if (const auto* text = value.if_string()) {
    return {text->data(), text->size()};
  }
  return json::serialize(value);
}

const json::value* pointed(const json::value& value, const std::string& pointer) {
  if (pointer.empty()) {
    return &value;
  }
  boost::system::error_code error;
  return value.find_pointer(pointer, error);
}

std::optional<std::string> narrowed(const Locator& at, std::string text) {
  return at.pattern.empty() ? std::optional(std::move(text)) : first_group(at.pattern, text);
}

bool truthy(const std::optional<std::string>& text) {
  return text && !text->empty() && *text != "false" && *text != "[]" && *text != "{}";
}

std::optional<std::string> find_value(const Locator& at, const Heard& heard, const json::value* element) {
  if (!at.header.empty()) {
    const auto header = heard.answer.header(at.header);
    return header ? narrowed(at, std::string(*header)) : std::nullopt;
  }
  const json::value* place = nullptr;
  if (element != nullptr) {
    place = pointed(*element, at.pointer);
  } else if (heard.is_json) {
    place = pointed(heard.body, at.pointer);
  } else if (at.pointer.empty() && !heard.answer.body.empty()) {
    return narrowed(at, heard.answer.body);
  }
  return place == nullptr || place->is_null() ? std::nullopt : narrowed(at, scalar_text(*place));
}

bool holds(const Condition& condition, const Heard& heard, const json::value* element) {
  const std::optional<std::string> value = find_value(condition.at, heard, element);
  if (condition.present && *condition.present != value.has_value()) {
    return false;
  }
  if (condition.equals && value != *condition.equals) {
    return false;
  }
  if (condition.matches && !(value && matches(*condition.matches, *value))) {
    return false;
  }
  return condition.one_of.empty() ||
         (value && std::find(condition.one_of.begin(), condition.one_of.end(), *value) != condition.one_of.end());
}

bool all_hold(const std::vector<Condition>& conditions, const Heard& heard, const json::value* element) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Condition& condition) { return holds(condition, heard, element); });
}

bool within(const std::vector<std::pair<int, int>>& statuses, int status) {
  return std::any_of(statuses.begin(), statuses.end(),
                     [status](const auto& range) { return range.first <= status && status <= range.second; });
}

const VerdictRule* rule_for(const std::vector<VerdictRule>& rules, const Heard& heard, const json::value* element) {
  for (const VerdictRule& rule : rules) {
    if ((rule.statuses.empty() || within(rule.statuses, heard.answer.status)) &&
        all_hold(rule.conditions, heard, element)) {
      return &rule;
    }
  }
  return nullptr;
}

// What a status means where no rule of the preset speaks.
Verdict usual_verdict(const HttpAnswer& answer) {
  const int status = answer.status;
  if (status == 401) {
    return Verdict::unauthorized;
  }
  if (status == 429 || (status == 503 && answer.header("Retry-After"))) {
    return Verdict::throttled;
  }
  if (status == 403 || status == 405 || status == 415 || (status >= 300 && status < 400)) {
    return Verdict::fatal;
  }
  if (status == 413) {
    return Verdict::too_large;
  }
  if (status == 423 || status == 425 || status == 503) {
    return Verdict::retry;
  }
  if (status >= 400 && status < 500 && status != 408) {
    return Verdict::rejected_batch;
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

std::optional<Milliseconds> wish_of(const VerdictRule* rule, const Heard& heard, Instant now) {
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

// An answer that is no good one, in words.
struct WholeReading {
  Verdict verdict = Verdict::unknown;
  std::string detail;
  std::string reason;
  std::string remote_id;
  std::optional<Milliseconds> wait;
};

WholeReading read_whole(const std::vector<const std::vector<VerdictRule>*>& tables, const std::string& place,
                        const Heard& heard, Instant now) {
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
  if (rule != nullptr && rule->id) {
    whole.remote_id = find_value(*rule->id, heard, nullptr).value_or("");
  }
  return whole;
}

bool is_good(const std::vector<std::pair<int, int>>& statuses, const std::vector<Condition>& conditions,
             const Heard& heard) {
  return within(statuses, heard.answer.status) && all_hold(conditions, heard, nullptr);
}

bool fits(const KeyMatch& key, const Heard& heard, const json::value& element, const Scope& item) {
  const std::optional<std::string> value = find_value(key.at, heard, &element);
  return value && !value->empty() && *value == key.equals.text(item);
}

// The first item that the element speaks of, by the first key that fits any.
std::optional<std::size_t> item_of(const std::vector<KeyMatch>& keys, const Heard& heard, const json::value& element,
                                   const Items& items) {
  for (const KeyMatch& key : keys) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (fits(key, heard, element, items[i])) {
        return i;
      }
    }
  }
  return std::nullopt;
}

std::map<std::string, std::string> saved_of(const std::map<std::string, Locator>& save, const Heard& heard,
                                            const json::value* element) {
  std::map<std::string, std::string> saved;
  for (const auto& [name, at] : save) {
    if (auto value = find_value(at, heard, element)) {
      // A list stays whole for the step that walks through it.
      saved[name] = value->starts_with('[') ? std::move(*value) : cut(*value, remote_id_size_max);
    }
  }
  return saved;
}

class ReplyReader {
 public:
  ReplyReader(const Preset& preset, const Step& step, const Heard& heard, const Items& items)
      : preset_(preset), step_(step), heard_(heard), items_(items) {
    ItemReading unmentioned;
    unmentioned.error = "the answer does not mention this record";
    readings_.assign(items.size(), unmentioned);
    met_.assign(items.size(), false);
  }

  std::vector<ItemReading> read() {
    if (step_.reply.has_list) {
      read_list();
    } else if (items_.size() == 1) {
      read_element(0, heard_.is_json ? &heard_.body : nullptr);
    }
    if (step_.reply.errors) {
      read_errors(*step_.reply.errors);
    }
    return std::move(readings_);
  }

  // Everything was rolled back, and the answer does not say for whose sake.
  [[nodiscard]] bool refused_as_whole() const { return refused_as_whole_; }

 private:
  void read_list() {
    const json::value* place = heard_.is_json ? pointed(heard_.body, step_.reply.list) : nullptr;
    const json::array* list = place == nullptr ? nullptr : place->if_array();
    if (list == nullptr) {
      return;
    }
    // By place only a complete list tells which element is whose.
    if (step_.reply.keys.empty() && list->size() != items_.size()) {
      return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto item = step_.reply.keys.empty() ? i : item_of(step_.reply.keys, heard_, (*list)[i], items_);
      if (item) {
        read_element(*item, &(*list)[i]);
      }
    }
  }

  void read_element(std::size_t item, const json::value* element) {
    ItemReading reading;
    if (all_hold(step_.reply.item_done, heard_, element)) {
      reading.verdict = Verdict::done;
      if (step_.reply.id) {
        reading.remote_id = cut(find_value(*step_.reply.id, heard_, element).value_or(""), remote_id_size_max);
      }
      reading.saved = saved_of(step_.reply.save, heard_, element);
    } else {
      reading = refusal(element, step_.reply.code, step_.reply.message);
    }
    note(item, std::move(reading));
  }

  ItemReading refusal(const json::value* element, const Locator& code, const Locator& message) const {
    ItemReading reading;
    const VerdictRule* rule = rule_for(step_.item_verdicts, heard_, element);
    rule = rule == nullptr ? rule_for(preset_.item_verdicts, heard_, element) : rule;
    reading.verdict = rule == nullptr ? Verdict::rejected : rule->verdict;
    const auto word = [&](const Locator& at) {
      const bool named = !at.pointer.empty() || !at.header.empty() || !at.pattern.empty();
      return named ? find_value(at, heard_, element).value_or("") : std::string{};
    };
    reading.code = code_word(word(code));
    const std::string told = excerpt(word(message));
    reading.error = reading.code + (reading.code.empty() || told.empty() ? "" : ": ") + told;
    if (reading.error.empty()) {
      reading.error = element == nullptr ? "refused without a reason" : excerpt(json::serialize(*element));
    }
    if (rule != nullptr && !rule->advice.empty()) {
      reading.error += " (" + rule->advice + ")";
    }
    if (rule != nullptr && rule->id) {
      reading.remote_id = cut(find_value(*rule->id, heard_, element).value_or(""), remote_id_size_max);
    }
    return reading;
  }

  // The worse counts when an item is spoken of twice.
  void note(std::size_t item, ItemReading reading) {
    if (!met_[item] || readings_[item].verdict == Verdict::done) {
      readings_[item] = std::move(reading);
    }
    met_[item] = true;
  }

  void read_errors(const ErrorList& errors) {
    const json::value* place = heard_.is_json ? pointed(heard_.body, errors.list) : nullptr;
    const json::array* list = place == nullptr ? nullptr : place->if_array();
    if (list == nullptr || list->empty()) {
      return;
    }
    std::vector<bool> named(items_.size(), false);
    for (const json::value& element : *list) {
      if (const auto item = error_item(errors, element)) {
        note(*item, refusal(&element, errors.code, errors.message));
        named[*item] = true;
      }
    }
    if (!errors.others_written) {
      roll_back_others(named);
    }
  }

  std::optional<std::size_t> error_item(const ErrorList& errors, const json::value& element) const {
    if (errors.index) {
      const auto text = find_value(*errors.index, heard_, &element);
      std::size_t index = items_.size();
      const char* end = text ? text->data() + text->size() : nullptr;
      if (text && std::from_chars(text->data(), end, index).ptr == end && index < items_.size()) {
        return index;
      }
    }
    return item_of(errors.keys, heard_, element, items_);
  }

  void roll_back_others(const std::vector<bool>& named) {
    const auto first = static_cast<std::size_t>(std::find(named.begin(), named.end(), true) - named.begin());
    if (first == named.size()) {
      refused_as_whole_ = true;
      return;
    }
    bool all_for_good = true;
    for (std::size_t i = first; i < named.size(); ++i) {
      all_for_good = all_for_good && (!named[i] || readings_[i].verdict == Verdict::rejected);
    }
    for (std::size_t i = 0; i < named.size(); ++i) {
      if (!named[i]) {
        readings_[i] = ItemReading{};
        readings_[i].verdict = Verdict::retry;
        readings_[i].error = "not written because another record of the request was refused";
        // Where that one is refused for now, its neighbours would only meet the same trouble.
        readings_[i].again = all_for_good;
      }
    }
  }

  const Preset& preset_;
  const Step& step_;
  const Heard& heard_;
  const Items& items_;
  std::vector<ItemReading> readings_;
  std::vector<bool> met_;
  bool refused_as_whole_ = false;
};

bool names_item(const FindMap& find, const Heard& heard, const json::value& candidate, const Scope& item) {
  return std::all_of(find.keys.begin(), find.keys.end(),
                     [&](const KeyMatch& key) { return fits(key, heard, candidate, item); }) &&
         std::all_of(find.contains.begin(), find.contains.end(), [&](const auto& part) {
           const auto value = find_value(part.first, heard, &candidate);
           const std::string wanted = part.second.text(item);
           return value && !wanted.empty() && value->find(wanted) != std::string::npos;
         });
}

Finding finding_of(const FindMap& find, const Heard& heard, const json::value& candidate) {
  Finding finding;
  finding.state = Finding::State::found;
  if (find.id) {
    finding.remote_id = cut(find_value(*find.id, heard, &candidate).value_or(""), remote_id_size_max);
  }
  finding.saved = saved_of(find.save, heard, &candidate);
  const json::value* current = find.current.empty() ? nullptr : pointed(candidate, find.current);
  if (current != nullptr && current->is_object()) {
    finding.current = current->get_object();
  }
  return finding;
}

std::vector<Finding> find_items(const FindMap& find, const Heard& heard, const Items& items) {
  Finding absent;
  const bool incomplete = find.incomplete && truthy(find_value(*find.incomplete, heard, nullptr));
  absent.state = incomplete ? Finding::State::unclear : Finding::State::absent;
  std::vector<Finding> findings(items.size(), absent);
  const json::value* place = pointed(heard.body, find.list);
  const json::array* list = place == nullptr || find.single ? nullptr : place->if_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (find.single) {
      if (place != nullptr && !place->is_null() && names_item(find, heard, *place, items[i])) {
        findings[i] = finding_of(find, heard, *place);
      }
      continue;
    }
    if (list == nullptr) {
      continue;
    }
    const auto* found = std::find_if(list->begin(), list->end(), [&](const json::value& candidate) {
      return names_item(find, heard, candidate, items[i]);
    });
    if (found != list->end()) {
      findings[i] = finding_of(find, heard, *found);
    }
  }
  return findings;
}

// Whether the body has the form that the map speaks of: an answer that cannot be read tells of nobody.
bool is_readable(const FindMap& find, const Heard& heard) {
  if (!heard.is_json) {
    return false;
  }
  const json::value* place = pointed(heard.body, find.list);
  return find.single || (place != nullptr && (place->is_array() || place->is_null()));
}

}  // namespace

std::optional<std::string> located(const Locator& at, const HttpAnswer& answer, const json::value* element) {
  return find_value(at, hear(answer), element);
}

Reading read_reply(const Preset& preset, const Step& step, const HttpAnswer& answer, const Items& items, Instant now) {
  const Heard heard = hear(answer);
  Reading reading;
  WholeReading whole = read_whole({&step.verdicts, &preset.verdicts}, step.name + ": ", heard, now);
  if (is_good(step.reply.statuses, step.reply.conditions, heard)) {
    ReplyReader reader(preset, step, heard, items);
    reading.items = reader.read();
    reading.wait = wish_of(nullptr, heard, now);
    if (!reader.refused_as_whole()) {
      return reading;
    }
    reading.items.clear();
    whole.verdict = Verdict::rejected_batch;
  }
  reading.whole = whole.verdict;
  reading.detail = std::move(whole.detail);
  reading.reason = std::move(whole.reason);
  reading.remote_id = cut(whole.remote_id, remote_id_size_max);
  reading.wait = whole.wait;
  return reading;
}

FindReading read_find(const Preset& preset, const Step& step, const HttpAnswer& answer, const Items& items,
                      Instant now) {
  const Heard heard = hear(answer);
  FindReading reading;
  if (within(step.find.absent_statuses, answer.status)) {
    Finding absent;
    absent.state = Finding::State::absent;
    reading.items.assign(items.size(), absent);
    return reading;
  }
  const bool no_content = answer.status == 204 && within(step.find.statuses, 204);
  if (is_good(step.find.statuses, step.find.conditions, heard) && (no_content || is_readable(step.find, heard))) {
    reading.items = find_items(step.find, heard, items);
    reading.wait = wish_of(nullptr, heard, now);
    return reading;
  }
  WholeReading whole = read_whole({&step.verdicts, &preset.verdicts}, step.name + ": ", heard, now);
  reading.whole = whole.verdict;
  reading.detail = std::move(whole.detail);
  reading.reason = std::move(whole.reason);
  reading.wait = whole.wait;
  return reading;
}

TokenReading read_token(const Credential::TokenRequest& request, const HttpAnswer& answer, Instant now) {
  const Heard heard = hear(answer);
  TokenReading reading;
  if (is_good({{200, 299}}, request.conditions, heard) && heard.is_json) {
    for (const auto& [name, at] : request.values) {
      if (const auto value = find_value(at, heard, nullptr)) {
        reading.values[name] = *value;
      }
    }
    return reading;
  }
  WholeReading whole = read_whole({&request.verdicts}, "token: ", heard, now);
  reading.whole = whole.verdict;
  reading.detail = whole.detail;
  // What a token endpoint says may repeat what it was asked with: only the status is kept.
  reading.reason = whole.detail;
  reading.wait = whole.wait;
  return reading;
}

}  // namespace elit::crm
