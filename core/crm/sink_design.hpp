#pragma once

#include <boost/json/object.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/crm/preset.hpp"
#include "core/crm/work.hpp"

namespace elit::crm {

// A preset combined with the options of one sink: everything that its deliveries need, except the secrets.
struct SinkDesign {
  Preset preset;
  std::string base_url;              // without a slash at its end; may have a path
  boost::json::object config;        // `config` of placeholders: the settings, and `url`
  std::vector<FieldMapping> fields;  // of contacts, in the order of their names
  std::set<std::string> adopt;       // "phone", "email": by these, contacts that others made are looked for and taken
  std::size_t credential_index = 0;  // the used one of the preset's credentials
  WorkOptions work;
  std::string preset_digest;  // of the operator's preset file; empty: the preset is a shipped one

  [[nodiscard]] const Credential& credential() const { return preset.credentials.at(credential_index); }
};

// The designs of the sinks of CRMs, by the name of the sink.
using SinkDesigns = std::map<std::string, SinkDesign>;

// Whether both were made from the same preset files. With equal options they are then equal, except that the time zone
// tables of the system may have changed.
[[nodiscard]] inline bool have_same_presets(const SinkDesigns& left, const SinkDesigns& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.preset_digest == other.second.preset_digest;
  });
}

}  // namespace elit::crm
