#pragma once

#include <vector>

#include "core/random.hpp"
#include "core/simulator/world.hpp"

namespace elit::simulator {

struct ExchangeOptions {
  Instant begin;
  Milliseconds pause_max;    // the longest silence between two messages
  bool odd_content = false;  // see WorldOptions
};

// The average number of messages in an exchange.
inline constexpr double messages_per_exchange = 3.5;

// A few messages between `user` and bot or agent: questions and answers, quick replies, files, an agent who joins and
// leaves, the same word twice in one millisecond, several messages at once. Their numbers are not set yet. Each is
// visible from its own instant on.
[[nodiscard]] std::vector<Message> write_exchange(Random& random, const User& user, const ExchangeOptions& options);

// `count` messages of one millisecond, two of which are identical when there are at least two.
[[nodiscard]] std::vector<Message> write_burst(Instant instant, int count);

}  // namespace elit::simulator
