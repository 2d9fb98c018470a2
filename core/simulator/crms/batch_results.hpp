#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <string_view>

#include "core/random.hpp"
#include "core/simulator/crms/crm_faults.hpp"

namespace elit::simulator {

// The results that the client gets, of `results` in the order of the request: all but each n-th
// (SimulatedCrmFaults::unmentioned_every), in their order.
[[nodiscard]] boost::json::array mentioned(boost::json::array results, const SimulatedCrmFaults& faults);

// Changes the order if SimulatedCrmFaults::shuffled is set; two or more results never keep their order. For CRMs that
// promise no order.
[[nodiscard]] boost::json::array shuffled(boost::json::array results, const SimulatedCrmFaults& faults, Random& random);

// Whether any string in `value`, at any depth, contains `text`; false for an empty text.
[[nodiscard]] bool holds_text(const boost::json::value& value, std::string_view text);

}  // namespace elit::simulator
