#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/crm/preset.hpp"
#include "core/http_message.hpp"

// An answer as the rules of a preset look at it. `element`: that of a list which is spoken of, or null for the whole.
namespace elit::crm {

// An answer with its body read once; `answer` outlives it.
struct HeardAnswer {
  const HttpResponse& answer;
  boost::json::value body;
  bool is_json = false;
};
[[nodiscard]] HeardAnswer hear(const HttpResponse& answer);

// Null when there is nothing at that place.
[[nodiscard]] const boost::json::value* pointed(const boost::json::value& value, const std::string& pointer);

// The value at a place, as text; absent when there is none or it is null.
[[nodiscard]] std::optional<std::string> find_value(const Locator& at, const HeardAnswer& heard,
                                                    const boost::json::value* element);

[[nodiscard]] bool all_hold(const std::vector<Condition>& conditions, const HeardAnswer& heard,
                            const boost::json::value* element);

[[nodiscard]] bool within(const std::vector<std::pair<int, int>>& statuses, int status);

// Whether the element speaks of the item.
[[nodiscard]] bool fits(const KeyMatch& key, const HeardAnswer& heard, const boost::json::value& element,
                        const Scope& item);

// What is to be saved of an element, by name.
[[nodiscard]] std::map<std::string, std::string> saved_of(const std::map<std::string, Locator>& save,
                                                          const HeardAnswer& heard, const boost::json::value* element);

// An id of the CRM's as it is kept; empty when there is none, or one too long to be an id.
[[nodiscard]] std::string remote_id_at(const std::optional<Locator>& at, const HeardAnswer& heard,
                                       const boost::json::value* element);

}  // namespace elit::crm
