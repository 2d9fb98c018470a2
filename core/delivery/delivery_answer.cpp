#include "core/delivery/delivery_answer.hpp"

#include <algorithm>

namespace elit {

bool has(const DeliveryAnswer& answer, Verdict verdict) {
  return std::any_of(answer.messages.begin(), answer.messages.end(),
                     [verdict](const MessageAnswer& message) { return message.verdict == verdict; });
}

bool charges(const DeliveryAnswer& answer) {
  return !answer.whole || traits_of(*answer.whole).charges;
}

bool is_refusal(const DeliveryAnswer& answer) {
  return answer.whole == Verdict::too_large || answer.whole == Verdict::rejected_in_company;
}

bool concerns_sink(const DeliveryAnswer& answer) {
  return answer.whole == Verdict::unauthorized || answer.whole == Verdict::misconfigured;
}

bool may_be_written(const DeliveryAnswer& answer) {
  return has(answer, Verdict::unknown) || (answer.whole && traits_of(*answer.whole).may_be_written);
}

bool is_judged(const DeliveryAnswer& answer) {
  return !answer.whole || traits_of(*answer.whole).proof >= Proof::alive;
}

Proof proof_of(const DeliveryAnswer& answer) {
  Proof proof = answer.whole && is_judged(answer) ? traits_of(*answer.whole).proof : Proof::nothing;
  for (const MessageAnswer& message : answer.messages) {
    proof = std::max(proof, traits_of(message.verdict).proof);
  }
  return proof;
}

bool all_absent(const DeliveryAnswer& answer) {
  return std::all_of(answer.messages.begin(), answer.messages.end(), [](const MessageAnswer& message) {
    return message.verdict != Verdict::not_sent || message.absent;
  });
}

std::string reason_of(const DeliveryAnswer& answer, Verdict verdict) {
  for (const MessageAnswer& message : answer.messages) {
    if (message.verdict == verdict && !message.error.empty()) {
      return message.error;
    }
  }
  return answer.reason;
}

}  // namespace elit
