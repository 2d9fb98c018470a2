#pragma once

#include <string>
#include <vector>

#include "storage/store.hpp"

namespace elit::storage {

// All that a store knows, as text, to be compared. Left out is what a restart is meant to change: which batches were
// under way. Must outlive the stores it looks at, whose connections remember its queries.
class StateDump {
 public:
  StateDump();
  [[nodiscard]] std::string of(Store& store) const;

 private:
  std::vector<std::string> queries_;  // one a table
};

// The first line in which two dumps differ; empty if they are equal.
[[nodiscard]] std::string difference(const std::string& expected, const std::string& found);

}  // namespace elit::storage
