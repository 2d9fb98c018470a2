#pragma once

#include <span>
#include <string_view>

namespace elit::storage {

// A step from schema version - 1 to `version`. The SQL stands in migrations/NNNN_*.sql and is part of the program.
struct Migration {
  int version = 0;
  std::string_view sql;
};

// All steps, ascending and without a gap, from 1.
[[nodiscard]] std::span<const Migration> migrations();

}  // namespace elit::storage
