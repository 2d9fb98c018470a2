#include "core/crm/exchange.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/check.hpp"
#include "core/text/text_digest.hpp"

// What is to be done, and which items go into which request.
namespace elit::crm {
namespace {

namespace json = boost::json;

bool is_empty(const json::value& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty());
}

// Odoo writes false where a field has no value.
bool has_value(const json::object& fields, const std::string& name) {
  const json::value* value = fields.if_contains(name);
  return value != nullptr && !is_empty(*value) && *value != json::value(false);
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
  item.skip = task_.sink.has_value();
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
    item.skip = item.skip || !are_written;
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
    item.digest = activity.digest;
    recall(item);
    activities_.push_back(std::move(item));
  }
}

void Exchange::recall(Item& item) const {
  bool forgotten = false;  // it was there once, and may still be
  for (const RemoteRecord& record : task_.known) {
    if (record.user == item.user && record.key == item.key) {
      item.remembered = !record.digest.empty() && record.digest == item.digest;
      item.skip = item.remembered;
      forgotten = record.digest.empty() && record.remote_id.empty();
      adopt(item, record.remote_id, record.saved);
    }
  }
  item.known_before = !item.remote_id.empty();
  item.unsure = (task_.unsure || forgotten) && !item.skip;
  item.doubtful = item.unsure;
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

bool Exchange::wants(const Step& step, const Item& item) const {
  if (item.fate != Fate::open || item.skip || (step.only_unsure && !item.unsure) || step.item != item.kind) {
    return false;
  }
  const bool known = !item.remote_id.empty();
  const bool has_if_empty = !mapping_.at("if_empty").get_array().empty();
  if ((step.kind == StepKind::find && known) || (step.kind == StepKind::read && !has_if_empty)) {
    return false;
  }
  // A write of known records is an update: what was created a moment ago needs none.
  const bool updatable = step.kind == StepKind::write ? item.known_before : known;
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
  for (; step_ < design_.preset.steps.size(); ++step_) {
    if (!pass_stage(step().item)) {
      return false;
    }
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
  static_cast<void>(pass_stage(StepItem::activity));
  return false;
}

// What is before the next step's items has to be settled. False: without it nothing can be done.
bool Exchange::pass_stage(StepItem next) {
  if (next != StepItem::sink && !sink_settled_) {
    const Item& sink = sink_.front();
    if (sink.fate != Fate::open) {
      stop(sink.fate == Fate::rejected ? Verdict::misconfigured : Verdict::retry, sink.error, sink.error);
      return false;
    }
    sink_settled_ = true;
  }
  if (next == StepItem::activity) {
    settle_contacts();
  }
  return true;
}

// Activities follow the fate of their contacts.
void Exchange::settle_contacts() {
  if (std::exchange(contacts_settled_, true)) {
    return;
  }
  for (Item& activity : activities_) {
    const Item& contact = contacts_[activity.contact];
    if (contact.fate != Fate::open && !activity.skip) {
      // A refused contact may be accepted later: what is on its timeline waits, and is seen to wait.
      activity.fate = contact.fate == Fate::rejected ? Fate::retry : contact.fate;
      activity.error = "the contact: " + contact.error;
    }
  }
}

// In a request of its own nothing goes before all that is earlier of its user is done or refused for good.
void Exchange::hold_those_that_wait(Places& places) {
  std::unordered_set<DeliveryUserId> held;
  for (Item& item : activities_) {
    if (item.fate == Fate::open && !item.skip && !item.written && held.contains(item.user)) {
      item.fate = Fate::not_sent;
    }
    if (item.fate != Fate::open && item.fate != Fate::rejected) {
      held.insert(item.user);
    }
  }
  std::erase_if(places, [this](std::size_t place) { return activities_[place].fate != Fate::open; });
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
      step_ += std::exchange(step_begun_, true) ? 1 : 0;
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
  finished_ = true;
  return std::nullopt;
}

void Exchange::halve(const Places& places) {
  const auto middle = places.begin() + static_cast<std::ptrdiff_t>(places.size() / 2);
  queue_.emplace_front(middle, places.end());
  queue_.emplace_front(places.begin(), middle);
}

}  // namespace elit::crm
