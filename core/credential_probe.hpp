#pragma once

#include "core/instant.hpp"

namespace elit {

// The pause while a peer refuses our credential: when the secret is read again, and when one request may try whether
// the peer accepts it now.
class CredentialProbe {
 public:
  static constexpr Milliseconds secret_interval{std::chrono::seconds{10}};
  static constexpr Milliseconds distance_first{std::chrono::seconds{15}};
  static constexpr Milliseconds distance_max{std::chrono::minutes{5}};

  // Starts a pause: the secret is to be read at once, and the first probe is `first` from now. The distance of the
  // probes doubles up to `max`.
  void begin(SteadyTime now, Milliseconds first = distance_first, Milliseconds max = distance_max);
  // A probe failed: the next one is twice as far away.
  void on_refused(SteadyTime now);
  // The secret was read again, or could not be (`changed` is false then). A new one is tried at once.
  void on_secret(bool changed, SteadyTime now);

  // When the next probe may be sent. Meaningful after begin().
  [[nodiscard]] SteadyTime probe_at() const { return probe_at_; }
  // Between the probe before, or the beginning, and the next.
  [[nodiscard]] Milliseconds distance() const { return distance_; }
  // When the secret is to be read again. Meaningful after begin().
  [[nodiscard]] SteadyTime secret_at() const { return secret_at_; }

 private:
  Milliseconds distance_{0};
  Milliseconds first_{0};
  Milliseconds max_{0};
  SteadyTime probe_at_ = SteadyTime::min();
  SteadyTime secret_at_ = SteadyTime::min();
};

}  // namespace elit
