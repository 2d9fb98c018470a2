#include "core/crm/exchange.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/check.hpp"
#include "core/crm/record_values.hpp"
#include "core/text/text_digest.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

// So many requests in a row that fail end the attempt.
constexpr int failures_max = 2;
// An activity that is older than this when it is sent is late.
constexpr Milliseconds late_after{60'000};
// So many contacts that no fewer fields helped show that fields are not the cause.
constexpr int hopeless_max = 2;

bool writes(StepKind kind) {
  return kind == StepKind::write || kind == StepKind::link;
}

bool is_refusal(Verdict verdict) {
  return verdict == Verdict::rejected || verdict == Verdict::rejected_in_company || verdict == Verdict::too_large;
}

}  // namespace

Exchange::Exchange(const SinkDesign& design, Task task)
    : design_(design), task_(std::move(task)), config_(design.config) {
  json::array fields;
  json::array if_empty;
  for (const FieldMapping& mapping : design_.fields) {
    fields.emplace_back(mapping.field);
    if (mapping.if_empty) {
      if_empty.emplace_back(mapping.field);
    }
  }
  mapping_ = json::object{{"fields", std::move(fields)}, {"if_empty", std::move(if_empty)}};
  take_sink();
  take_contacts();
  take_activities();
}

void Exchange::take_sink() {
  Item item;
  item.kind = StepItem::sink;
  item.progress = task_.sink ? Progress::skipped : Progress::open;
  item.values = task_.sink.value_or(json::object{});
  sink_.push_back(std::move(item));
}

void Exchange::take_contacts() {
  const auto& steps = design_.preset.steps;
  const bool are_written =
      std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.item == StepItem::contact; });
  for (const Contact& contact : task_.work.contacts) {
    Item item;
    item.contact = contacts_.size();
    item.user = contact.user;
    item.values = contact.values;
    json::object fields = fields_of(item.values, nullptr);
    item.digest = sha256_hex(json::serialize(json::array{contact.values.at("key"), fields}));
    item.values.get_object()["fields"] = std::move(fields);
    recall(item);
    if (!are_written) {
      item.progress = Progress::skipped;
    }
    contacts_.push_back(std::move(item));
  }
}

void Exchange::take_activities() {
  for (const Activity& activity : task_.work.activities) {
    const auto contact = std::find_if(contacts_.begin(), contacts_.end(),
                                      [&activity](const Item& each) { return each.user == activity.user; });
    check(contact != contacts_.end(), "an activity belongs to a contact of its work");
    Item item;
    item.kind = StepItem::activity;
    item.activity = &activity;
    item.contact = contact->contact;
    item.user = activity.user;
    item.key = activity.local_key;
    item.values = activity.values;
    item.values.get_object()["late"] = late_text(activity);
    item.digest = activity.digest;
    recall(item);
    activities_.push_back(std::move(item));
  }
}

// Not a part of the digest: it depends on when the attempt is made.
json::value Exchange::late_text(const Activity& activity) const {
  const json::value* started = activity.values.if_contains("started");
  if (started == nullptr || !started->is_int64() || task_.now - from_ms(started->get_int64()) <= late_after) {
    return nullptr;
  }
  return json::value(local_time_text(design_.work, from_ms(started->get_int64())));
}

void Exchange::recall(Item& item) const {
  bool forgotten = false;  // it was there once, and may still be
  for (const RemoteRecord& record : task_.known) {
    if (record.user == item.user && record.key == item.key) {
      if (!record.digest.empty() && record.digest == item.digest) {
        item.knowledge = Knowledge::confirmed_earlier;
        item.progress = Progress::skipped;
      }
      forgotten = record.digest.empty() && record.remote_id.empty();
      adopt(item, record.remote_id, record.saved);
    }
  }
  item.updatable = !item.remote_id.empty();
  if ((task_.unsure || forgotten) && item.progress == Progress::open) {
    item.knowledge = Knowledge::maybe_written;
  }
}

json::object Exchange::fields_of(const json::value& contact, const json::object* current) const {
  Scope scope;
  scope.bind("config", &config_);
  scope.bind("contact", &contact);
  json::object fields;
  for (const FieldMapping& mapping : design_.fields) {
    json::value value = mapping.value.value(scope);
    const bool kept = mapping.if_empty && current != nullptr && has_value(*current, mapping.field);
    if (!is_empty(value) && !kept) {
      fields[mapping.field] = std::move(value);
    }
  }
  return fields;
}

Exchange::Phase Exchange::phase_of(StepItem item) {
  switch (item) {
    case StepItem::sink:
      return Phase::sink;
    case StepItem::contact:
      return Phase::contacts;
    case StepItem::activity:
      break;
  }
  return Phase::activities;
}

std::vector<Exchange::Item>& Exchange::items() {
  switch (step().item) {
    case StepItem::sink:
      return sink_;
    case StepItem::contact:
      return contacts_;
    case StepItem::activity:
      break;
  }
  return activities_;
}

bool Exchange::is_unsure(const Item& item) const {
  return item.knowledge == Knowledge::maybe_written || item.knowledge == Knowledge::absent ||
         item.knowledge == Knowledge::told;
}

bool Exchange::wants(const Step& step, const Item& item) const {
  const bool unsure = is_unsure(item);
  if (!item.may_go_on() || (step.only_unsure && !unsure) || step.item != item.kind) {
    return false;
  }
  const bool known = !item.remote_id.empty();
  const bool has_if_empty = !mapping_.at("if_empty").get_array().empty();
  if ((step.kind == StepKind::find && known) || (step.kind == StepKind::read && !has_if_empty)) {
    return false;
  }
  // A write of known records is an update: what was created a moment ago needs none.
  const bool updatable = step.kind == StepKind::write ? item.updatable : known;
  if ((step.only_new && known) || (step.only_known && !updatable)) {
    return false;
  }
  const Scope own = own_scope();
  const Scope scope = scope_of(item, own);
  return std::all_of(step.only_if.begin(), step.only_if.end(), [&scope](const Text& text) {
    const std::string value = text.text(scope);
    return !value.empty() && value != "false" && value != "[]" && value != "{}";
  });
}

// Goes on to the next step with something to do. False: there is none.
bool Exchange::begin_step() {
  const auto& steps = design_.preset.steps;
  while (next_step_ < steps.size()) {
    if (!enter(phase_of(steps[next_step_].item))) {
      return false;
    }
    ++next_step_;
    Places places;
    for (std::size_t place = 0; place < items().size(); ++place) {
      if (wants(step(), items()[place])) {
        places.push_back(place);
      }
    }
    if (!places.empty()) {
      queue_.push_back(std::move(places));
      return true;
    }
  }
  static_cast<void>(enter(Phase::activities));
  return false;
}

// Settles the phases before `phase`. False: the sink's steps failed, and without them nothing can be done.
bool Exchange::enter(Phase phase) {
  if (phase_ == Phase::sink && phase > Phase::sink) {
    const Item& sink = sink_.front();
    if (sink.failed()) {
      stop(sink.progress == Progress::rejected ? Verdict::misconfigured : Verdict::retry, sink.error, sink.error);
      return false;
    }
    phase_ = Phase::contacts;
  }
  if (phase_ == Phase::contacts && phase > Phase::contacts) {
    settle_contacts();
    phase_ = Phase::activities;
  }
  return true;
}

void Exchange::settle_contacts() {
  for (Item& activity : activities_) {
    const Item& contact = contacts_[activity.contact];
    if (contact.knowledge == Knowledge::absent && activity.knowledge == Knowledge::maybe_written) {
      activity.knowledge = Knowledge::absent;  // No record is there without its contact.
    }
    if (contact.failed() && activity.progress != Progress::skipped) {
      activity.progress = contact.progress == Progress::rejected ? Progress::retry : contact.progress;
      activity.error = "the contact: " + contact.error;
      activity.suspect = contact.suspect;
      activity.by_status = contact.by_status;
    }
  }
}

// In a request of its own nothing goes before all that is earlier of its user is done or refused for good.
void Exchange::hold_those_that_wait(Places& places) {
  std::unordered_set<DeliveryUserId> held;
  for (Item& item : activities_) {
    if (item.progress == Progress::open && held.contains(item.user)) {
      item.progress = Progress::not_sent;
    }
    if (item.failed() && item.progress != Progress::rejected) {
      held.insert(item.user);
    }
  }
  std::erase_if(places, [this](std::size_t place) { return !activities_[place].may_go_on(); });
}

// Cuts the next chunk off the queue. False: the step is over.
bool Exchange::choose_chunk() {
  while (!queue_.empty() && chunk_.empty()) {
    Places places = std::move(queue_.front());
    queue_.pop_front();
    if (step().item == StepItem::activity) {
      hold_those_that_wait(places);
    }
    fill_chunk(places);
  }
  return !chunk_.empty();
}

void Exchange::fill_chunk(const Places& places) {
  const Scope own = own_scope();
  const auto group = [this, &own](std::size_t place) {
    return step().group_by ? step().group_by->text(scope_of(items()[place], own)) : std::string{};
  };
  std::unordered_set<DeliveryUserId> left;  // behind one that is left nothing of its user may go
  Places rest;
  std::string first_group;
  for (const std::size_t place : places) {
    const bool full = chunk_.size() >= static_cast<std::size_t>(step().items_max);
    const DeliveryUserId user = items()[place].user;
    const std::string its_group = full ? std::string{} : group(place);
    first_group = chunk_.empty() ? its_group : first_group;
    if (full || left.contains(user) || its_group != first_group) {
      left.insert(user);
      rest.push_back(place);
    } else {
      chunk_.push_back(place);
    }
  }
  if (!rest.empty()) {
    queue_.push_front(std::move(rest));
  }
}

std::optional<CrmRequest> Exchange::next(const CredentialValues& values) {
  while (!trouble_) {
    if (chunk_.empty() && !choose_chunk()) {
      if (!begin_step()) {
        break;
      }
      continue;
    }
    CrmRequest request = make_request(values);
    const std::int64_t limit = step().bytes_max > 0 ? step().bytes_max : task_.bytes_max;
    if (chunk_.size() == 1 || limit <= 0 || static_cast<std::int64_t>(request.request.body.size()) <= limit) {
      return request;
    }
    halve(std::exchange(chunk_, {}));
    chunk_ = std::move(queue_.front());
    queue_.pop_front();
  }
  if (!trouble_ && failures_ > 0 && !any_answer_) {
    stop(Verdict::retry, failure_, failure_);
  }
  phase_ = trouble_ ? phase_ : Phase::over;
  return std::nullopt;
}

void Exchange::halve(const Places& places) {
  const auto middle = places.begin() + static_cast<std::ptrdiff_t>(places.size() / 2);
  queue_.emplace_front(middle, places.end());
  queue_.emplace_front(places.begin(), middle);
}

Scope Exchange::own_scope() const {
  Scope scope;
  scope.bind("config", &config_);
  scope.bind("mapping", &mapping_);
  scope.bind("sink", &sink_.front().values);
  return scope;
}

Scope Exchange::scope_of(const Item& item, const Scope& outer) const {
  Scope scope(&outer);
  if (item.kind != StepItem::sink) {
    scope.bind("contact", &contacts_[item.contact].values);
  }
  if (item.activity != nullptr) {
    scope.bind("activity", &item.values);
  }
  return scope;
}

Items Exchange::scopes_of_chunk(const Scope& outer) {
  Items scopes;
  for (const std::size_t place : chunk_) {
    scopes.push_back(scope_of(items()[place], outer));
  }
  return scopes;
}

CrmRequest Exchange::make_request(const CredentialValues& values) {
  Scope known = own_scope();
  known.bind("secret", &values.secrets);
  known.bind("token", &values.token);
  // What stands beside the items, such as the path, sees the first of them.
  const Scope scope = scope_of(items()[chunk_.front()], known);
  const Items each = scopes_of_chunk(scope);
  RequestForm form;
  form.base_url = base_url_of(design_, values);
  form.method = step().method;
  form.path = step().path.target_text(scope);
  form.query = texts_of(step().query, scope);
  form.headers = texts_of(step().headers, scope);
  add_credential(form, design_.credential(), scope);
  form.format = step().format;
  if (form.format != BodyFormat::none) {
    form.body = render(step().body, scope, each);
  }
  CrmRequest request = put_together(std::move(form));
  request.step = step().name;
  return request;
}

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
    const bool refused = is_refusal(reading.verdict);
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
      item.fail(Progress::retry, error);
      stop(reading.verdict, step().name + ": " + reading.code, error);
      return;
  }
}

void Exchange::apply_whole(const ResponseReading& reading) {
  const Verdict verdict = *reading.whole;
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
    json::object& values = item.values.get_object();
    for (const auto& [name, text] : finding.saved) {
      values[name] = json::value(text);
    }
    values["fields"] = fields_of(item.values, &finding.current);
    return;
  }
  switch (finding.state) {
    case Finding::State::found:
      adopt(item, finding.remote_id, finding.saved);
      item.updatable = item.updatable || !finding.remote_id.empty();
      item.dirty = item.dirty || !finding.remote_id.empty();
      return;
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
