#pragma once

#include <string>

namespace elit {

// An error of a delivery, as DeliveryOutcome::error has it, without what the peer wrote: that may hold the text of a
// message. Where something is left out, it names the view that has all.
[[nodiscard]] std::string without_answer(const std::string& error);

}  // namespace elit
