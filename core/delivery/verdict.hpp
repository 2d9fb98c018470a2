#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/failure.hpp"

namespace elit {

// What a peer's answer, or its absence, says about one message, about one record of a CRM, or about a request as a
// whole.
enum class Verdict : std::uint8_t {
  delivered,            // accepted
  exists,               // it was there already, from an earlier attempt: as good as delivered
  retry,                // refused for now, not carried out: the same again later
  throttled,            // too many requests: the sink pauses, and no attempt is charged
  unauthorized,         // the credential is not accepted
  misconfigured,        // the configuration does not fit the peer; no message is the cause
  too_large,            // fewer messages may pass
  rejected,             // refused for good
  rejected_in_company,  // something in the request is refused for good, maybe this one
  unknown,              // it may have been carried out; no answer tells
  not_sent,             // something before it went wrong, or it waits behind another of its user
  unmentioned,          // the answer names outcomes, but none for this message: it is not delivered
};
inline constexpr std::size_t verdicts_count = 12;

// What a verdict proves about the peer; each value includes those before it.
enum class Proof : std::uint8_t {
  nothing,
  credential,  // the peer judges messages, so it accepts the credential
  alive,       // it judges their content, so it works
  health,      // it accepts messages
};

struct VerdictTraits {
  int severity = 0;  // a message with several records has the verdict of the highest
  Proof proof = Proof::nothing;
  bool charges = false;         // of a request: the attempt counts; otherwise the sink as a whole waits
  bool goes_along = false;      // the message is sent again in a batch of such messages
  bool may_be_written = false;  // the peer may hold the message although no answer says so
};

inline constexpr std::array<VerdictTraits, verdicts_count> verdict_traits{{
    {0, Proof::health, true, false, false},      // delivered
    {0, Proof::health, true, false, false},      // exists
    {4, Proof::credential, true, false, false},  // retry
    {4, Proof::nothing, false, false, false},    // throttled
    {4, Proof::nothing, false, false, false},    // unauthorized
    {4, Proof::nothing, false, false, false},    // misconfigured
    {1, Proof::alive, false, false, false},      // too_large
    {1, Proof::alive, true, false, false},       // rejected
    {2, Proof::alive, false, true, false},       // rejected_in_company
    {5, Proof::credential, true, true, true},    // unknown
    {3, Proof::credential, false, true, false},  // not_sent
    {4, Proof::credential, true, false, false},  // unmentioned
}};

[[nodiscard]] constexpr const VerdictTraits& traits_of(Verdict verdict) {
  return verdict_traits[static_cast<std::size_t>(verdict)];
}

// The same for a batch of which the request in question carried nothing, or whose messages say for themselves what is
// unknown.
[[nodiscard]] constexpr Verdict if_nothing_is_written(Verdict verdict) {
  return verdict == Verdict::unknown ? Verdict::retry : verdict;
}

// The verdict on a request that got no answer.
[[nodiscard]] Verdict verdict_of(const Failure& failure);

}  // namespace elit
