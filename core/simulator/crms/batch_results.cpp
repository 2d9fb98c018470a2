#include "core/simulator/crms/batch_results.hpp"

#include <algorithm>
#include <utility>

namespace elit::simulator {

namespace json = boost::json;

json::array mentioned(json::array results, const SimulatedCrmFaults& faults) {
  if (faults.unmentioned_every <= 0) {
    return results;
  }
  json::array kept;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if ((i + 1) % static_cast<std::size_t>(faults.unmentioned_every) != 0) {
      kept.push_back(std::move(results[i]));
    }
  }
  return kept;
}

json::array shuffled(json::array results, const SimulatedCrmFaults& faults, Random& random) {
  if (!faults.shuffled || results.size() < 2) {
    return results;
  }
  for (std::size_t i = results.size() - 1; i > 0; --i) {
    // Sattolo's algorithm: no element keeps its place.
    std::swap(results[i], results[random.below(i)]);
  }
  return results;
}

bool holds_text(const json::value& value, std::string_view text) {
  if (text.empty()) {
    return false;
  }
  if (const json::string* string = value.if_string()) {
    return std::string_view(string->data(), string->size()).find(text) != std::string_view::npos;
  }
  if (const json::array* array = value.if_array()) {
    return std::any_of(array->begin(), array->end(), [&](const json::value& part) { return holds_text(part, text); });
  }
  if (const json::object* object = value.if_object()) {
    return std::any_of(object->begin(), object->end(),
                       [&](const auto& part) { return holds_text(part.value(), text); });
  }
  return false;
}

}  // namespace elit::simulator
