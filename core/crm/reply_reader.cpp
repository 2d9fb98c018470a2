#include "core/crm/reply_reader.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "core/crm/record_ids.hpp"
#include "core/crm/refused_fields.hpp"
#include "core/text/excerpt.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

bool is_good(const std::vector<std::pair<int, int>>& statuses, const std::vector<Condition>& conditions,
             const ParsedResponse& response) {
  return status_in(statuses, response.http.status) && all_hold(conditions, response, nullptr);
}

// The items of a request by what the keys are compared with, which is rendered once for each item.
class ItemIndex {
 public:
  // `keys` outlives the index.
  ItemIndex(const std::vector<KeyMatch>& keys, const Items& items) : keys_(keys), places_(keys.size()) {
    for (std::size_t key = 0; key < keys.size(); ++key) {
      for (std::size_t item = 0; item < items.size(); ++item) {
        places_[key].emplace(keys[key].equals.text(items[item]), item);
      }
    }
  }

  // The first item that the element speaks of, by the first key that matches any.
  [[nodiscard]] std::optional<std::size_t> find(const ParsedResponse& response, const json::value& element) const {
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      const std::optional<std::string> value = value_at(keys_[key].at, response, &element);
      const auto place = value && !value->empty() ? places_[key].find(*value) : places_[key].end();
      if (place != places_[key].end()) {
        return place->second;
      }
    }
    return std::nullopt;
  }

 private:
  const std::vector<KeyMatch>& keys_;
  std::vector<std::unordered_map<std::string, std::size_t>> places_;  // parallel to `keys_`
};

class ReplyReader {
 public:
  ReplyReader(const Preset& preset, const Step& step, const ParsedResponse& response, const Items& items)
      : preset_(preset), step_(step), response_(response), items_(items) {
    ItemReading unmentioned;
    unmentioned.error = "the answer does not mention this record";
    readings_.assign(items.size(), unmentioned);
    met_.assign(items.size(), false);
  }

  std::vector<ItemReading> read() {
    if (step_.reply.has_list) {
      read_list();
    } else if (items_.size() == 1) {
      read_element(0, response_.is_json ? &response_.body : nullptr);
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
    const json::value* place = response_.is_json ? resolve_pointer(response_.body, step_.reply.list) : nullptr;
    const json::array* list = place == nullptr ? nullptr : place->if_array();
    if (list == nullptr) {
      return;
    }
    // By place only a complete list tells which element is whose.
    if (step_.reply.keys.empty() && list->size() != items_.size()) {
      return;
    }
    const ItemIndex index(step_.reply.keys, items_);
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto item = step_.reply.keys.empty() ? i : index.find(response_, (*list)[i]);
      if (item) {
        read_element(*item, &(*list)[i]);
      }
    }
  }

  void read_element(std::size_t item, const json::value* element) {
    ItemReading reading;
    if (all_hold(step_.reply.success, response_, element)) {
      reading.verdict = Verdict::delivered;
      if (step_.reply.id) {
        reading.remote_id = remote_id_at(step_.reply.id, response_, element);
      }
      reading.saved = saved_values(step_.reply.save, response_, element);
    } else {
      reading = refusal(element, step_.reply.code, step_.reply.message);
    }
    note(item, std::move(reading));
  }

  [[nodiscard]] ItemReading refusal(const json::value* element, const Locator& code, const Locator& message) const {
    ItemReading reading;
    const bool uses_ids = ids_in(step_).any();
    const VerdictRule* rule = rule_for(step_.item_verdicts, response_, element, uses_ids);
    rule = rule == nullptr ? rule_for(preset_.item_verdicts, response_, element, uses_ids) : rule;
    reading.verdict = rule == nullptr ? Verdict::rejected : rule->verdict;
    const auto word = [&](const Locator& at) {
      const bool named = !at.pointer.empty() || !at.header.empty() || at.pattern;
      return named ? value_at(at, response_, element).value_or("") : std::string{};
    };
    reading.code = code_word(word(code));
    reading.texts = texts_of_refusal(response_, element);
    const std::string told = excerpt(word(message));
    reading.error = reading.code + (reading.code.empty() || told.empty() ? "" : ": ") + told;
    if (reading.error.empty()) {
      reading.error = element == nullptr ? "refused without a reason" : excerpt(json::serialize(*element));
    }
    if (reading.code.empty() && response_.http.status >= 300) {
      reading.code = "HTTP " + std::to_string(response_.http.status);
    }
    if (rule != nullptr) {
      reading.effect = rule->effect;
      reading.field = field_at(*rule, response_, element);
      reading.advice = rule->advice;
      reading.error += rule->advice.empty() ? "" : " (" + rule->advice + ")";
      reading.remote_id = remote_id_at(rule->id, response_, element);
    }
    return reading;
  }

  // The worse counts when an item is spoken of twice.
  void note(std::size_t item, ItemReading reading) {
    if (!met_[item] || readings_[item].verdict == Verdict::delivered) {
      readings_[item] = std::move(reading);
    }
    met_[item] = true;
  }

  void read_errors(const ErrorList& errors) {
    const json::value* place = response_.is_json ? resolve_pointer(response_.body, errors.list) : nullptr;
    const json::array* list = place == nullptr ? nullptr : place->if_array();
    if (list == nullptr || list->empty()) {
      return;
    }
    const ItemIndex index(errors.keys, items_);
    std::vector<bool> named(items_.size(), false);
    for (const json::value& element : *list) {
      if (const auto item = error_item(errors, index, element)) {
        note(*item, refusal(&element, errors.code, errors.message));
        named[*item] = true;
      }
    }
    if (errors.atomic) {
      roll_back_others(named);
    }
  }

  [[nodiscard]] std::optional<std::size_t> error_item(const ErrorList& errors, const ItemIndex& index,
                                                      const json::value& element) const {
    if (errors.index) {
      const auto text = value_at(*errors.index, response_, &element);
      std::size_t place = items_.size();
      const char* end = text ? text->data() + text->size() : nullptr;
      if (text && std::from_chars(text->data(), end, place).ptr == end && place < items_.size()) {
        return place;
      }
    }
    return index.find(response_, element);
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
  const ParsedResponse& response_;
  const Items& items_;
  std::vector<ItemReading> readings_;
  std::vector<bool> met_;
  bool refused_as_whole_ = false;
};

bool truthy(const std::optional<std::string>& text) {
  return text && !text->empty() && *text != "false" && *text != "[]" && *text != "{}";
}

// A candidate of a find, with its values at the places of the keys and of `contains`.
struct Candidate {
  const json::value* element = nullptr;
  std::vector<std::optional<std::string>> keys;
  std::vector<std::optional<std::string>> containers;
};

std::vector<Candidate> candidates_of(const FindMap& find, const ParsedResponse& response) {
  std::vector<Candidate> candidates;
  const auto add = [&](const json::value& element) {
    Candidate candidate;
    candidate.element = &element;
    for (const KeyMatch& key : find.keys) {
      candidate.keys.push_back(value_at(key.at, response, &element));
    }
    for (const auto& [at, part] : find.contains) {
      candidate.containers.push_back(value_at(at, response, &element));
    }
    candidates.push_back(std::move(candidate));
  };
  const json::value* place = resolve_pointer(response.body, find.list);
  if (find.single && place != nullptr && !place->is_null()) {
    add(*place);
  } else if (const json::array* list = find.single || place == nullptr ? nullptr : place->if_array()) {
    std::for_each(list->begin(), list->end(), add);
  }
  return candidates;
}

// The candidate that fulfils every key of the item; null when there is none.
const json::value* candidate_for(const FindMap& find, const std::vector<Candidate>& candidates, const Scope& item) {
  std::vector<std::string> keys;
  for (const KeyMatch& key : find.keys) {
    keys.push_back(key.equals.text(item));
  }
  std::vector<std::string> parts;
  for (const auto& [at, part] : find.contains) {
    parts.push_back(part.text(item));
  }
  const auto equals = [](const std::optional<std::string>& value, const std::string& wanted) {
    return value && !value->empty() && *value == wanted;
  };
  const auto contains = [](const std::optional<std::string>& value, const std::string& wanted) {
    return value && !wanted.empty() && value->find(wanted) != std::string::npos;
  };
  const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
    return std::equal(keys.begin(), keys.end(), candidate.keys.begin(),
                      [&](const auto& wanted, const auto& value) { return equals(value, wanted); }) &&
           std::equal(parts.begin(), parts.end(), candidate.containers.begin(),
                      [&](const auto& wanted, const auto& value) { return contains(value, wanted); });
  });
  return found == candidates.end() ? nullptr : found->element;
}

Finding finding_of(const Step& step, const ParsedResponse& response, const json::value& candidate) {
  const FindMap& find = step.find;
  Finding finding;
  finding.state = Finding::State::found;
  if (find.id) {
    finding.remote_id = remote_id_at(find.id, response, &candidate);
  }
  finding.saved = saved_values(find.save, response, &candidate);
  const json::value* current = step.kind == StepKind::read ? resolve_pointer(candidate, find.current) : nullptr;
  if (current != nullptr && current->is_object()) {
    finding.current = current->get_object();
  }
  return finding;
}

std::vector<Finding> find_items(const Step& step, const ParsedResponse& response, const Items& items) {
  const FindMap& find = step.find;
  Finding absent;
  const bool has_more = find.has_more && truthy(value_at(*find.has_more, response, nullptr));
  absent.state = has_more ? Finding::State::unclear : Finding::State::absent;
  const std::vector<Candidate> candidates = candidates_of(find, response);
  std::vector<Finding> findings;
  for (const Scope& item : items) {
    const json::value* found = candidate_for(find, candidates, item);
    findings.push_back(found == nullptr ? absent : finding_of(step, response, *found));
  }
  return findings;
}

// Whether the body has the form that the map speaks of: an answer that cannot be read tells of nobody.
bool is_readable(const FindMap& find, const ParsedResponse& response) {
  if (!response.is_json) {
    return false;
  }
  const json::value* place = resolve_pointer(response.body, find.list);
  if (place == nullptr || place->is_null()) {
    return find.null_is_empty;
  }
  return find.single || place->is_array();
}

bool is_refusal(Verdict verdict) {
  return verdict == Verdict::rejected || verdict == Verdict::rejected_in_company || verdict == Verdict::too_large;
}

// What a refusal of the whole request says about fields. An address that is not there is refused for no field.
void add_texts(const Step& step, const ParsedResponse& response, Reading& reading) {
  const int status = response.http.status;
  reading.may_be_field = status != 404 && status != 405 && status != 410;
  if (reading.may_be_field) {
    const Locator& code = step.reply.code;
    const bool named = !code.pointer.empty() || !code.header.empty() || code.pattern;
    reading.code = named ? code_word(value_at(code, response, nullptr).value_or("")) : std::string{};
    reading.code = reading.code.empty() ? "HTTP " + std::to_string(status) : reading.code;
    reading.texts = texts_of_refusal(response, nullptr);
  }
}

// A token endpoint that refuses a request refuses the secrets in it.
Verdict token_verdict(Verdict verdict) {
  switch (verdict) {
    case Verdict::throttled:
    case Verdict::unauthorized:
    case Verdict::misconfigured:
      return verdict;
    case Verdict::rejected:
    case Verdict::rejected_in_company:
      return Verdict::unauthorized;
    case Verdict::too_large:
      return Verdict::misconfigured;
    default:
      return Verdict::retry;
  }
}

}  // namespace

Reading read_reply(const Preset& preset, const Step& step, const ParsedResponse& response, const Items& items,
                   Instant now) {
  Reading reading;
  const bool good = is_good(step.reply.statuses, step.reply.conditions, response);
  if (good) {
    ReplyReader reader(preset, step, response, items);
    reading.items = reader.read();
    if (!reader.refused_as_whole()) {
      reading.wait = wait_of(nullptr, response, now);
      return reading;
    }
    reading.items.clear();
  }
  static_cast<ResponseReading&>(reading) =
      read_whole({&step.verdicts, &preset.verdicts}, step.name + ": ", response, now, ids_in(step).any());
  if (good) {
    reading.whole = Verdict::rejected_in_company;
    reading.by_status = false;
  }
  if (is_refusal(*reading.whole)) {
    add_texts(step, response, reading);
  }
  return reading;
}

FindReading read_find(const Preset& preset, const Step& step, const ParsedResponse& response, const Items& items,
                      Instant now) {
  FindReading reading;
  if (status_in(step.find.not_found_statuses, response.http.status)) {
    Finding absent;
    absent.state = Finding::State::absent;
    reading.items.assign(items.size(), absent);
    return reading;
  }
  const bool no_content = response.http.status == 204 && status_in(step.find.statuses, 204);
  if (is_good(step.find.statuses, step.find.conditions, response) && (no_content || is_readable(step.find, response))) {
    reading.items = find_items(step, response, items);
    reading.wait = wait_of(nullptr, response, now);
    return reading;
  }
  static_cast<ResponseReading&>(reading) =
      read_whole({&step.verdicts, &preset.verdicts}, step.name + ": ", response, now, ids_in(step).any());
  reading.remote_id.clear();
  return reading;
}

TokenReading read_token(const Credential::TokenRequest& request, const HttpResponse& response, Instant now) {
  const ParsedResponse parsed = parse(response);
  TokenReading reading;
  if (is_good({{200, 299}}, request.conditions, parsed) && parsed.is_json) {
    for (const auto& [name, at] : request.values) {
      if (const auto value = value_at(at, parsed, nullptr)) {
        reading.values[name] = *value;
      }
    }
    return reading;
  }
  static_cast<ResponseReading&>(reading) = read_whole({&request.verdicts}, "token: ", parsed, now, false);
  reading.whole = token_verdict(*reading.whole);
  // A token endpoint may repeat the request in its response: only the status is kept.
  reading.reason = reading.detail;
  reading.remote_id.clear();
  return reading;
}

}  // namespace elit::crm
