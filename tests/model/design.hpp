#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/state.hpp"

namespace elit::model {

// The design, or the design with one deliberate error that the checker must find.
enum class DesignError {
  none,
  coverage_before_rows,
  no_look_back,
  no_settling,
  covered_to_the_time_of_commit,
  rows_dropped_and_pages_kept,
  short_page_ends_the_list,
  no_unique_key,
  batch_not_durable_before_it_is_sent,
  new_key_after_a_crash,
  other_set_after_a_lost_answer,
  lost_answer_taken_for_success,
  partial_answer_taken_for_success,
  outcome_before_the_answer,
  scan_mark_before_the_record,
  user_sent_twice_at_once,
  late_arrival_not_waited_for,
  looked_for_once,
};
inline constexpr std::array design_errors{
    DesignError::coverage_before_rows,
    DesignError::no_look_back,
    DesignError::no_settling,
    DesignError::covered_to_the_time_of_commit,
    DesignError::rows_dropped_and_pages_kept,
    DesignError::short_page_ends_the_list,
    DesignError::no_unique_key,
    DesignError::batch_not_durable_before_it_is_sent,
    DesignError::new_key_after_a_crash,
    DesignError::other_set_after_a_lost_answer,
    DesignError::lost_answer_taken_for_success,
    DesignError::partial_answer_taken_for_success,
    DesignError::outcome_before_the_answer,
    DesignError::scan_mark_before_the_record,
    DesignError::user_sent_twice_at_once,
    DesignError::late_arrival_not_waited_for,
    DesignError::looked_for_once,
};
[[nodiscard]] std::string_view name_of(DesignError error);

// How a CRM tells a repetition from something new.
enum class Receiver {
  keyed,      // by the key of the request
  looked_up,  // not at all: the sink looks for what may be there before it repeats, and the CRM finds things late
  rewritten,  // each request writes the whole transcript of its users, and the one that arrives last stays
};

// The small world in which the checker tries everything that can happen.
struct World {
  std::string name;
  std::vector<User> user_of;   // of each message
  std::vector<Tick> instants;  // of each message, ascending
  Tick delay_max = 0;          // a message appears at most this long after its instant
  Tick end = 0;                // time stops here, when everything is visible
  Count page_asked = 1;
  Count page_given = 1;  // the source's cap
  bool newest_first = false;
  Count batch_max = messages_max;  // the CRM refuses larger ones as too large
  Count crashes_max = 0;
  Receiver receiver = Receiver::keyed;

  [[nodiscard]] Number messages() const { return static_cast<Number>(user_of.size()); }
  [[nodiscard]] Set everything() const { return static_cast<Set>((1U << messages()) - 1); }
  [[nodiscard]] Set of_user(User user) const;
};

inline constexpr Tick settle = 1;
inline constexpr Tick lookback = 1;

struct Step {
  std::string what;
  State state;
};

// Adds a state and the step that led to it; nothing if the model does not describe the step.
class Steps {
 public:
  void add(std::string what, const State& state) { steps_.push_back({std::move(what), state}); }
  [[nodiscard]] const std::vector<Step>& all() const { return steps_; }
  void clear() { steps_.clear(); }

 private:
  std::vector<Step> steps_;
};

// The possible next steps: of the source and its reader, of a sink and its CRM, and of the process as a whole.
void source_steps(const World& world, DesignError error, const State& state, Steps& steps);
void sink_steps(const World& world, DesignError error, const State& state, Steps& steps);
void crash_step(const World& world, DesignError error, const State& state, Steps& steps);

// The broken promise of a state, or of a state without a next step; empty: none.
[[nodiscard]] std::string broken_promise(const World& world, const State& state);
[[nodiscard]] std::string broken_balance(const World& world, const State& state);

// In the order of release, doubles included.
[[nodiscard]] Set stored_set(const State& state);
[[nodiscard]] std::string text_of(Set set);

}  // namespace elit::model
