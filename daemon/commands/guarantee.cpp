#include "daemon/commands/guarantee.hpp"

#include <fmt/format.h>

#include <map>

#include "core/check.hpp"
#include "core/crm/sink_design.hpp"

namespace elit::daemon {
namespace {

using crm::Idempotency;

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
             "remembers "
             "the key";
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

// The weakest method decides, for contacts and for activities.
std::vector<std::string> promises_of(const crm::Preset& preset) {
  std::map<crm::StepItem, Idempotency> weakest;
  for (const crm::Step& step : preset.steps) {
    if (step.kind != crm::StepKind::write) {
      continue;
    }
    const auto [place, is_new] = weakest.emplace(step.item, step.idempotency);
    if (!is_new && weakness_of(step.idempotency) > weakness_of(place->second)) {
      place->second = step.idempotency;
    }
  }
  std::vector<std::string> promises;
  for (const auto& [item, method] : weakest) {
    promises.push_back(
        fmt::format("{} {}", item == crm::StepItem::contact ? "contacts" : "messages", words_for(method)));
  }
  return promises;
}

}  // namespace

std::vector<std::string> guarantee_of(const SinkOptions& sink) {
  if (sink.type == SinkType::file) {
    return {"exactly once per line key"};
  }
  if (sink.type == SinkType::http) {
    return {
        "at least once, a lost answer is repeated under the same Idempotency-Key: effectively once if the receiver "
        "keys "
        "on the `key` of each message"};
  }
  check(static_cast<bool>(sink.design), "the sink of a CRM has a design");
  std::vector<std::string> lines = promises_of(sink.design->preset);
  if (!sink.design->preset.guarantee.empty()) {
    lines.push_back(sink.design->preset.guarantee);
  }
  return lines;
}

std::string way_in_of(const SinkOptions& sink) {
  if (sink.type != SinkType::crm) {
    return {};
  }
  const crm::Credential& credential = sink.design->way_in();
  if (credential.secrets.empty()) {
    return fmt::format("credential {}, without secrets", credential.name);
  }
  return fmt::format("credential {} with {}{}", credential.name, fmt::join(credential.secrets, ", "),
                     credential.token ? ", exchanged for tokens" : "");
}

std::string unit_of(const SinkOptions& sink) {
  if (sink.type != SinkType::crm) {
    return {};
  }
  if (sink.design->work.unit == crm::DeliveryUnit::message) {
    return "one record for each message";
  }
  return fmt::format("one record for each user and day ({})", sink.timezone);
}

}  // namespace elit::daemon
