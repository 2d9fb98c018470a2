#pragma once

#include "core/crm/preset.hpp"

namespace elit::crm {

// The records that the requests of a step name by what the CRM gave: by `remote_id`, or by a saved value whose name
// ends in `_id`.
struct RecordIds {
  bool contact = false;
  bool activity = false;

  [[nodiscard]] bool any() const { return contact || activity; }
};

[[nodiscard]] RecordIds ids_in(const Step& step);

}  // namespace elit::crm
