#pragma once

#include <map>
#include <string>

#include "core/delivery/delivery_record.hpp"

namespace elit {

// A record that a CRM is known to hold of ours: a user's contact, or an activity with messages of that user.
struct RemoteRecord {
  DeliveryUserId user = 0;
  std::string key;        // empty: the contact; else the activity's key, unique among those of the user
  std::string remote_id;  // the CRM's own id of it
  std::string digest;     // of what was last written and confirmed; empty: not known
  std::map<std::string, std::string> saved;  // further values from answers, by name
};

}  // namespace elit
