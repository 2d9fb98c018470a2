#pragma once

#include <optional>
#include <string>

#include "core/delivery/delivery_answer.hpp"
#include "core/options.hpp"
#include "core/text/redaction.hpp"
#include "daemon/log/log.hpp"
#include "daemon/system/secret.hpp"

namespace elit::daemon {

// The secrets of one sink, which nothing that it says may repeat.
class SinkSecrets {
 public:
  // `log` outlives it.
  SinkSecrets(SecretSource source, Log& log) : source_(std::move(source)), log_(log) {}

  // The secret behind `reference`, read again; `place` names it for the operator. Absent: problem() says why.
  [[nodiscard]] std::optional<std::string> read(const std::string& place, const SecretReference& reference);
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // From now on no log and no record says it.
  void conceal(const std::string& secret);
  void redact(DeliveryAnswer& answer) const;

 private:
  SecretSource source_;
  Log& log_;
  Redactor redactor_;
  std::string problem_;
};

}  // namespace elit::daemon
