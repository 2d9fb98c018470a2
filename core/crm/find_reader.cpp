#include <algorithm>
#include <utility>

#include "core/crm/reply_reader.hpp"
#include "core/crm/verdict_reader.hpp"

// What answers to requests that find or read say.
namespace elit::crm {
namespace {

namespace json = boost::json;

bool truthy(const std::optional<std::string>& text) {
  return text && !text->empty() && *text != "false" && *text != "[]" && *text != "{}";
}

bool names_item(const FindMap& find, const HeardAnswer& heard, const json::value& candidate, const Scope& item) {
  return std::all_of(find.keys.begin(), find.keys.end(),
                     [&](const KeyMatch& key) { return fits(key, heard, candidate, item); }) &&
         std::all_of(find.contains.begin(), find.contains.end(), [&](const auto& part) {
           const auto value = find_value(part.first, heard, &candidate);
           const std::string wanted = part.second.text(item);
           return value && !wanted.empty() && value->find(wanted) != std::string::npos;
         });
}

Finding finding_of(const Step& step, const HeardAnswer& heard, const json::value& candidate) {
  const FindMap& find = step.find;
  Finding finding;
  finding.state = Finding::State::found;
  if (find.id) {
    finding.remote_id = remote_id_at(find.id, heard, &candidate);
  }
  finding.saved = saved_of(find.save, heard, &candidate);
  const json::value* current = step.kind == StepKind::read ? pointed(candidate, find.current) : nullptr;
  if (current != nullptr && current->is_object()) {
    finding.current = current->get_object();
  }
  return finding;
}

std::vector<Finding> find_items(const Step& step, const HeardAnswer& heard, const Items& items) {
  const FindMap& find = step.find;
  Finding absent;
  const bool has_more = find.has_more && truthy(find_value(*find.has_more, heard, nullptr));
  absent.state = has_more ? Finding::State::unclear : Finding::State::absent;
  std::vector<Finding> diagnostics(items.size(), absent);
  const json::value* place = pointed(heard.body, find.list);
  const json::array* list = place == nullptr || find.single ? nullptr : place->if_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (find.single) {
      if (place != nullptr && !place->is_null() && names_item(find, heard, *place, items[i])) {
        diagnostics[i] = finding_of(step, heard, *place);
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
      diagnostics[i] = finding_of(step, heard, *found);
    }
  }
  return diagnostics;
}

// Whether the body has the form that the map speaks of: an answer that cannot be read tells of nobody.
bool is_readable(const FindMap& find, const HeardAnswer& heard) {
  if (!heard.is_json) {
    return false;
  }
  const json::value* place = pointed(heard.body, find.list);
  if (place == nullptr || place->is_null()) {
    return find.null_is_empty;
  }
  return find.single || place->is_array();
}

}  // namespace

FindReading read_find(const Preset& preset, const Step& step, const HttpResponse& answer, const Items& items,
                      Instant now) {
  const HeardAnswer heard = hear(answer);
  FindReading reading;
  if (within(step.find.not_found_statuses, answer.status)) {
    Finding absent;
    absent.state = Finding::State::absent;
    reading.items.assign(items.size(), absent);
    return reading;
  }
  const bool no_content = answer.status == 204 && within(step.find.statuses, 204);
  if (is_good(step.find.statuses, step.find.conditions, heard) && (no_content || is_readable(step.find, heard))) {
    reading.items = find_items(step, heard, items);
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

}  // namespace elit::crm
