#include "core/delivery/batch_size.hpp"

#include <algorithm>

namespace elit {

void BatchSize::on_accepted(int messages) {
  if (limit_ >= configured_ || messages < limit_) {
    return;
  }
  limit_ = std::min(messages, configured_);
  const bool is_near = failed_ > 0 && 4 * limit_ >= 3 * failed_;
  if (++accepted_ >= (is_near ? careful_steps : 1)) {
    accepted_ = 0;
    limit_ = std::min(limit_ + 1, configured_);
    failed_ = limit_ >= failed_ ? 0 : failed_;
  }
}

void BatchSize::on_failed(int messages) {
  const int half = std::max(1, messages / 2);
  if (half < limit_) {
    limit_ = half;
    failed_ = messages;
    accepted_ = 0;
  }
}

void BatchSize::on_one_failed(int messages) {
  limit_ = std::min(std::max(limit_, messages / 2), configured_);
  failed_ = accepted_ = 0;
}

}  // namespace elit
