#include "core/credential_probe.hpp"

#include <algorithm>

namespace elit {

void CredentialProbe::begin(SteadyTime now, Milliseconds first, Milliseconds max) {
  distance_ = first_ = first;
  max_ = max;
  probe_at_ = now + first;
  secret_at_ = now;
}

void CredentialProbe::hurry(SteadyTime at) {
  probe_at_ = std::min(probe_at_, at);
}

void CredentialProbe::on_refused(SteadyTime now) {
  distance_ = std::min(distance_ * 2, max_);
  probe_at_ = now + distance_;
}

void CredentialProbe::on_secret(bool changed, SteadyTime now) {
  secret_at_ = now + secret_interval;
  if (changed) {
    distance_ = first_;
    probe_at_ = now;
  }
}

}  // namespace elit
