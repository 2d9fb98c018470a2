#include "core/crm/exchange.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

#include "core/check.hpp"
#include "core/crm/filters.hpp"
#include "core/crm/record_values.hpp"

// The result of an attempt: what it says about the messages, and what the CRM is known to hold now.
namespace elit::crm {

namespace json = boost::json;

ExchangeResult Exchange::result() {
  check(phase_ == Phase::over || trouble_.has_value(), "an attempt has a result when it is over");
  if (phase_ < Phase::activities) {
    settle_contacts();
  }
  ExchangeResult result;
  result.answer.whole.reset();
  result.answer.detail = failure_;
  if (trouble_) {
    result.answer = *trouble_;
  }
  result.answer.may_arrive = may_arrive_;
  result.absent = absent_;
  result.answer.retry_after = wait_;
  result.answer.messages = message_answers();
  result.records = records();
  result.refused = refused_fields();
  if (phase_ > Phase::sink) {
    result.sink = sink_.front().values.get_object();
  }
  return result;
}

// Whether every step that it needs was carried out; an attempt may have been cut short.
bool Exchange::is_done(const std::vector<Item>& items, std::size_t place) const {
  const Item& item = items[place];
  if (item.progress == Progress::skipped) {
    return true;
  }
  if (item.failed() || item.progress == Progress::referred) {
    return false;
  }
  const bool contacts_over = phase_ >= Phase::activities;
  if (item.activity == nullptr ? contacts_over : phase_ == Phase::over && !trouble_) {
    return true;
  }
  if (item.activity != nullptr && !contacts_over) {
    return false;
  }
  const auto& steps = design_.preset.steps;
  const bool same_kind = next_step_ > 0 && step().item == item.kind;
  const auto holds_it = [place](const Places& places) {
    return std::find(places.begin(), places.end(), place) != places.end();
  };
  if (same_kind && (holds_it(chunk_) || std::any_of(queue_.begin(), queue_.end(), holds_it))) {
    return false;
  }
  return std::none_of(steps.begin() + static_cast<std::ptrdiff_t>(next_step_), steps.end(),
                      [&](const Step& later) { return wants(later, item); });
}

// The contact may be gone from the CRM. Where nothing prevents a second one, it counts as present.
bool Exchange::was_only_confirmed_earlier(const Item& activity) const {
  const auto& steps = design_.preset.steps;
  return contacts_[activity.contact].knowledge == Knowledge::confirmed_earlier &&
         std::none_of(steps.begin(), steps.end(), [](const Step& step) {
           return step.item == StepItem::contact && step.kind == StepKind::write &&
                  (step.idempotency == Idempotency::header || step.idempotency == Idempotency::allow_duplicates);
         });
}

MessageAnswer Exchange::answer_for(std::size_t place) const {
  const Item& item = activities_[place];
  MessageAnswer answer;
  answer.error = item.error;
  answer.suspect = item.suspect;
  answer.by_status = item.by_status;
  if (is_done(activities_, place)) {
    answer.remote_id = item.remote_id;
    return answer;
  }
  switch (item.progress) {
    case Progress::skipped:
    case Progress::open:
    case Progress::not_sent:
      // What may have been written before, and was not asked for, may still be there.
      answer.verdict = item.knowledge == Knowledge::maybe_written ? Verdict::unknown : Verdict::not_sent;
      answer.absent = true;
      break;
    case Progress::written:
    case Progress::unknown:
      answer.verdict = Verdict::unknown;
      break;
    case Progress::referred:
    case Progress::retry:
      answer.verdict = item.knowledge == Knowledge::maybe_written ? Verdict::unknown : Verdict::retry;
      break;
    case Progress::rejected:
      answer.verdict = was_only_confirmed_earlier(item)     ? Verdict::retry
                       : item.activity->messages.size() > 1 ? Verdict::rejected_in_company
                                                            : Verdict::rejected;
      break;
  }
  return answer;
}

std::vector<MessageAnswer> Exchange::message_answers() const {
  std::vector<MessageAnswer> answers(task_.messages);
  std::vector<std::optional<DeliveryUserId>> users(task_.messages);
  for (std::size_t place = 0; place < activities_.size(); ++place) {
    const MessageAnswer answer = answer_for(place);
    for (const std::size_t message : activities_[place].activity->messages) {
      const bool first = !users.at(message).has_value();
      users[message] = activities_[place].user;
      if (first || traits_of(answer.verdict).severity > traits_of(answers[message].verdict).severity) {
        answers[message] = answer;
      }
    }
  }
  // What comes before one that was sent is tried again, not put behind.
  std::unordered_map<DeliveryUserId, bool> later_sent;
  for (std::size_t message = task_.messages; message-- > 0;) {
    check(users[message].has_value(), "each message of the batch has a record");
    bool& sent = later_sent[*users[message]];
    if (answers[message].verdict != Verdict::not_sent) {
      sent = true;
    } else if (sent) {
      answers[message].verdict = task_.unsure ? Verdict::unknown : Verdict::retry;
    }
  }
  return answers;
}

// Without its id and digest, so that the next attempt looks for it or makes it again.
RemoteRecord Exchange::forgotten_record(const Item& item) {
  RemoteRecord record{item.user, item.key, {}, {}, {}};
  if (!item.remote_id.empty()) {
    record.saved[former_id_of] = item.remote_id;
  }
  if (item.adopted()) {
    record.saved[adopted_by] = item.saved.at(adopted_by);
  }
  return record;
}

std::vector<RemoteRecord> Exchange::records() const {
  std::vector<RemoteRecord> records;
  const auto keep = [&records](const Item& item, bool done) {
    if (item.forgotten) {
      records.push_back(forgotten_record(item));
      return;
    }
    records.push_back(
        {item.user, item.key, item.remote_id, done ? item.digest : std::string{}, without_lists(item.saved)});
  };
  for (std::size_t place = 0; place < contacts_.size(); ++place) {
    if (contacts_[place].dirty || contacts_[place].forgotten) {
      keep(contacts_[place], is_done(contacts_, place));
    }
  }
  const bool of_days = design_.work.unit == DeliveryUnit::day;
  for (std::size_t place = 0; place < activities_.size(); ++place) {
    const Item& item = activities_[place];
    if (item.progress == Progress::rejected && was_only_confirmed_earlier(item)) {
      records.push_back(forgotten_record(contacts_[item.contact]));
    }
    const bool done = is_done(activities_, place);
    if (item.forgotten) {
      keep(item, false);
    } else if (item.dirty && (of_days || (!done && !item.remote_id.empty()))) {
      keep(item, done);
    }
  }
  return records;
}

std::vector<RefusedFields> Exchange::refused_fields() const {
  std::vector<RefusedFields> refused;
  for (const Item& contact : contacts_) {
    const bool written = contact.progress == Progress::written;
    if (written && contact.refusal && !contact.refusal->omission.left_out().empty()) {
      const std::set<std::string>& fields = contact.refusal->omission.left_out();
      const json::value& user_id = contact.values.at("user_id");
      refused.push_back({contact.user, text_of(user_id), {fields.begin(), fields.end()}, contact.refusal->code});
    }
  }
  return refused;
}

}  // namespace elit::crm
