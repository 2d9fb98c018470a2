#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/check.hpp"
#include "core/crm/exchange.hpp"

// What the attempt came to.
namespace elit::crm {
namespace {

// Lists are of use within one attempt only.
std::map<std::string, std::string> without_lists(std::map<std::string, std::string> saved) {
  std::erase_if(saved, [](const auto& each) { return each.second.starts_with('['); });
  return saved;
}

}  // namespace

ExchangeResult Exchange::result() {
  check(finished_ || trouble_.has_value(), "an attempt has a result when it is over");
  const bool contacts_over = contacts_settled_;
  settle_contacts();
  ExchangeResult result;
  result.answer.whole.reset();
  if (trouble_) {
    result.answer = *trouble_;
  }
  result.answer.retry_after = wait_;
  result.answer.messages = message_answers(contacts_over);
  result.records = records(contacts_over);
  if (sink_settled_) {
    result.sink = sink_.front().values.get_object();
  }
  return result;
}

// Whether every step that it needs was carried out; an attempt may have been cut short.
bool Exchange::is_done(const std::vector<Item>& items, std::size_t place, bool contacts_over) const {
  const Item& item = items[place];
  if (item.skip) {
    return true;
  }
  if (item.fate != Fate::open) {
    return false;
  }
  if (item.activity == nullptr ? contacts_over : finished_ && !trouble_) {
    return true;
  }
  if (item.activity != nullptr && !contacts_over) {
    return false;
  }
  const auto& steps = design_.preset.steps;
  const bool same_kind = step_ < steps.size() && steps[step_].item == item.kind;
  const auto holds_it = [place](const Places& places) {
    return std::find(places.begin(), places.end(), place) != places.end();
  };
  if (same_kind && (holds_it(chunk_) || std::any_of(queue_.begin(), queue_.end(), holds_it))) {
    return false;
  }
  return std::none_of(steps.begin() + static_cast<std::ptrdiff_t>(std::min(step_ + 1, steps.size())), steps.end(),
                      [&](const Step& later) { return wants(later, item); });
}

// The contact was not confirmed in this attempt: it may be gone from the CRM. Where nothing would keep it from being
// made twice, it is believed to be there.
bool Exchange::was_only_remembered(const Item& activity) const {
  const auto& steps = design_.preset.steps;
  return contacts_[activity.contact].remembered && std::none_of(steps.begin(), steps.end(), [](const Step& step) {
           return step.item == StepItem::contact && step.kind == StepKind::write &&
                  (step.idempotency == Idempotency::header || step.idempotency == Idempotency::allow_duplicates);
         });
}

MessageAnswer Exchange::answer_for(std::size_t place, bool contacts_over) const {
  const Item& item = activities_[place];
  MessageAnswer answer;
  answer.error = item.error;
  if (is_done(activities_, place, contacts_over)) {
    answer.remote_id = item.remote_id;
    return answer;
  }
  switch (item.fate) {
    case Fate::open:
      answer.verdict = item.written ? Verdict::unknown : Verdict::not_sent;
      break;
    case Fate::retry:
      // A message that is tried again by itself is no longer looked for.
      answer.verdict = item.doubtful ? Verdict::unknown : Verdict::retry;
      break;
    case Fate::unknown:
      answer.verdict = Verdict::unknown;
      break;
    case Fate::not_sent:
      answer.verdict = Verdict::not_sent;
      break;
    case Fate::rejected:
      answer.verdict = was_only_remembered(item)            ? Verdict::retry
                       : item.activity->messages.size() > 1 ? Verdict::rejected_in_company
                                                            : Verdict::rejected;
      break;
  }
  return answer;
}

std::vector<MessageAnswer> Exchange::message_answers(bool contacts_over) const {
  std::vector<MessageAnswer> answers(task_.messages);
  std::vector<std::optional<DeliveryUserId>> users(task_.messages);
  for (std::size_t place = 0; place < activities_.size(); ++place) {
    const MessageAnswer answer = answer_for(place, contacts_over);
    for (const std::size_t message : activities_[place].activity->messages) {
      const bool first = !users.at(message).has_value();
      users[message] = activities_[place].user;
      if (first || traits_of(answer.verdict).severity > traits_of(answers[message].verdict).severity) {
        answers[message] = answer;
      }
    }
  }
  // Whoever comes before one that was sent was in line to be sent too: it is tried again, not put behind.
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

std::vector<RemoteRecord> Exchange::records(bool contacts_over) const {
  std::vector<RemoteRecord> records;
  const auto keep = [&records](const Item& item, bool done) {
    records.push_back(
        {item.user, item.key, item.remote_id, done ? item.digest : std::string{}, without_lists(item.saved)});
  };
  for (std::size_t place = 0; place < contacts_.size(); ++place) {
    if (contacts_[place].learnt) {
      keep(contacts_[place], is_done(contacts_, place, contacts_over));
    }
  }
  const bool of_days = design_.work.unit == DeliveryUnit::day;
  for (std::size_t place = 0; place < activities_.size(); ++place) {
    const Item& item = activities_[place];
    if (item.fate == Fate::rejected && was_only_remembered(item)) {
      records.push_back({item.user, {}, {}, {}, {}});
    }
    // A message that is delivered is known to be; a transcript will be written again, and what is half done goes on.
    const bool done = is_done(activities_, place, contacts_over);
    if (item.learnt && (of_days || (!done && !item.remote_id.empty()))) {
      keep(item, done);
    }
  }
  return records;
}

}  // namespace elit::crm
