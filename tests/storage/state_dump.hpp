#pragma once

#include <string>
#include <vector>

#include "storage/store.hpp"

namespace elit::storage {

// The content of a store as text, to compare two of them. It leaves out what a restart changes: which batches are in
// flight. Must outlive the stores that it reads, because their connections keep its queries.
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
