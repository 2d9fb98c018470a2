#pragma once

#include <utility>
#include <vector>

#include "core/delivery/delivery_line.hpp"
#include "core/delivery/open_batches.hpp"

// How a batch that fails as a whole while others are accepted is narrowed down to what fails.
namespace elit {

using TwoParts = std::pair<std::vector<WaitingMessage>, std::vector<WaitingMessage>>;

// A message that fails alone so often while others are accepted is the cause of its failures.
inline constexpr int strikes_needed_refused = 2;

// How often a batch has to fail while others are accepted before it is taken apart. One whose answers are lost is
// repeated as the same set more often: the receiver may hold it under its key.
[[nodiscard]] int strikes_needed(const DeliveryBatch& batch);

// Two parts of about the same size. A user's messages stay in one part, so that no part waits behind the other; those
// of the only user are divided in time. Both keep the order. Requires: at least two messages.
[[nodiscard]] TwoParts in_halves(const std::vector<WaitingMessage>& messages);

// The messages that the failed request was about, and the others; halves where that is not known.
[[nodiscard]] TwoParts by_suspicion(const DeliveryBatch& batch);

// The first message of one of the users, and the others. `random` in [0, 1) chooses the user. Requires: at least two
// messages.
[[nodiscard]] TwoParts one_and_rest(const std::vector<WaitingMessage>& messages, double random);

// `messages` without `others`, which are among them in the same order.
[[nodiscard]] std::vector<WaitingMessage> without(const std::vector<WaitingMessage>& messages,
                                                  const std::vector<WaitingMessage>& others);

}  // namespace elit
