#include "tests/properties/choices.hpp"

namespace elit::properties {

std::uint64_t Choices::below(std::uint64_t bound) {
  if (random_) {
    record_.push_back(random_->below(bound));
    return record_.back();
  }
  if (asked_ == given_.size()) {
    return 0;  // Not recorded: a smaller case has a shorter record.
  }
  record_.push_back(given_[asked_++] % bound);
  return record_.back();
}

std::int64_t Choices::between(std::int64_t least, std::int64_t most) {
  const std::uint64_t size = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + below(size));
}

}  // namespace elit::properties
