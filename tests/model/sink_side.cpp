#include <algorithm>

#include "core/check.hpp"
#include "tests/model/design.hpp"

// A sink, its CRM and the network between them. A CRM with keys remembers its answer to a key and repeats it.
namespace elit::model {
namespace {

Number place_of(const State& state, Number message) {
  const auto end = state.stored.begin() + state.stored_count;
  return static_cast<Number>(std::find(state.stored.begin(), end, message) - state.stored.begin());
}

// The messages of the user that were released before this one.
Set earlier_than(const World& world, const State& state, Number message) {
  Set earlier = 0;
  for (Number place = 0; place < place_of(state, message); ++place) {
    const Number other = state.stored[place];
    if (world.user_of[other] == world.user_of[message] && other != message) {
      earlier = with(earlier, one(other));
    }
  }
  return earlier;
}

// Whether the set contains, for each of its messages, all earlier messages of the user that are not in `done`.
bool skips_nothing(const World& world, const State& state, Set set, Set done) {
  for (Number message = 0; message < world.messages(); ++message) {
    if (has(set, message) && !within(earlier_than(world, state, message), with(set, done))) {
      return false;
    }
  }
  return true;
}

bool share_a_user(const World& world, Set left, Set right) {
  for (User user = 0; user < users_max; ++user) {
    if ((left & world.of_user(user)) != 0 && (right & world.of_user(user)) != 0) {
      return true;
    }
  }
  return false;
}

Set members_where(const State& state, bool (*fits)(const Batch&)) {
  Set members = 0;
  for (const Batch& batch : state.batches) {
    members = with(members, batch.members != 0 && fits(batch) ? batch.members : Set{0});
  }
  return members;
}

bool is_under_way(const Batch& batch) {
  return batch.phase != Phase::at_rest && batch.phase != Phase::recording;
}
bool is_durable(const Batch& batch) {
  return batch.durable != 0;
}

Set done(const State& state) {
  return with(state.delivered, state.settled);
}

// Batches in another order are the same state.
void put_in_order(State& state) {
  std::sort(state.batches.begin(), state.batches.end(),
            [](const Batch& left, const Batch& right) { return left.members > right.members; });
}

Batch& free_place(State& state) {
  const auto place =
      std::find_if(state.batches.begin(), state.batches.end(), [](const Batch& batch) { return batch.members == 0; });
  check(place != state.batches.end(), "there are no more batches than messages");
  return *place;
}

// --- The main loop of the sink.

void scan(const State& before, Steps& steps) {
  State state = before;
  const Set held = with(members_where(state, is_durable), with(state.recorded, done(state)));
  for (Number place = state.scan_at; place < state.stored_count; ++place) {
    state.waiting = with(state.waiting, without(one(state.stored[place]), held));
  }
  state.scan_at = state.stored_count;
  steps.add("the sink looks for new messages and has " + text_of(state.waiting), state);
}

void mark_scan(const State& before, DesignError error, Steps& steps) {
  State state = before;
  Set in_memory_alone = without(state.waiting, state.recorded);
  for (const Batch& batch : state.batches) {
    in_memory_alone = with(in_memory_alone, batch.durable != 0 ? Set{0} : batch.members);
  }
  if (error == DesignError::scan_mark_before_the_record) {
    in_memory_alone = 0;
  }
  Count to = 0;
  while (to < state.scan_at && !has(in_memory_alone, state.stored[to])) {
    ++to;
  }
  if (to > state.scanned_to) {
    state.scanned_to = to;
    steps.add("the scan is recorded up to " + std::to_string(to), state);
  }
}

void hold_back(const World& world, const State& before, Steps& steps) {
  State state = before;
  const Set failing = members_where(state, [](const Batch& batch) { return batch.phase == Phase::at_rest; });
  for (Number message = 0; message < world.messages(); ++message) {
    if (has(state.waiting, message) && share_a_user(world, failing, one(message))) {
      state.recorded = with(state.recorded, one(message));
    }
  }
  if (state.recorded != before.recorded) {
    steps.add("messages are recorded as held back: " + text_of(without(state.recorded, before.recorded)), state);
  }
}

void form_batches(const World& world, DesignError error, const State& before, Steps& steps) {
  const Set busy = members_where(before, is_under_way);
  for (Set set = 1; set <= world.everything(); ++set) {
    const bool in_order = skips_nothing(world, before, set, done(before)) && !share_a_user(world, set, busy);
    if (!within(set, before.waiting) || (!in_order && error != DesignError::user_sent_twice_at_once)) {
      continue;
    }
    State state = before;
    state.waiting = without(state.waiting, set);
    Batch& batch = free_place(state);
    batch.members = set;
    batch.phase = Phase::beginning;
    put_in_order(state);
    steps.add("a batch is formed: " + text_of(set), state);
  }
}

// --- The life of a batch; `place` is its index in the state.

void leave(State& state, std::size_t place) {
  state.batches[place] = Batch{};
  put_in_order(state);
}

void begin(const World& world, DesignError error, const State& before, std::size_t place, Steps& steps) {
  State state = before;
  Batch& batch = state.batches[place];
  // Jobs of the store keep their order: earlier decisions about this user become durable first.
  const Set recording = members_where(before, [](const Batch& other) { return other.phase == Phase::recording; });
  if (error == DesignError::batch_not_durable_before_it_is_sent) {
    batch.phase = Phase::on_its_way;
    steps.add("the batch " + text_of(batch.members) + " is sent and not durable", state);
  } else if (!share_a_user(world, batch.members, recording)) {
    batch.durable = 1;
    batch.phase = Phase::begun;
    steps.add("the batch " + text_of(batch.members) + " is durable", state);
  }
}

Set users_messages(const World& world, Set set) {
  Set all = 0;
  for (User user = 0; user < users_max; ++user) {
    all = with(all, (set & world.of_user(user)) != 0 ? world.of_user(user) : Set{0});
  }
  return all;
}

// Whether an attempt with one of these messages is still on its way, and nobody waits for its answer.
bool may_still_arrive(const State& state, Set members) {
  for (Set set = 1; set < sets; ++set) {
    if (state.strays[set] != 0 && (set & members) != 0) {
      return true;
    }
  }
  return false;
}

Set in_the_crm(const World& world, const State& state) {
  Set there = 0;
  for (Number message = 0; message < world.messages(); ++message) {
    there = with(there, state.effects[message] > 0 ? one(message) : Set{0});
  }
  return there;
}

// A batch without an answer is looked for, twice. The first time the CRM finds what is indexed, the second time what is
// there.
void look(const World& world, DesignError error, const State& before, std::size_t place, Steps& steps) {
  State state = before;
  Batch& batch = state.batches[place];
  const bool is_last = batch.missed != 0 || error == DesignError::looked_for_once;
  const Set found = batch.members & (batch.missed != 0 ? in_the_crm(world, state) : state.indexed);
  if (found == 0 && is_last) {
    batch.lost = batch.missed = 0;
  } else if (found == batch.members || (found != 0 && is_last)) {
    batch.phase = Phase::recording;
    batch.accepted = found;
    batch.lost = batch.missed = 0;
    state.settled = with(state.settled, found);
    state.waiting = with(state.waiting, without(batch.members, found));
  } else {
    batch.missed = 1;
  }
  steps.add("the batch " + text_of(batch.members) + " is looked for, found are " + text_of(found), state);
}

void send(const World& world, DesignError error, const State& before, std::size_t place, Steps& steps) {
  const Batch& resting = before.batches[place];
  const Set busy = members_where(before, is_under_way);
  const bool may_go = resting.phase == Phase::begun || (skips_nothing(world, before, resting.members, done(before)) &&
                                                        !share_a_user(world, resting.members, busy));
  const bool waits = resting.lost != 0 && error != DesignError::late_arrival_not_waited_for &&
                     may_still_arrive(before, resting.members);
  if (!may_go || waits) {
    return;
  }
  if (resting.lost != 0 && world.receiver == Receiver::looked_up) {
    look(world, error, before, place, steps);
    return;
  }
  State state = before;
  Batch& batch = state.batches[place];
  batch.phase = Phase::on_its_way;
  batch.lost = 0;
  if (world.receiver == Receiver::rewritten) {
    batch.transcript = with(batch.members, done(state) & users_messages(world, batch.members));
  }
  if (error == DesignError::outcome_before_the_answer) {
    state.delivered = with(state.delivered, batch.members);
  }
  steps.add("the batch " + text_of(batch.members) + " is sent", state);
}

// The transcripts of the users of `accepted` are now what the request says.
void rewrite(const World& world, State& state, Set transcript, Set accepted) {
  const Set concerned = users_messages(world, accepted);
  for (Number message = 0; message < world.messages(); ++message) {
    if (has(concerned, message)) {
      state.effects[message] = has(transcript, message) ? 1 : 0;
    }
  }
}

// The CRM accepts `accepted` of the set, unless it knows the key already.
Set take(const World& world, State& state, Set set, bool new_key, Set accepted) {
  if (world.receiver == Receiver::keyed && state.answered[set] != 0 && !new_key) {
    return state.accepted_under[set];
  }
  if (world.receiver == Receiver::keyed) {
    state.answered[set] = 1;
    state.accepted_under[set] = accepted;
  }
  const Set there = with(accepted, in_the_crm(world, state));
  for (Number message = 0; message < world.messages(); ++message) {
    if (has(accepted, message)) {
      state.effects[message] = std::min<Count>(2, static_cast<Count>(state.effects[message] + 1));
      if (!within(earlier_than(world, state, message), there)) {
        state.overtaken = 1;
      }
    }
  }
  return accepted;
}

Count size_of(Set set) {
  Count size = 0;
  for (Number message = 0; message < messages_max; ++message) {
    size = static_cast<Count>(size + (has(set, message) ? 1 : 0));
  }
  return size;
}

// The request of the batch is on its way, and nobody waits for its answer any more.
void stray(const World& world, State& state, const Batch& batch) {
  state.strays[world.receiver == Receiver::rewritten ? batch.transcript : batch.members] = 1;
}

// Whether a CRM may accept this part of a set.
bool is_possible(const World& world, const State& state, Set accepted, Set set) {
  if (world.receiver == Receiver::rewritten) {  // a user's transcript as a whole
    return within(accepted, set) && accepted == (users_messages(world, accepted) & set);
  }
  return within(accepted, set) && skips_nothing(world, state, accepted, without(0xFF, set));
}

void arrive(const World& world, const State& before, std::size_t place, Steps& steps) {
  const Set set = before.batches[place].members;
  const bool new_key = before.batches[place].new_key != 0;
  const bool known = before.answered[set] != 0 && !new_key;
  if (!known && size_of(set) > world.batch_max) {
    State state = before;
    state.batches[place].phase = Phase::answered;
    state.batches[place].refused = 1;
    steps.add("the CRM refuses " + text_of(set) + " as too large", state);
    return;
  }
  for (Set accepted = 1; accepted <= set; ++accepted) {
    if (known ? accepted == set : is_possible(world, before, accepted, set)) {
      State state = before;
      Batch& batch = state.batches[place];
      if (world.receiver == Receiver::rewritten) {
        rewrite(world, state, batch.transcript, accepted);
        batch.accepted = accepted;
      } else {
        batch.accepted = take(world, state, set, new_key, accepted);
      }
      batch.phase = Phase::answered;
      steps.add("the CRM has " + text_of(set) + " and accepts " + text_of(batch.accepted), state);
    }
  }
  State throttled = before;
  throttled.batches[place].phase = Phase::recording;
  throttled.batches[place].failed = 1;
  steps.add("the CRM throttles", throttled);
}

// No answer comes, before or after the CRM got the request.
void lose_answer(const World& world, DesignError error, const State& before, std::size_t place, Steps& steps) {
  State state = before;
  Batch& batch = state.batches[place];
  if (batch.phase == Phase::on_its_way) {
    stray(world, state, batch);
  }
  batch.lost = world.receiver == Receiver::keyed ? Count{0} : Count{1};
  batch.phase = Phase::recording;
  batch.refused = 0;
  if (error == DesignError::lost_answer_taken_for_success) {
    batch.accepted = batch.members;
    state.settled = with(state.settled, batch.members);
  } else {
    batch.accepted = 0;
    batch.failed = 1;
  }
  steps.add("the answer to " + text_of(batch.members) + " is lost", state);
}

void hear_answer(DesignError error, const State& before, std::size_t place, Steps& steps) {
  State state = before;
  Batch& batch = state.batches[place];
  batch.phase = Phase::recording;
  if (error == DesignError::partial_answer_taken_for_success && batch.refused == 0) {
    batch.accepted = batch.members;
  }
  if (batch.refused == 0) {
    state.settled = with(state.settled, batch.accepted);
    state.waiting = with(state.waiting, without(batch.members, batch.accepted));
  }
  steps.add("the answer to " + text_of(batch.members) + " comes", state);
}

void split(State& state, std::size_t place) {
  const Set members = state.batches[place].members;
  Set first = 0;
  for (Number at = 0; at < state.stored_count && size_of(first) < size_of(members) / 2; ++at) {
    first = with(first, one(state.stored[at]) & members);
  }
  state.batches[place] = Batch{};
  for (const Set half : {first, without(members, first)}) {
    Batch& batch = free_place(state);
    batch.members = half;
    batch.durable = 1;
  }
  put_in_order(state);
}

void record(DesignError error, const State& before, std::size_t place, Steps& steps) {
  State state = before;
  const Batch batch = state.batches[place];
  const std::string what = "of " + text_of(batch.members) + " is durable";
  if (batch.refused != 0) {
    split(state, place);
    steps.add("the split " + what, state);
  } else if (batch.failed == 0) {
    state.delivered = with(state.delivered, batch.accepted);
    state.recorded = with(without(state.recorded, batch.accepted), without(batch.members, batch.accepted));
    leave(state, place);
    steps.add("the outcome " + what + ": " + text_of(batch.accepted) + " delivered", state);
  } else if (error == DesignError::other_set_after_a_lost_answer) {
    state.waiting = with(state.waiting, batch.members);
    state.recorded = with(state.recorded, batch.members);
    leave(state, place);
    steps.add("the failure " + what + ", its messages wait again", state);
  } else {
    state.batches[place].phase = Phase::at_rest;
    state.batches[place].failed = 0;
    steps.add("the failure " + what, state);
  }
}

void batch_steps(const World& world, DesignError error, const State& state, std::size_t place, Steps& steps) {
  switch (state.batches[place].phase) {
    case Phase::beginning:
      begin(world, error, state, place, steps);
      break;
    case Phase::begun:
    case Phase::at_rest:
      send(world, error, state, place, steps);
      break;
    case Phase::on_its_way:
      arrive(world, state, place, steps);
      lose_answer(world, error, state, place, steps);
      break;
    case Phase::answered:
      hear_answer(error, state, place, steps);
      lose_answer(world, error, state, place, steps);
      break;
    case Phase::recording:
      record(error, state, place, steps);
      break;
  }
}

void stray_steps(const World& world, const State& before, Set set, Steps& steps) {
  State lost = before;
  lost.strays[set] = 0;
  steps.add("a request nobody waits for is lost: " + text_of(set), lost);
  if (size_of(set) <= world.batch_max || world.receiver == Receiver::rewritten) {
    State state = lost;
    if (world.receiver == Receiver::rewritten) {
      rewrite(world, state, set, set);
    } else {
      take(world, state, set, false, set);
    }
    steps.add("a request nobody waits for arrives: " + text_of(set), state);
  }
}

}  // namespace

void sink_steps(const World& world, DesignError error, const State& state, Steps& steps) {
  if (state.scan_at < state.stored_count) {
    scan(state, steps);
  }
  if (world.receiver == Receiver::looked_up && state.indexed != in_the_crm(world, state)) {
    State after = state;
    after.indexed = in_the_crm(world, state);
    steps.add("the CRM finds " + text_of(after.indexed), after);
  }
  mark_scan(state, error, steps);
  hold_back(world, state, steps);
  form_batches(world, error, state, steps);
  for (std::size_t place = 0; place < state.batches.size(); ++place) {
    if (state.batches[place].members != 0) {
      batch_steps(world, error, state, place, steps);
    }
  }
  for (Set set = 1; set <= world.everything(); ++set) {
    if (state.strays[set] != 0) {
      stray_steps(world, state, set, steps);
    }
  }
}

// The process ends and starts again. Steps of the other parts meanwhile are the same as steps after the start.
void crash_step(const World& world, DesignError error, const State& before, Steps& steps) {
  if (before.crashes == world.crashes_max) {
    return;
  }
  State state = before;
  ++state.crashes;
  state.reader = Reader{};
  state.settled = 0;
  for (Batch& batch : state.batches) {
    if (batch.phase == Phase::on_its_way) {
      stray(world, state, batch);
    }
    Batch kept;
    kept.members = batch.members;
    kept.durable = 1;
    const bool in_doubt = batch.lost != 0 || batch.phase != Phase::at_rest;
    kept.lost = in_doubt && world.receiver != Receiver::keyed ? Count{1} : Count{0};
    kept.new_key = error == DesignError::new_key_after_a_crash ? Count{1} : Count{0};
    batch = batch.durable != 0 ? kept : Batch{};
  }
  put_in_order(state);
  state.scan_at = state.scanned_to;
  state.waiting = without(state.recorded, with(state.delivered, members_where(state, is_durable)));
  steps.add("the process dies and starts again", state);
}

}  // namespace elit::model
