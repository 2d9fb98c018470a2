#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/rehearsal/stage.hpp"

namespace elit::sim {

// What `status` would name as a problem now.
[[nodiscard]] std::vector<std::string> problems_now(daemon::Stage& stage);

// Looks again and again whether a message waits so long that an operator has to know it, and whether `status` names its
// source or its sink then.
//
// Requires: no fault of the disk, which looking would use up, and a clock that is right.
class StatusWatch {
 public:
  using Problems = std::function<std::vector<std::string>(daemon::Stage&)>;

  explicit StatusWatch(Problems problems = problems_now) : problems_(std::move(problems)) {}

  void look(daemon::Stage& stage);

  // The waits that `status` did not name, a line each.
  [[nodiscard]] const std::vector<std::string>& unnamed() const { return unnamed_; }
  // How often a wait was long enough to be named.
  [[nodiscard]] int judged() const { return judged_; }

 private:
  void notice_changes(daemon::Stage& stage);
  void look_at(daemon::Stage& stage, std::size_t source, std::size_t sink);

  Problems problems_;
  int starts_ = 0;
  Instant running_since_;
  std::map<std::string, Instant> matching_since_;  // by source and user
  std::map<std::string, Instant> last_named_;      // by source and sink
  std::vector<std::string> unnamed_;
  int judged_ = 0;
};

}  // namespace elit::sim
