#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/failure.hpp"
#include "core/http_message.hpp"

namespace elit::sim {

// The requests to one generic receiver, as their sender saw them. They show whether a message was sent under another
// Idempotency-Key without need, although the receiver may have it under the first one.
class Attempts {
 public:
  // Requests are told apart by `number`, which ascends.
  void on_sent(std::uint64_t number, const HttpRequest& request);
  // A request that never ends is one whose sender was killed.
  void on_ended(std::uint64_t number, const Result<HttpResponse>& result);

  // Why the message may not have changed its Idempotency-Key when it did so first; empty: it may, or did not.
  //
  // After an attempt whose answer was lost, the delivery repeats the same set. It takes the set apart after four
  // failures while others are accepted, or two where larger sets failed before (core/delivery/narrowing.hpp). Where
  // nothing is accepted it takes a probe from it after three. A set that is then refused (400, 413, 422) is not held.
  [[nodiscard]] std::string complaint(const std::string& message) const;

 private:
  enum class End : std::uint8_t { lost, accepted, failed, refused };  // refused: for what it holds
  struct Attempt {
    std::string idempotency_key;
    std::uint64_t sent = 0;   // its place among all events
    std::uint64_t ended = 0;  // 0: it did not end
    End end = End::lost;
    std::set<std::string> refused;  // messages with an error of their own
  };

  [[nodiscard]] bool happened(End end, std::uint64_t since, std::uint64_t until) const;
  [[nodiscard]] std::string judge_change(const Attempt& held, int failures, const Attempt& next) const;

  std::uint64_t events_ = 0;
  std::map<std::uint64_t, Attempt> attempts_;                     // by number
  std::map<std::string, std::vector<std::uint64_t>> of_message_;  // numbers by the message's key
};

}  // namespace elit::sim
