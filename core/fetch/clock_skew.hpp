#pragma once

#include <optional>

#include "core/instant.hpp"

namespace elit {

// How far the vendor's clock is from ours, estimated from the `Date` of its answers. That header counts whole seconds
// and a request takes a while, so a small difference is none.
class ClockSkew {
 public:
  // `date`: the answer's; `sent` and `received`: our clock around the request.
  void observe(Instant date, Instant sent, Instant received);

  // Theirs minus ours; 0 while unknown or too small to tell.
  [[nodiscard]] Milliseconds value() const { return value_; }

  // Once after each change worth a warning: the new value.
  [[nodiscard]] std::optional<Milliseconds> take_warning();

 private:
  Milliseconds value_{0};
  Milliseconds warned_{0};
};

}  // namespace elit
