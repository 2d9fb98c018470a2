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

// An activity that is older than this when it is sent is late.
constexpr Milliseconds late_after{60'000};

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
  json::array adopt(design_.adopt.begin(), design_.adopt.end());
  mapping_ =
      json::object{{"fields", std::move(fields)}, {"if_empty", std::move(if_empty)}, {"adopt", std::move(adopt)}};
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
    json::object fields = fields_of(item.values, nullptr, false);
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
      std::map<std::string, std::string> saved = record.saved;
      if (const auto former = saved.extract(former_id_of)) {
        item.former_id = former.mapped();
      }
      adopt(item, record.remote_id, saved);
    }
  }
  item.updatable = item.remembered = !item.remote_id.empty();
  if ((task_.unsure || forgotten) && item.progress == Progress::open) {
    item.knowledge = Knowledge::maybe_written;
  }
}

json::object Exchange::fields_of(const json::value& contact, const json::object* current, bool sparing) const {
  Scope scope;
  scope.bind("config", &config_);
  scope.bind("contact", &contact);
  json::object fields;
  for (const FieldMapping& mapping : design_.fields) {
    json::value value = mapping.value.value(scope);
    const bool kept = (sparing || mapping.if_empty) && current != nullptr && has_value(*current, mapping.field);
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
  if (!suits_kind(step, item)) {
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

bool Exchange::suits_kind(const Step& step, const Item& item) const {
  if (step.kind == StepKind::find) {
    return item.remote_id.empty() && (step.adopts.empty() || design_.adopt.contains(step.adopts));
  }
  return step.kind != StepKind::read || item.adopted() || !mapping_.at("if_empty").get_array().empty();
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
  for (Item& contact : contacts_) {
    if (contact.progress == Progress::referred) {
      contact.fail(Progress::retry, contact.error);
    }
  }
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

}  // namespace elit::crm
