#include "daemon/delivery/sink_secrets.hpp"

namespace elit::daemon {

std::optional<std::string> SinkSecrets::read(const std::string& place, const SecretReference& reference) {
  const Result<std::string> secret = source_(reference);
  if (!secret) {
    problem_ = place + ": " + secret.error().detail;
    return std::nullopt;
  }
  conceal(*secret);
  // The scheme before the first blank is no secret, what follows it is one by itself.
  if (const auto blank = secret->find(' '); blank != std::string::npos) {
    conceal(secret->substr(blank + 1));
  }
  return *secret;
}

void SinkSecrets::conceal(const std::string& secret) {
  redactor_.add(secret);
  log_.add_secret(secret);
}

void SinkSecrets::redact(DeliveryAnswer& answer) const {
  answer.detail = redactor_.apply(answer.detail);
  answer.reason = redactor_.apply(answer.reason);
  for (auto& message : answer.messages) {
    if (!message.error.empty()) {
      message.error = redactor_.apply(message.error);
    }
  }
}

}  // namespace elit::daemon
