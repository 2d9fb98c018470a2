#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/crm/exchange.hpp"

// What answers mean for the items.
namespace elit::crm {
namespace {

namespace json = boost::json;

bool is_list(const std::string& text) {
  return text.starts_with('[');
}

json::value saved_value(const std::string& text) {
  if (is_list(text)) {
    boost::system::error_code error;
    json::value list = json::parse(text, error);
    if (!error && list.is_array()) {
      return list;
    }
  }
  return json::value(text);
}

bool writes(StepKind kind) {
  return kind == StepKind::write || kind == StepKind::link;
}

}  // namespace

bool Exchange::on_answer(const HttpResponse& answer, Instant now) {
  check(!chunk_.empty(), "an answer belongs to a request");
  Scope own = own_scope();
  const Items scopes = scopes_of_chunk(own);
  if (writes(step().kind)) {
    const Reading reading = read_reply(design_.preset, step(), answer, scopes, now);
    if (reading.whole == Verdict::unauthorized) {
      return false;
    }
    wait_for(reading.wait);
    apply(reading);
  } else {
    const FindReading reading = read_find(design_.preset, step(), answer, scopes, now);
    if (reading.whole == Verdict::unauthorized) {
      return false;
    }
    wait_for(reading.wait);
    apply(reading);
  }
  return true;
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
  const bool reached = traits_of(verdict).may_be_written;
  const std::string place = step().name + ": " + failure.detail;
  end_chunk(reached && writes(step().kind) ? Fate::unknown : Fate::not_sent, place);
  wait_for(failure.retry_after);
  stop(if_nothing_is_written(verdict), place, place);
}

void Exchange::refuse_credential(const std::string& detail) {
  end_chunk(Fate::not_sent, detail);
  stop(Verdict::unauthorized, detail, detail);
}

void Exchange::give_up(Verdict verdict, const std::string& detail, std::optional<Milliseconds> wait) {
  if (!chunk_.empty()) {
    end_chunk(Fate::not_sent, detail);
  }
  wait_for(wait);
  stop(verdict, detail, detail);
}

void Exchange::apply(const Reading& reading) {
  if (reading.whole) {
    apply_whole(*reading.whole, reading.detail, reading.reason, reading.remote_id);
    return;
  }
  const Places places = std::exchange(chunk_, {});
  Places again;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (reading.items[i].again) {
      again.push_back(places[i]);
    } else {
      apply_item(items()[places[i]], reading.items[i]);
    }
  }
  if (!again.empty()) {
    queue_.push_front(std::move(again));
  }
}

void Exchange::apply_item(Item& item, const ItemReading& reading) {
  const std::string error = step().name + ": " + reading.error;
  const bool gave_id = !reading.remote_id.empty() || !item.remote_id.empty();
  item.doubtful = item.doubtful && (step().kind != StepKind::write || reading.verdict == Verdict::unknown);
  switch (reading.verdict) {
    case Verdict::delivered:
    case Verdict::exists:
      if (step().reply.id && !gave_id) {
        // Without its id nothing can be done with the record: the next attempt has to find it.
        item.fate = Fate::unknown;
        item.error = step().name + ": the answer does not name the record's id";
        return;
      }
      adopt(item, reading.remote_id, reading.saved);
      item.written = item.learnt = true;
      // What was there already may hold less than what is to be there now.
      item.known_before = item.known_before || (reading.verdict == Verdict::exists && !item.remote_id.empty());
      return;
    case Verdict::rejected:
    case Verdict::rejected_in_company:
    case Verdict::too_large:
      item.fate = Fate::rejected;
      item.error = error;
      return;
    case Verdict::retry:
      item.fate = Fate::retry;
      item.error = error;
      return;
    case Verdict::unknown:
    case Verdict::not_sent:
    case Verdict::unmentioned:
      item.fate = Fate::unknown;
      item.error = error;
      return;
    case Verdict::throttled:
    case Verdict::unauthorized:
    case Verdict::misconfigured:
      item.fate = Fate::retry;
      item.error = error;
      stop(reading.verdict, step().name + ": " + reading.code, error);
      return;
  }
}

void Exchange::apply_whole(Verdict verdict, const std::string& detail, const std::string& reason,
                           const std::string& remote_id) {
  switch (verdict) {
    case Verdict::delivered:
    case Verdict::exists:
      if (chunk_.size() == 1 || verdict == Verdict::delivered) {
        ItemReading reading;
        reading.verdict = verdict;
        reading.remote_id = chunk_.size() == 1 ? remote_id : std::string{};
        for (const std::size_t place : std::exchange(chunk_, {})) {
          apply_item(items()[place], reading);
        }
      } else {
        halve(std::exchange(chunk_, {}));
      }
      return;
    case Verdict::rejected:
    case Verdict::rejected_in_company:
    case Verdict::too_large:
      refuse_chunk(reason);
      return;
    case Verdict::unauthorized:
      refuse_credential(detail);
      return;
    case Verdict::retry:
    case Verdict::throttled:
    case Verdict::misconfigured:
    case Verdict::unknown:
    case Verdict::not_sent:
    case Verdict::unmentioned:
      end_chunk(verdict == Verdict::unknown && writes(step().kind) ? Fate::unknown : Fate::not_sent, reason);
      stop(if_nothing_is_written(verdict), detail, reason);
      return;
  }
}

void Exchange::apply(const FindReading& reading) {
  if (reading.whole) {
    apply_whole(*reading.whole, reading.detail, reading.reason, {});
    return;
  }
  const Places places = std::exchange(chunk_, {});
  for (std::size_t i = 0; i < places.size(); ++i) {
    apply_finding(items()[places[i]], reading.items[i]);
  }
}

void Exchange::apply_finding(Item& item, const Finding& finding) {
  if (step().kind == StepKind::read && finding.state == Finding::State::found) {
    // What people may change is known for this attempt only.
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
      item.known_before = item.known_before || !finding.remote_id.empty();
      item.learnt = item.learnt || !finding.remote_id.empty();
      return;
    case Finding::State::absent:
      return;
    case Finding::State::unclear:
      item.fate = Fate::unknown;
      item.error = step().name + ": the CRM has more records than it showed, this one may be among them";
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

// Something in the request is refused for good: in halves it shows what.
void Exchange::refuse_chunk(const std::string& reason) {
  const Places places = std::exchange(chunk_, {});
  if (places.size() > 1) {
    halve(places);
    return;
  }
  Item& item = items()[places.front()];
  item.fate = Fate::rejected;
  item.error = reason;
}

void Exchange::end_chunk(Fate fate, const std::string& error) {
  for (const std::size_t place : std::exchange(chunk_, {})) {
    items()[place].fate = fate;
    items()[place].error = error;
  }
}

void Exchange::stop(Verdict verdict, const std::string& detail, const std::string& reason) {
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
