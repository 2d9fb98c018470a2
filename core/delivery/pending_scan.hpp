#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/delivery/delivery_record.hpp"

namespace elit {

// How far the messages of a sink were read from the store. Those with a record (held back, or to be sent again) come
// first: the scan passes what has no record, so they have to be in line before. It asks while there is room in memory.
// Pure; used by one thread.
class PendingScan {
 public:
  // A list of the store: at most `limit` messages after the one with the id `after`.
  struct List {
    DeliveryMessageId after = 0;
    int limit = 0;
  };

  // `room`: how many messages may wait in memory.
  explicit PendingScan(std::size_t room) : room_(room) {}

  // Messages up to `scanned_to` were scanned by an earlier process.
  void start(DeliveryMessageId scanned_to) { at_ = recorded_ = scanned_to; }

  // The list to ask for while `waiting` messages are in memory; absent: none now. Requires: !asks().
  [[nodiscard]] std::optional<List> held_back(std::size_t waiting);
  [[nodiscard]] std::optional<List> pending(std::size_t waiting);
  // A list was asked for and has not come.
  [[nodiscard]] bool asks() const { return asked_ > 0; }
  // The list, ascending; one shorter than asked for is the last.
  void on_held_back(const std::vector<PendingMessage>& held);
  void on_pending(const std::vector<PendingMessage>& pending);
  // There may be new messages.
  void on_arrivals() { more_pending_ = true; }

  // Nothing is left in the store.
  [[nodiscard]] bool done() const { return !more_pending_ && !more_held_; }
  // Everything up to this message was read.
  [[nodiscard]] DeliveryMessageId at() const { return at_; }
  // Whether it has to be recorded that everything up to `to` has a record or an outcome. True once for each `to`.
  [[nodiscard]] bool take_to_record(DeliveryMessageId to);

 private:
  // Some slack, so that the store is asked for many at a time.
  [[nodiscard]] bool has_room(std::size_t waiting) const { return waiting <= room_ / 2; }

  std::size_t room_;
  bool more_pending_ = true;
  bool more_held_ = true;
  DeliveryMessageId at_ = 0;
  DeliveryMessageId held_at_ = 0;
  DeliveryMessageId recorded_ = 0;
  int asked_ = 0;  // the limit of the list that was asked for
};

}  // namespace elit
