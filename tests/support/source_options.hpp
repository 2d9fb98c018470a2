#pragma once

#include "core/options.hpp"

namespace elit {

// The source "support": a bot that exists, without audiences and without a limit of its requests.
inline SourceOptions support_source() {
  SourceOptions source;
  source.name = "support";
  source.customer_id = "4660";
  source.bot_key = "6bc26c50902b4838";
  source.limits.requests_per_second = 0;
  return source;
}

}  // namespace elit
