#include "core/crm/guarantee.hpp"

#include <algorithm>
#include <map>

namespace elit::crm {
namespace {

// The weaker, the later.
int weakness_of(Idempotency method) {
  switch (method) {
    case Idempotency::none:
    case Idempotency::upsert:
    case Idempotency::by_id:
      return 0;
    case Idempotency::client_id:
      return 1;
    case Idempotency::header:
      return 2;
    case Idempotency::lookup_before_create:
      return 3;
    case Idempotency::lookup_after_unknown:
      return 4;
    case Idempotency::allow_duplicates:
      return 5;
  }
  return 5;
}

const char* words_for(Idempotency method) {
  switch (method) {
    case Idempotency::none:
    case Idempotency::upsert:
    case Idempotency::by_id:
      return "are written again after a lost answer, which changes the same record: each is there once";
    case Idempotency::client_id:
      return "are written again under the same id after a lost answer, and a second one is refused: each is there once";
    case Idempotency::header:
      return "are written again under the same key after a lost answer: each is there once as long as the CRM "
             "remembers the key";
    case Idempotency::lookup_before_create:
      return "are looked up before they are made: each is there once if the CRM finds at once what it has taken";
    case Idempotency::lookup_after_unknown:
      return "are looked up after a lost answer, before they are made again: each is there once if the CRM finds by "
             "then what it has taken";
    case Idempotency::allow_duplicates:
      return "are written again after a lost answer: they may be there twice";
  }
  return "";
}

}  // namespace

// The weakest method decides.
std::vector<std::string> guarantee_of(const Preset& preset) {
  std::map<StepItem, Idempotency> weakest;
  for (const Step& step : preset.steps) {
    if (step.kind != StepKind::write || step.item == StepItem::sink) {
      continue;
    }
    const auto [place, is_new] = weakest.emplace(step.item, step.idempotency);
    if (!is_new && weakness_of(step.idempotency) > weakness_of(place->second)) {
      place->second = step.idempotency;
    }
  }
  std::vector<std::string> promises;
  promises.reserve(weakest.size() + 2);
  for (const auto& [item, method] : weakest) {
    promises.push_back(std::string(item == StepItem::contact ? "contacts " : "messages ") + words_for(method));
  }
  if (preset.units.contains(DeliveryUnit::day)) {
    promises.emplace_back(
        "a day's transcript whose attempt got no answer is written once more after `timeout`, and newer forms of it wait "
        "until then: an attempt that arrives late leaves no older form");
  }
  if (!preset.guarantee.empty()) {
    promises.push_back(preset.guarantee);
  }
  return promises;
}

bool late_requests_do_harm(const SinkDesign& design) {
  const auto& steps = design.preset.steps;
  return design.work.unit == DeliveryUnit::day || std::any_of(steps.begin(), steps.end(), [](const Step& step) {
           return step.idempotency == Idempotency::lookup_before_create ||
                  step.idempotency == Idempotency::lookup_after_unknown;
         });
}

}  // namespace elit::crm
