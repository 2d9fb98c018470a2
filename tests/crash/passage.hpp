#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "tests/crash/point.hpp"

// How a call passes through its crash point.
namespace elit::crash {

// A call that happens as a whole or not at all. `call()` makes it.
template <class Call>
auto pass(Kind kind, Place place, Call call) -> decltype(call()) {
  if (place == Place::nowhere) {
    return call();
  }
  switch (judge(kind, place)) {
    case Deed::fail:
      errno = planned_error();
      return -1;
    case Deed::die_before:
    case Deed::die_halfway:
      die();
    case Deed::die_after:
      call();
      die();
    default:
      return call();
  }
}

// A call that moves up to `size` bytes. `call(n)` makes it with the first n of them.
template <class Call>
ssize_t move_bytes(Kind kind, Place place, std::size_t size, Call call) {
  if (place == Place::nowhere) {
    return call(size);
  }
  switch (judge(kind, place)) {
    case Deed::fail:
      errno = planned_error();
      return -1;
    case Deed::shorten:
      return call(std::max<std::size_t>(size / 2, 1));
    case Deed::die_before:
      die();
    case Deed::die_halfway:
      call(size / 2);
      die();
    case Deed::die_after:
      call(size);
      die();
    default:
      return call(size);
  }
}

// The beginning of a list of buffers.
class Buffers {
 public:
  Buffers(const iovec* parts, std::size_t count) : count_(std::min(count, parts_.size())) {
    std::copy_n(parts, count_, parts_.begin());
  }

  [[nodiscard]] std::size_t size() const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      sum += parts_[i].iov_len;
    }
    return sum;
  }

  // Keeps only the first `size` bytes.
  void cut(std::size_t size) {
    for (std::size_t i = 0; i < count_; ++i) {
      parts_[i].iov_len = std::min(parts_[i].iov_len, size);
      size -= parts_[i].iov_len;
    }
  }

  [[nodiscard]] iovec* parts() { return parts_.data(); }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::array<iovec, 64> parts_{};
  std::size_t count_;
};

}  // namespace elit::crash
