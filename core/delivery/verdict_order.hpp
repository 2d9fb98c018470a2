#pragma once

#include <vector>

#include "core/delivery/delivery_answer.hpp"
#include "core/delivery/delivery_line.hpp"

namespace elit {

// What is to be done with each message of a batch, so that what goes again keeps the order of each user. `answers` are
// those of the answer, parallel to `batch`. The parts of a batch go again in one order for all users: first what is
// unknown, then what is rejected in company, then what was not sent, and what is refused for now goes by itself, after
// what is before it. So
// - among the messages of a user before an unknown one, those rejected in company, and those refused for now that are
//   behind such a one or behind an unknown one, are sent again as the unknown ones are;
// - those refused for now between two that are rejected in company go with these;
// - the only one that is rejected in company is the culprit: rejected.
// The rejected ones beyond `rejections_max` wait too, as those refused for now do: the sink is paused before they
// count. Requires: behind a message of a user that was not sent there are only such of that user.
[[nodiscard]] std::vector<Verdict> verdicts_in_order(const std::vector<WaitingMessage>& batch,
                                                     const std::vector<MessageAnswer>& answers, int rejections_max);

}  // namespace elit
