#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/fetch/pager.hpp"
#include "core/fetch/window_planner.hpp"
#include "tests/model/design.hpp"

// The source, and its reader: the decisions are those of the product's own Pager and WindowPlanner.
namespace elit::model {
namespace {

using Verdict = Pager::Verdict;

Instant instant_of(Tick tick) {
  return from_ms(tick);
}
Tick tick_of(Instant instant) {
  return static_cast<Tick>(std::max<std::int64_t>(0, to_ms(instant)));
}

// The k-th page of the list, as the source answers it now.
Set page_of(const World& world, const State& state, const Reader& reader, int number) {
  std::vector<Number> list;
  for (Number message = 0; message < world.messages(); ++message) {
    const Tick instant = world.instants[message];
    if (has(state.visible, message) && world.user_of[message] == reader.user && instant >= reader.window.from &&
        instant < reader.window.to) {
      list.push_back(message);
    }
  }
  if (world.newest_first) {
    std::reverse(list.begin(), list.end());
  }
  Set page = 0;
  const auto first = static_cast<std::size_t>(number - 1) * world.page_given;
  for (std::size_t i = first; i < std::min(list.size(), first + world.page_given); ++i) {
    page = with(page, one(list[i]));
  }
  return page;
}

std::vector<Digest> digests_of(Set page) {
  std::vector<Digest> digests;
  for (Number message = 0; message < messages_max; ++message) {
    if (has(page, message)) {
      Digest digest;
      digest.bytes[0] = static_cast<std::uint8_t>(message + 1);
      digests.push_back(digest);
    }
  }
  return digests;
}

std::vector<std::vector<Digest>> digests_of(const Pages& pages) {
  std::vector<std::vector<Digest>> digests;
  for (Count i = 0; i < pages.count; ++i) {
    digests.push_back(digests_of(pages.content[i]));
  }
  return digests;
}

bool share_one_instant(const World& world, Set page) {
  Set instants = 0;
  for (Number message = 0; message < world.messages(); ++message) {
    if (has(page, message)) {
      instants = with(instants, one(world.instants[message]));
    }
  }
  return (instants & (instants - 1U)) == 0;
}

Set rows_of(const Pages& pages, int first, int count) {
  Set rows = 0;
  for (int i = first; i < count; ++i) {
    rows = with(rows, pages.content[static_cast<std::size_t>(i)]);
  }
  return rows;
}

Pager pager_of(const World& world, const Reader& reader, PagingFacts& facts) {
  Pager::Limits limits;
  limits.page_size = world.page_asked;
  limits.passes_max = 2;
  Pager pager(limits, facts);
  pager.resume(reader.window.pass, digests_of(reader.window.pages), digests_of(reader.window.previous));
  if (reader.checking != 0) {
    check(pager.on_page({}, true, false) == Verdict::check, "a list that was at its end is at its end");
  }
  return pager;
}

bool nothing_is_to_come(const World& world, const State& state) {
  return state.now == world.end && state.visible == world.everything();
}

// --- The steps of the reader.

void release(State& state, DesignError error, Set rows) {
  for (Number message = 0; message < messages_max; ++message) {
    const bool fresh = !has(stored_set(state), message) || error == DesignError::no_unique_key;
    if (has(rows, message) && fresh && state.stored_count < stored_max) {
      state.stored[state.stored_count++] = message;
    }
  }
}

void cover(State& state, DesignError error) {
  const Reader& reader = state.reader;
  const bool to_now = error == DesignError::covered_to_the_time_of_commit;
  const int to = to_now ? state.now - settle : reader.window.cover_to;
  if (to > reader.window.from) {
    state.covered_to[reader.user] = std::max(state.covered_to[reader.user], static_cast<Tick>(to));
    state.promised = with(state.promised, reader.window.promised);
  }
  state.rest[reader.user] = reader.window.last;
}

void commit(const State& before, DesignError error, bool complete, int pages, Steps& steps) {
  State state = before;
  const User user = state.reader.user;
  const Set rows = rows_of(state.reader.window.pages, state.reader.rowless, pages);
  state.windows[user] = Window{};
  if (complete) {
    cover(state, error);
  }
  if (complete && error == DesignError::coverage_before_rows) {
    state.reader.rows_missing = 1;
    state.reader.rows = rows;
    steps.add("the coverage is committed", state);
    return;
  }
  release(state, error, rows);
  state.reader = Reader{};
  steps.add(complete ? "the window is committed with its coverage" : "the window is committed without coverage", state);
}

// The window as the store has it: all pages that are not only in memory.
void stage(State& state) {
  state.windows[state.reader.user] = state.reader.window;
  state.reader.held = 0;
}

void begin_pass(const State& before, Steps& steps) {
  State state = before;
  Window& window = state.reader.window;
  stage(state);
  window.previous = window.pages;
  window.pages = Pages{};
  ++window.pass;
  state.reader.checking = 0;
  state.reader.rowless = 0;
  steps.add("the list has moved: the pass is repeated", state);
}

// `before` has the window up to the previous page.
void read_page(const World& world, DesignError error, const State& before, Steps& steps) {
  State state = before;
  Reader& reader = state.reader;
  PagingFacts facts;
  Pager pager = pager_of(world, reader, facts);
  const int number = pager.page();
  const Set page = page_of(world, state, reader, number);
  const std::string what = "page " + std::to_string(number) + " is read: " + text_of(page);
  const bool was_checking = reader.checking != 0;
  if (reader.held != 0 && !was_checking && page != 0) {
    stage(state);
  }
  Verdict verdict = pager.on_page(digests_of(page), page == 0, share_one_instant(world, page));
  if (!was_checking && page != 0) {
    check(reader.window.pages.count < pages_max, "a list of a few messages has a few pages");
    reader.window.pages.content[reader.window.pages.count++] = page;
    reader.held = 1;
  }
  const bool short_page = digests_of(page).size() < world.page_asked;
  if (error == DesignError::short_page_ends_the_list && number == 1 && short_page) {
    verdict = Verdict::complete;
  }
  const int pages = was_checking ? reader.window.pages.count : std::min<int>(pager.pages(), reader.window.pages.count);
  switch (verdict) {
    case Verdict::more:
      steps.add(what, state);
      break;
    case Verdict::check:
      reader.checking = 1;
      steps.add(what + ", the end; page 1 is to be read again", state);
      break;
    case Verdict::again:
      begin_pass(state, steps);
      break;
    case Verdict::complete:
    case Verdict::unproven:
      commit(state, error, verdict == Verdict::complete, pages, steps);
      break;
    case Verdict::too_large:
      state.windows[reader.user] = Window{};
      reader = Reader{};
      steps.add(what + ", which may always be page 1: given up", state);
      break;
  }
}

void freeze_window(const World& world, DesignError error, const State& before, User user, Steps& steps) {
  State state = before;
  Reader& reader = state.reader;
  reader.busy = 1;
  reader.user = user;
  if (state.windows[user].open != 0) {
    reader.window = state.windows[user];
    reader.rowless = error == DesignError::rows_dropped_and_pages_kept ? reader.window.pages.count : Count{0};
    steps.add("the window of user " + std::to_string(user) + " is taken up again", state);
    return;
  }
  const bool settles = error != DesignError::no_settling;
  const bool looks_back = error != DesignError::no_look_back;
  const WindowPlanner planner(instant_of(0), Milliseconds{looks_back ? lookback : 0});
  const Present present = present_at(instant_of(state.now), Milliseconds{0}, Milliseconds{settles ? settle : 0});
  Coverage coverage;
  coverage.add({instant_of(0), instant_of(state.covered_to[user])});
  const auto history = planner.history(coverage, present, std::nullopt);
  auto live = planner.live(coverage, present);
  if (!history && !live) {
    return;
  }
  const ::elit::Window planned = history ? *history : live->next(coverage, present, std::nullopt, Milliseconds::max());
  Window& window = reader.window;
  window.open = 1;
  window.from = tick_of(planned.span.from);
  window.to = tick_of(planned.span.to);
  window.cover_to = tick_of(planned.cover_to);
  window.last = nothing_is_to_come(world, state) ? 1 : 0;
  for (Number message = 0; message < world.messages(); ++message) {
    const Tick instant = world.instants[message];
    if (has(state.visible, message) && world.user_of[message] == user && instant >= window.from &&
        instant < window.cover_to) {
      window.promised = with(window.promised, one(message));
    }
  }
  steps.add("a window of user " + std::to_string(user) + " is frozen: [" + std::to_string(window.from) + ", " +
                std::to_string(window.to) + "), to cover to " + std::to_string(window.cover_to),
            state);
}

void reader_steps(const World& world, DesignError error, const State& state, Steps& steps) {
  if (state.reader.rows_missing != 0) {
    State after = state;
    release(after, error, state.reader.rows);
    after.reader = Reader{};
    steps.add("the rows are committed", after);
  } else if (state.reader.busy != 0) {
    read_page(world, error, state, steps);
  } else {
    for (User user = 0; user < users_max; ++user) {
      if (world.of_user(user) != 0 && state.rest[user] == 0) {
        freeze_window(world, error, state, user, steps);
      }
    }
  }
}

void world_steps(const World& world, const State& state, Steps& steps) {
  bool may_pass = state.now < world.end;
  for (Number message = 0; message < world.messages(); ++message) {
    if (has(state.visible, message)) {
      continue;
    }
    may_pass = may_pass && state.now < world.instants[message] + world.delay_max;
    if (state.now >= world.instants[message]) {
      State after = state;
      after.visible = with(state.visible, one(message));
      steps.add("message " + std::to_string(message) + " appears", after);
    }
  }
  if (may_pass) {
    State after = state;
    ++after.now;
    steps.add("time passes: " + std::to_string(after.now), after);
  }
}

}  // namespace

void source_steps(const World& world, DesignError error, const State& state, Steps& steps) {
  world_steps(world, state, steps);
  reader_steps(world, error, state, steps);
}

}  // namespace elit::model
