#include "tests/model/design.hpp"

namespace elit::model {

std::string_view name_of(DesignError error) {
  switch (error) {
    case DesignError::none:
      return "none";
    case DesignError::coverage_before_rows:
      return "coverage_before_rows";
    case DesignError::no_look_back:
      return "no_look_back";
    case DesignError::no_settling:
      return "no_settling";
    case DesignError::covered_to_the_time_of_commit:
      return "covered_to_the_time_of_commit";
    case DesignError::rows_dropped_and_pages_kept:
      return "rows_dropped_and_pages_kept";
    case DesignError::short_page_ends_the_list:
      return "short_page_ends_the_list";
    case DesignError::no_unique_key:
      return "no_unique_key";
    case DesignError::batch_not_durable_before_it_is_sent:
      return "batch_not_durable_before_it_is_sent";
    case DesignError::new_key_after_a_crash:
      return "new_key_after_a_crash";
    case DesignError::other_set_after_a_lost_answer:
      return "other_set_after_a_lost_answer";
    case DesignError::lost_answer_taken_for_success:
      return "lost_answer_taken_for_success";
    case DesignError::partial_answer_taken_for_success:
      return "partial_answer_taken_for_success";
    case DesignError::outcome_before_the_answer:
      return "outcome_before_the_answer";
    case DesignError::scan_mark_before_the_record:
      return "scan_mark_before_the_record";
    case DesignError::user_sent_twice_at_once:
      return "user_sent_twice_at_once";
    case DesignError::late_arrival_not_waited_for:
      return "late_arrival_not_waited_for";
    case DesignError::looked_for_once:
      return "looked_for_once";
  }
  return "unknown";
}

Set World::of_user(User user) const {
  Set set = 0;
  for (Number message = 0; message < messages(); ++message) {
    set = with(set, user_of[message] == user ? one(message) : Set{0});
  }
  return set;
}

Set stored_set(const State& state) {
  Set set = 0;
  for (Count place = 0; place < state.stored_count; ++place) {
    set = with(set, one(state.stored[place]));
  }
  return set;
}

std::string text_of(Set set) {
  std::string text;
  for (Number message = 0; message < messages_max; ++message) {
    if (has(set, message)) {
      text += (text.empty() ? "" : " ") + std::to_string(message);
    }
  }
  return "{" + text + "}";
}

std::string broken_promise(const World& world, const State& state) {
  Set stored = 0;
  for (Count place = 0; place < state.stored_count; ++place) {
    if (has(stored, state.stored[place])) {
      return "a message is in the store twice";
    }
    stored = with(stored, one(state.stored[place]));
  }
  if (!within(state.promised, stored)) {
    return "a span is covered without its rows";
  }
  for (Number message = 0; message < world.messages(); ++message) {
    const Count effect = state.effects[message];
    if (effect > 1) {
      return "the CRM has a message twice";
    }
    if (effect == 0 && has(state.delivered, message)) {
      return "a message counts as delivered and the CRM does not have it";
    }
    if (effect > 0 && !has(stored, message)) {
      return "the CRM has a message that is not in the store";
    }
  }
  return state.overtaken != 0 ? "the CRM got a message before an earlier one of its user" : "";
}

std::string broken_balance(const World& world, const State& state) {
  if (state.visible != world.everything() || state.now != world.end) {
    return "time stands still";
  }
  if (stored_set(state) != world.everything()) {
    return "at the end the store lacks " + text_of(without(world.everything(), stored_set(state)));
  }
  if (state.delivered != world.everything()) {
    return "at the end these are not delivered: " + text_of(without(world.everything(), state.delivered));
  }
  for (Number message = 0; message < world.messages(); ++message) {
    if (state.effects[message] != 1) {
      return "at the end the CRM has message " + std::to_string(message) + " not exactly once";
    }
  }
  return "";
}

}  // namespace elit::model
