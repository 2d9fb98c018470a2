#pragma once

#include "core/crm/sink_design.hpp"
#include "core/options.hpp"

namespace elit::daemon {

// What the program runs on. Everything in it was checked when it was loaded.
struct Configuration {
  Options options;
  crm::SinkDesigns designs;  // one for each sink of a CRM

  // Whether running on `other` would be the same, a changed preset file included.
  [[nodiscard]] bool is_same_as(const Configuration& other) const {
    return options == other.options && crm::have_same_presets(designs, other.designs);
  }
};

}  // namespace elit::daemon
