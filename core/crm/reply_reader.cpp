#include "core/crm/reply_reader.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/crm/verdict_reader.hpp"
#include "core/text/excerpt.hpp"

// What answers to requests that write say, and those of token endpoints.
namespace elit::crm {
namespace {

namespace json = boost::json;

// The first item that the element speaks of, by the first key that fits any.
std::optional<std::size_t> item_of(const std::vector<KeyMatch>& keys, const HeardAnswer& heard,
                                   const json::value& element, const Items& items) {
  for (const KeyMatch& key : keys) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (fits(key, heard, element, items[i])) {
        return i;
      }
    }
  }
  return std::nullopt;
}

class ReplyReader {
 public:
  ReplyReader(const Preset& preset, const Step& step, const HeardAnswer& heard, const Items& items)
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
      reading.verdict = Verdict::delivered;
      if (step_.reply.id) {
        reading.remote_id = remote_id_at(step_.reply.id, heard_, element);
      }
      reading.saved = saved_of(step_.reply.save, heard_, element);
    } else {
      reading = refusal(element, step_.reply.code, step_.reply.message);
    }
    note(item, std::move(reading));
  }

  [[nodiscard]] ItemReading refusal(const json::value* element, const Locator& code, const Locator& message) const {
    ItemReading reading;
    const VerdictRule* rule = rule_for(step_.item_verdicts, heard_, element);
    rule = rule == nullptr ? rule_for(preset_.item_verdicts, heard_, element) : rule;
    reading.verdict = rule == nullptr ? Verdict::rejected : rule->verdict;
    const auto word = [&](const Locator& at) {
      const bool named = !at.pointer.empty() || !at.header.empty() || at.pattern;
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
      reading.remote_id = remote_id_at(rule->id, heard_, element);
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
    if (errors.atomic) {
      roll_back_others(named);
    }
  }

  [[nodiscard]] std::optional<std::size_t> error_item(const ErrorList& errors, const json::value& element) const {
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
  const HeardAnswer& heard_;
  const Items& items_;
  std::vector<ItemReading> readings_;
  std::vector<bool> met_;
  bool refused_as_whole_ = false;
};

}  // namespace

std::optional<std::string> located(const Locator& at, const HttpResponse& answer, const json::value* element) {
  return find_value(at, hear(answer), element);
}

Reading read_reply(const Preset& preset, const Step& step, const HttpResponse& answer, const Items& items,
                   Instant now) {
  const HeardAnswer heard = hear(answer);
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
    whole.verdict = Verdict::rejected_in_company;
  }
  reading.whole = whole.verdict;
  reading.detail = std::move(whole.detail);
  reading.reason = std::move(whole.reason);
  reading.remote_id = std::move(whole.remote_id);
  reading.wait = whole.wait;
  return reading;
}

namespace {

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

TokenReading read_token(const Credential::TokenRequest& request, const HttpResponse& answer, Instant now) {
  const HeardAnswer heard = hear(answer);
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
  reading.whole = token_verdict(whole.verdict);
  reading.detail = whole.detail;
  // What a token endpoint says may repeat what it was asked with: only the status is kept.
  reading.reason = whole.detail;
  reading.wait = whole.wait;
  return reading;
}

}  // namespace elit::crm
