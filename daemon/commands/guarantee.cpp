#include "daemon/commands/guarantee.hpp"

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/crm/guarantee.hpp"
#include "core/crm/sink_design.hpp"

namespace elit::daemon {
std::vector<std::string> guarantee_of(const SinkOptions& sink) {
  if (sink.type == SinkType::file) {
    return {"exactly once per line key"};
  }
  if (sink.type == SinkType::http) {
    return {
        "at least once, a lost answer is repeated under the same Idempotency-Key: effectively once if the receiver "
        "keys on the `key` of each message"};
  }
  check(static_cast<bool>(sink.design), "the sink of a CRM has a design");
  return crm::guarantee_of(sink.design->preset);
}

std::string credential_of(const SinkOptions& sink) {
  if (sink.type != SinkType::crm) {
    return {};
  }
  const crm::Credential& credential = sink.design->credential();
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
