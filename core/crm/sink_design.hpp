#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
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
  std::size_t credential_index = 0;  // the used one of the preset's credentials
  WorkOptions work;

  [[nodiscard]] const Credential& credential() const { return preset.credentials.at(credential_index); }
};

}  // namespace elit::crm
