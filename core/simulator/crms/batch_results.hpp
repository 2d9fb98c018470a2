#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <string_view>

#include "core/random.hpp"
#include "core/simulator/crms/crm_faults.hpp"

namespace elit::simulator {

// What of `results`, which are in the order of the request, the client gets to see: all but each n-th
// (SimulatedCrmFaults::unmentioned_every), in their order.
[[nodiscard]] boost::json::array mentioned(boost::json::array results, const SimulatedCrmFaults& faults);

// In another order if SimulatedCrmFaults::shuffled says so; two or more never stay as they were. For vendors that
// promise no order.
[[nodiscard]] boost::json::array shuffled(boost::json::array results, const SimulatedCrmFaults& faults, Random& random);

// Whether any string in `value`, however deep, holds `text`. An empty text is nowhere.
[[nodiscard]] bool holds_text(const boost::json::value& value, std::string_view text);

}  // namespace elit::simulator
