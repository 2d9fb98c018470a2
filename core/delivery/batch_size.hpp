#pragma once

namespace elit {

// How many messages a batch may hold: what is configured, or what the receiver deals with in one request. A size that
// fails is halved; each full batch that is accepted adds one message, and near the size that failed only every
// sixteenth does (additive increase, multiplicative decrease).
class BatchSize {
 public:
  // Requires: configured >= 1.
  explicit BatchSize(int configured) : configured_(configured), limit_(configured) {}

  [[nodiscard]] int limit() const { return limit_; }
  [[nodiscard]] bool is_reduced() const { return limit_ < configured_; }
  // A batch of so many messages was accepted.
  void on_accepted(int messages);
  // A batch of so many failed again and again while others were accepted.
  void on_failed(int messages);
  // One message of a batch of so many fails alone too: the size was not the cause. If such messages are frequent,
  // smaller batches hold fewer others up.
  void on_one_failed(int messages);

 private:
  static constexpr int careful_steps = 16;

  int configured_;
  int limit_;
  int failed_ = 0;    // the smallest size that failed of late; 0: none
  int accepted_ = 0;  // full batches since the last step
};

}  // namespace elit
