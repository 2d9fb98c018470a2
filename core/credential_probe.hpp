#pragma once

#include "core/instant.hpp"

namespace elit {

// Schedules a pause while a peer refuses our credential: when to read the secret again, and when to send a probe, one
// request that shows whether the peer accepts the credential now.
class CredentialProbe {
 public:
  static constexpr Milliseconds secret_interval{std::chrono::seconds{10}};
  static constexpr Milliseconds distance_first{std::chrono::seconds{15}};
  static constexpr Milliseconds distance_max{std::chrono::minutes{5}};

  // Starts a pause: secret_at() is now, and the first probe is due `first` from now. The distance between probes
  // doubles up to `max`.
  void begin(SteadyTime now, Milliseconds first = distance_first, Milliseconds max = distance_max);
  // The next probe is sent no later than `at`.
  void hurry(SteadyTime at);
  // The peer refused a probe: doubles the distance.
  void on_refused(SteadyTime now);
  // The secret was read again. `changed`: it is another one, so a probe is due now. False also when it could not be
  // read.
  void on_secret(bool changed, SteadyTime now);

  // When the next probe may be sent. Requires: begin() was called.
  [[nodiscard]] SteadyTime probe_at() const { return probe_at_; }
  // The time from the previous probe, or from begin(), to the next one.
  [[nodiscard]] Milliseconds distance() const { return distance_; }
  // When to read the secret again. Requires: begin() was called.
  [[nodiscard]] SteadyTime secret_at() const { return secret_at_; }

 private:
  Milliseconds distance_{0};
  Milliseconds first_{0};
  Milliseconds max_{0};
  SteadyTime probe_at_ = SteadyTime::min();
  SteadyTime secret_at_ = SteadyTime::min();
};

}  // namespace elit
