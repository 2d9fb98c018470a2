#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/simulator/crms/hubspot_errors.hpp"

namespace elit::simulator {

// The fields of HubSpot's objects: which exist, which are unique, and which values they accept.
class HubSpotProperties {
 public:
  HubSpotProperties();

  // Whether `object` is contacts, communications or notes.
  [[nodiscard]] bool known_object(const std::string& object) const { return objects_.contains(object); }
  [[nodiscard]] static bool is_activity(std::string_view object) { return object != "contacts"; }

  // The property as HubSpot describes it; null: there is none.
  [[nodiscard]] const boost::json::object* find(const std::string& object, const std::string& name) const;

  // Whether its values identify records: e-mail addresses, and properties created as unique.
  [[nodiscard]] bool identifies(const std::string& object, const std::string& name) const;

  // Adds the property that a client describes. Returns what is wrong with the description; absent: nothing.
  [[nodiscard]] std::optional<HubSpotError> add(const std::string& object, const boost::json::object& description,
                                                bool unique_activities);

  // What is wrong with the values of a record; absent: nothing. `text_length_max` is in UTF-16 units.
  [[nodiscard]] std::optional<HubSpotError> complaint(const std::string& object, const boost::json::object& values,
                                                      bool creating, std::size_t text_length_max) const;

 private:
  void put(const std::string& object, const std::string& name, const char* type, bool unique = false);
  [[nodiscard]] std::size_t unique_count(const std::string& object) const;

  std::map<std::string, std::map<std::string, boost::json::object>> objects_;
};

}  // namespace elit::simulator
