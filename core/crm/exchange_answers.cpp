#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/crm/exchange.hpp"
#include "core/crm/record_ids.hpp"
#include "core/crm/record_values.hpp"

// What an Exchange makes of responses and of requests that failed.
namespace elit::crm {
namespace {

namespace json = boost::json;

// So many requests in a row that fail end the attempt.
constexpr int failures_max = 2;
// So many contacts that no fewer fields helped show that fields are not the cause.
constexpr int hopeless_max = 2;

bool writes(StepKind kind) {
  return kind == StepKind::write || kind == StepKind::link;
}

bool is_refusal(Verdict verdict) {
  return verdict == Verdict::rejected || verdict == Verdict::rejected_in_company || verdict == Verdict::too_large;
}

// Why a record was refused, without text of the CRM.
std::string said_of(const ItemReading& reading) {
  std::string said = reading.field.empty() ? reading.code : "the field " + reading.field + " has to have a value";
  said += said.empty() || reading.advice.empty() ? "" : ": ";
  return said + reading.advice;
}

}  // namespace

bool Exchange::on_answer(const ParsedResponse& response, Instant now) {
  check(!chunk_.empty(), "an answer belongs to a request");
  const Scope own = own_scope();
  const Items scopes = scopes_of_chunk(own);
  const auto apply_reading = [this](const auto& reading) {
    if (reading.whole == Verdict::unauthorized) {
      return false;
    }
    wait_for(reading.wait);
    if (reading.whole) {
      apply_whole(reading);
    } else {
      any_answer_ = true;
      failures_ = 0;
      put_off_.clear();
      apply_items(reading.items);
    }
    return true;
  };
  return writes(step().kind) ? apply_reading(read_reply(design_.preset, step(), response, scopes, now))
                             : apply_reading(read_find(design_.preset, step(), response, scopes, now));
}

void Exchange::assume_done() {
  check(!chunk_.empty(), "an answer belongs to a request");
  const bool writing = writes(step().kind);
  std::map<std::string, std::string> saved;
  for (const auto& [name, at] : writing ? step().reply.save : step().find.save) {
    saved[name] = '(' + name + ')';
  }
  const Places places = std::exchange(chunk_, {});
  for (const std::size_t place : places) {
    Item& item = items()[place];
    if (writing) {
      ItemReading reading;
      reading.verdict = Verdict::delivered;
      reading.saved = saved;
      if (step().reply.id && item.remote_id.empty()) {
        reading.remote_id = step().item == StepItem::contact ? "(contact id)" : "(record id)";
      }
      apply_item(item, reading);
    } else if (step().item == StepItem::sink) {
      adopt(item, {}, saved);
    }
  }
}

void Exchange::on_failure(const Failure& failure) {
  check(!chunk_.empty(), "a failure belongs to a request");
  const Verdict verdict = verdict_of(failure);
  const std::string place = step().name + ": " + failure.detail;
  wait_for(failure.retry_after);
  may_arrive_ = may_arrive_ || (verdict == Verdict::unknown && writes(step().kind));
  fail_chunk(verdict, place, place);
}

void Exchange::refuse_credential(const std::string& detail) {
  end_chunk(Verdict::unauthorized, detail);
  stop(Verdict::unauthorized, detail, detail);
}

void Exchange::give_up(Verdict verdict, const std::string& detail, std::optional<Milliseconds> wait) {
  if (!chunk_.empty()) {
    end_chunk(Verdict::not_sent, detail);
  }
  wait_for(wait);
  stop(verdict, detail, detail);
}

void Exchange::apply_items(const std::vector<ItemReading>& readings) {
  const Places places = std::exchange(chunk_, {});
  Places again;
  for (std::size_t i = 0; i < places.size(); ++i) {
    Item& item = items()[places[i]];
    const ItemReading& reading = readings[i];
    const bool refused = is_refusal(reading.verdict) && reading.effect == VerdictRule::Effect::none;
    const std::string error = step().name + ": " + reading.error;
    if (reading.again || (refused && leaves_fields_out(item, error, reading.code, false, reading.texts))) {
      again.push_back(places[i]);
    } else {
      apply_item(item, reading);
    }
  }
  if (!again.empty()) {
    queue_.push_front(std::move(again));
  }
}

void Exchange::apply_item(Item& item, const ItemReading& reading) {
  const std::string error = step().name + ": " + reading.error;
  const bool gave_id = !reading.remote_id.empty() || !item.remote_id.empty();
  const bool told = step().kind == StepKind::write && reading.verdict != Verdict::unknown;
  if (told && item.knowledge == Knowledge::maybe_written) {
    item.knowledge = Knowledge::told;
  }
  if (reading.effect == VerdictRule::Effect::next) {
    return refer(item, error);
  }
  if (reading.effect == VerdictRule::Effect::gone) {
    return miss(item, error);
  }
  switch (reading.verdict) {
    case Verdict::delivered:
    case Verdict::exists:
      if (step().reply.id && !gave_id) {
        item.fail(Progress::unknown, step().name + ": the answer does not name the record's id");
        return;
      }
      adopt(item, reading.remote_id, reading.saved);
      item.progress = Progress::written;
      item.dirty = true;
      // What was there already may hold less than what is to be there now.
      item.updatable = item.updatable || (reading.verdict == Verdict::exists && !item.remote_id.empty());
      return;
    case Verdict::rejected:
    case Verdict::rejected_in_company:
    case Verdict::too_large:
      item.fail(Progress::rejected, item.refusal ? item.refusal->error : error);
      return;
    case Verdict::retry:
      item.fail(Progress::retry, error);
      return;
    case Verdict::unknown:
    case Verdict::not_sent:
    case Verdict::unmentioned:
      item.fail(Progress::unknown, error);
      return;
    case Verdict::throttled:
    case Verdict::unauthorized:
    case Verdict::misconfigured:
      if (lacks_only_its_value(reading.field)) {
        item.fail(Progress::rejected, error);
        return;
      }
      item.fail(Progress::retry, error);
      stop(reading.verdict, step().name + ": " + said_of(reading), error);
      return;
  }
}

// A later step may write the item. If none does, the next attempt begins again.
void Exchange::refer(Item& item, const std::string& error) {
  item.fail(Progress::referred, error);
  item.values.get_object()["refused_by"] = step().name;
}

// The CRM does not know an id that the request used.
void Exchange::miss(Item& item, const std::string& error) {
  const RecordIds ids = ids_in(step());
  Item& contact = contacts_[item.contact];
  const bool is_contact = item.kind == StepItem::contact;
  bool remembered = false;
  for (Item* used : {ids.contact || is_contact ? &contact : nullptr, ids.activity && !is_contact ? &item : nullptr}) {
    if (used != nullptr && used->remembered) {
      used->forgotten = remembered = true;
    }
  }
  const bool was_found = is_contact || !ids.activity ? contact.updatable : item.updatable;
  item.fail(remembered || was_found ? Progress::retry : Progress::rejected, error);
}

// Whether the operator maps the field: then other contacts have a value in it.
bool Exchange::lacks_only_its_value(const std::string& field) const {
  const auto& fields = design_.fields;
  return !field.empty() && step().item == StepItem::contact &&
         std::any_of(fields.begin(), fields.end(), [&](const FieldMapping& one) { return one.field == field; });
}

void Exchange::apply_whole(const ResponseReading& reading) {
  const Verdict verdict = *reading.whole;
  if (reading.effect != VerdictRule::Effect::none && chunk_.size() == 1) {
    Item& item = items()[std::exchange(chunk_, {}).front()];
    return reading.effect == VerdictRule::Effect::gone ? miss(item, reading.reason) : refer(item, reading.reason);
  }
  if (verdict == Verdict::misconfigured && lacks_only_its_value(reading.field)) {
    return refuse_chunk(reading);
  }
  switch (verdict) {
    case Verdict::delivered:
    case Verdict::exists:
      if (chunk_.size() == 1 || verdict == Verdict::delivered) {
        ItemReading each;
        each.verdict = verdict;
        each.remote_id = chunk_.size() == 1 ? reading.remote_id : std::string{};
        for (const std::size_t place : std::exchange(chunk_, {})) {
          apply_item(items()[place], each);
        }
      } else {
        halve(std::exchange(chunk_, {}));
      }
      return;
    case Verdict::rejected:
    case Verdict::rejected_in_company:
    case Verdict::too_large:
      refuse_chunk(reading);
      return;
    case Verdict::unauthorized:
      refuse_credential(reading.detail);
      return;
    case Verdict::retry:
    case Verdict::throttled:
    case Verdict::misconfigured:
    case Verdict::unknown:
    case Verdict::not_sent:
    case Verdict::unmentioned:
      fail_chunk(verdict, reading.detail, reading.reason);
      return;
  }
}

// The request as a whole failed. The next request shows whether its items or the CRM are the cause.
void Exchange::fail_chunk(Verdict verdict, const std::string& detail, const std::string& reason) {
  const bool about_chunk = (verdict == Verdict::retry || verdict == Verdict::unknown) && phase_ != Phase::sink;
  if (!about_chunk || ++failures_ >= failures_max) {
    end_chunk(verdict, reason);
    stop(if_nothing_is_written(verdict), detail, reason);
    return;
  }
  failure_ = detail;
  if (repeats_chunk()) {
    return;
  }
  const bool unknown = traits_of(verdict).may_be_written && writes(step().kind);
  for (const std::size_t place : std::exchange(chunk_, {})) {
    items()[place].fail(unknown ? Progress::unknown : Progress::retry, reason);
    if (!unknown) {
      put_off_.push_back(&items()[place]);
    }
  }
}

// A look-up changes nothing: it is sent again once, after the others of its step.
bool Exchange::repeats_chunk() {
  if (writes(step().kind) || items()[chunk_.front()].repeated) {
    return false;
  }
  for (const std::size_t place : chunk_) {
    items()[place].repeated = true;
  }
  queue_.push_back(std::exchange(chunk_, {}));
  return true;
}

void Exchange::apply_items(const std::vector<Finding>& findings) {
  const Places places = std::exchange(chunk_, {});
  for (std::size_t i = 0; i < places.size(); ++i) {
    apply_finding(items()[places[i]], findings[i]);
  }
}

void Exchange::apply_finding(Item& item, const Finding& finding) {
  if (step().kind == StepKind::read && finding.state == Finding::State::found) {
    return take_current(item, finding);
  }
  switch (finding.state) {
    case Finding::State::found:
      return take_found(item, finding);
    case Finding::State::absent:
      if (item.knowledge == Knowledge::maybe_written) {
        item.knowledge = Knowledge::absent;
        const RecordKey key(item.user, item.key);
        if (!task_.absent.contains(key)) {
          absent_.push_back(key);
          item.fail(Progress::unknown, step().name + ": it is looked for once more before it is written again");
        }
      }
      return;
    case Finding::State::unclear:
      item.fail(Progress::unknown,
                step().name + ": the CRM has more records than it showed, this one may be among them");
      return;
  }
}

void Exchange::take_found(Item& item, const Finding& finding) {
  adopt(item, finding.remote_id, finding.saved);
  if (finding.remote_id.empty()) {
    return;
  }
  item.updatable = item.dirty = true;
  item.progress = Progress::open;
  if (!step().adopts.empty()) {
    item.saved[adopted_by] = step().adopts;
  } else if (item.kind == StepItem::contact && !item.former_id.empty() && item.former_id != finding.remote_id) {
    item.saved[adopted_by] = "merge";
  }
}

void Exchange::take_current(Item& item, const Finding& finding) {
  json::object& values = item.values.get_object();
  for (const auto& [name, text] : finding.saved) {
    values[name] = json::value(text);
  }
  values["fields"] = fields_of(item.values, &finding.current, item.adopted());
}

void Exchange::adopt(Item& item, const std::string& remote_id, const std::map<std::string, std::string>& saved) const {
  json::object& values = item.values.get_object();
  if (!remote_id.empty()) {
    item.remote_id = remote_id;
  }
  if (!item.remote_id.empty()) {
    values["remote_id"] = item.remote_id;
  }
  for (const auto& [name, text] : saved) {
    item.saved[name] = text;
    values[name] = saved_value(text);
  }
}

void Exchange::refuse_chunk(const ResponseReading& reading) {
  const Places places = std::exchange(chunk_, {});
  if (places.size() > 1) {
    halve(places);
    return;
  }
  Item& item = items()[places.front()];
  if (reading.may_be_field && leaves_fields_out(item, reading.reason, reading.code, reading.by_status, reading.texts)) {
    queue_.push_front(places);
    return;
  }
  item.fail(Progress::rejected, item.refusal ? item.refusal->error : reading.reason);
  item.by_status = item.refusal ? item.refusal->by_status : reading.by_status;
  failure_ = reading.detail;
}

bool Exchange::leaves_fields_out(Item& item, const std::string& error, const std::string& code, bool by_status,
                                 const std::vector<std::string>& texts) {
  if (item.kind != StepItem::contact || !writes(step().kind)) {
    return false;
  }
  json::object& values = item.values.get_object();
  const bool was_told = item.knowledge == Knowledge::maybe_written && step().kind == StepKind::write;
  item.knowledge = was_told ? Knowledge::told : item.knowledge;
  if (names_another_record(texts)) {
    return false;
  }
  if (!item.refusal) {
    const json::object& fields = values.at("fields").get_object();
    std::vector<std::string> names;
    for (const auto& field : fields) {
      if (field.value() != values.at("key")) {
        names.emplace_back(field.key());
      }
    }
    item.refusal = Refusal{error, code, by_status, fields, FieldOmission(std::move(names))};
  }
  const bool goes_again = item.refusal->omission.on_refusal(texts, hopeless_ < hopeless_max);
  hopeless_ += goes_again ? 0 : 1;
  json::object fields = item.refusal->fields;
  for (const std::string& name : item.refusal->omission.left_out()) {
    static_cast<void>(fields.stable_erase(name));
  }
  values["fields"] = std::move(fields);
  return goes_again;
}

// The request as a whole had no good answer; only what was written may be there all the same.
void Exchange::end_chunk(Verdict verdict, const std::string& error) {
  const bool unknown = traits_of(verdict).may_be_written && writes(step().kind);
  for (const std::size_t place : std::exchange(chunk_, {})) {
    items()[place].fail(unknown ? Progress::unknown : Progress::not_sent, error);
    items()[place].suspect = verdict == Verdict::retry || verdict == Verdict::unknown;
  }
}

void Exchange::stop(Verdict verdict, const std::string& detail, const std::string& reason) {
  for (Item* item : std::exchange(put_off_, {})) {
    item->progress = Progress::not_sent;  // The CRM is the cause, so they wait with the others.
    item->suspect = true;
  }
  for (Item& activity : activities_) {
    if (activity.progress == Progress::retry && contacts_[activity.contact].suspect) {
      activity.progress = Progress::not_sent;
      activity.suspect = true;
    }
  }
  if (!trouble_) {
    trouble_.emplace();
    trouble_->whole = verdict;
    trouble_->detail = detail;
    trouble_->reason = reason;
  }
}

void Exchange::wait_for(std::optional<Milliseconds> wait) {
  if (wait) {
    wait_ = wait_ ? std::max(*wait_, *wait) : wait;
  }
}

}  // namespace elit::crm
