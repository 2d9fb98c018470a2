#include "daemon/fetch/source_loop.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>
#include <variant>

namespace elit::daemon {
namespace {

using boost::asio::awaitable;
using storage::Store;

constexpr std::string_view paging_fact = "paging";
constexpr std::string_view members_fact = "row_members";

constexpr std::string_view unreadable_users = "unreadable users";

constexpr Milliseconds progress_first = std::chrono::seconds{15};
constexpr Milliseconds progress_interval = std::chrono::minutes{1};

// What the store knows of a source.
struct SourceState {
  storage::SourceId source = 0;
  std::vector<AudienceId> audiences;
  std::vector<ScheduledUser> users;
  SourceFacts facts;
  CycleTotals reported;
};

SourceState load_source(Store& store, const std::string& name,
                        const std::vector<std::pair<std::string, std::string>>& audiences) {
  SourceState state;
  state.source = store.register_source(name);
  state.audiences = store.register_audiences(state.source, audiences);
  // Those that still hold are found again.
  for (const auto condition :
       {SourceCondition::drift, SourceCondition::late, SourceCondition::withheld, SourceCondition::unstable}) {
    store.end_condition(state.source, condition);
  }
  store.visit_users(state.source, [&state](const ScheduledUser& user) { state.users.push_back(user); });
  for (const auto& [fact, value] : store.facts(state.source)) {
    if (fact == paging_fact) {
      state.facts.paging = paging_facts_from(value);
    } else if (fact == members_fact) {
      state.facts.members = MemberFacts::from_text(value);
    } else if (fact == CycleTotals::fact) {
      state.reported = cycle_totals_from(value);
    }
  }
  return state;
}

}  // namespace

SourceLoop::SourceLoop(const SourceOptions& options, Mode mode, Parts parts)
    : options_(options),
      mode_(mode),
      parts_(std::move(parts)),
      client_(options, client_parts()),
      random_(parts_.seed),
      lister_(options, mode, random_),
      machine_(options, mode, random_),
      work_(parts_.executor),
      cycle_(parts_.executor),
      ended_(parts_.executor),
      read_(parts_.executor) {}

SourceClient::Parts SourceLoop::client_parts() {
  SourceClient::Parts parts;
  parts.executor = parts_.executor;
  parts.transport = std::move(parts_.transport);
  parts.timer = parts_.timer;
  parts.log = parts_.log;
  parts.secrets = parts_.secrets;
  parts.on_state = [this](const std::string& state, const std::string& reason) { record_state(state, reason); };
  parts.budget = parts_.budget;
  parts.seed = parts_.seed;
  return parts;
}

void SourceLoop::record_state(const std::string& state, const std::string& reason) {
  if (source_ != 0) {
    start(write_state(state, reason));
  }
}

awaitable<void> SourceLoop::write_state(std::string state, std::string reason) {
  auto job = [source = source_, state = std::move(state), reason = std::move(reason),
              at = parts_.timer->now().wall](Store& store) { store.record_source_state(source, state, reason, at); };
  co_await parts_.storage->run(std::move(job));
}

void SourceLoop::begin_condition(SourceCondition condition, std::string detail) {
  auto job = [source = source_, condition, detail = std::move(detail), at = parts_.timer->now().wall](Store& store) {
    store.begin_condition(source, condition, detail, at);
  };
  start(parts_.storage->run(std::move(job)));
}

void SourceLoop::end_condition(SourceCondition condition) {
  auto job = [source = source_, condition](Store& store) { store.end_condition(source, condition); };
  start(parts_.storage->run(std::move(job)));
}

awaitable<void> SourceLoop::run() {
  co_await load_state();
  if (mode_ == Mode::one_pass) {
    co_await lister();
  } else {
    start(lister());
  }
  readers_ = options_.limits.concurrency;
  for (int i = 0; i < options_.limits.concurrency; ++i) {
    start(reader());
  }
  start(report_progress());
  while (running_ > 0) {
    co_await ended_.wait();
  }
  if (error_) {
    std::rethrow_exception(error_);
  }
}

// Runs a part of the loop beside the others; the first one that fails ends them all.
void SourceLoop::start(awaitable<void> part) {
  ++running_;
  auto on_end = [this](const std::exception_ptr& error) {
    --running_;
    if (error && !error_) {
      error_ = error;
      stop();
    }
    ended_.set();
  };
  boost::asio::co_spawn(parts_.executor, std::move(part), std::move(on_end));
}

void SourceLoop::stop() {
  stopped_ = true;
  client_.stop();
  work_.set();
  cycle_.set();
  read_.set();
}

void SourceLoop::reload_secret() {
  client_.reload_secret();
}

void SourceLoop::reload() {
  client_.reload();
}

awaitable<void> SourceLoop::load_state() {
  std::vector<std::pair<std::string, std::string>> audiences;
  audiences.reserve(options_.audiences.size());
  for (const Audience& audience : options_.audiences) {
    audiences.emplace_back(audience.attribute, audience.value);
  }
  auto job = [name = options_.name, audiences = std::move(audiences)](Store& store) {
    return load_source(store, name, audiences);
  };
  SourceState state = co_await parts_.storage->run(std::move(job));
  source_ = state.source;
  lister_.start(std::move(state.audiences));
  reported_ = state.reported;
  const Now now = parts_.timer->now();
  started_ = now.steady;
  machine_.start(state.users, state.facts, now);
}

awaitable<void> SourceLoop::lister() {
  for (;;) {
    const Now now = parts_.timer->now();
    ListerAction action = lister_.next(now, machine_.busy(lister_.cycle_began()));
    const auto* wait = std::get_if<WaitForCycle>(&action);
    // Lists that were read before the stop are still applied.
    const bool listed = wait != nullptr || std::holds_alternative<WriteCycle>(action);
    if (std::holds_alternative<ListingDone>(action) || (stopped_ && listed)) {
      co_return;
    }
    if (wait != nullptr) {
      co_await cycle_.wait(wait->until - now.steady);
    } else {
      co_await carry_out(std::move(action));
    }
  }
}

awaitable<void> SourceLoop::carry_out(ListerAction action) {
  if (const auto* list = std::get_if<ListUsers>(&action)) {
    co_await list_users(*list);
  } else if (const auto* wait = std::get_if<WaitToList>(&action)) {
    const bool may_go_on = co_await client_.wait_to_retry(wait->wait);
    lister_.on_waited(may_go_on);
  } else if (auto* listing = std::get_if<StageListing>(&action)) {
    co_await stage_listing(std::move(*listing));
  } else if (auto* listings = std::get_if<ApplyListings>(&action)) {
    co_await apply_listings(std::move(*listings));
  } else {
    co_await write_cycle();
  }
}

awaitable<void> SourceLoop::list_users(ListUsers asked) {
  const Audience& audience = options_.audiences[asked.audience];
  Result<elitbuzz::UsersAnswer> answer = co_await client_.list_users(audience, asked.page);
  if (answer.has_error()) {
    if (lister_.on_failure(answer.error(), client_.finished())) {
      parts_.log->write(Event::page_failed, "the users list of an audience could not be read: " + answer.error().detail,
                        {{"source", options_.name}, {"attribute", audience.attribute}});
    }
    co_return;
  }
  if (answer->rejected > 0) {
    machine_.note({.withholds = true,
                   .name = std::string(unreadable_users),
                   .detail = "the users list holds elements that are no users (" + answer->rejected_shape +
                             "): the others are followed, and no user who is missing from that list leaves. If they "
                             "are users, name the place of their id with api.user_id"});
    report_notices();
  }
  lister_.on_users(std::move(answer->users), answer->rejected);
}

awaitable<void> SourceLoop::stage_listing(StageListing listing) {
  const std::size_t audience = listing.audience;
  auto job = [row = lister_.audience(audience), users = std::move(listing.users)](Store& store) {
    return store.stage_listing(row, users);
  };
  const ListingCounts counts = co_await parts_.storage->run(std::move(job));
  const Lister::Judgement judgement = lister_.on_staged(counts);
  if (judgement.alarm) {
    report_alarm(options_.audiences[audience], counts);
  }
  if (judgement.is_empty) {
    report_empty(audience);
  }
  if (judgement.is_no_longer_empty) {
    empty_audiences_.erase(audience);
  }
}

awaitable<void> SourceLoop::apply_listings(ApplyListings listings) {
  auto job = [source = source_, decisions = std::move(listings.decisions),
              at = parts_.timer->now().wall](Store& store) { return store.apply_listings(source, decisions, at); };
  const storage::ListingChange change = co_await parts_.storage->run(std::move(job));
  const bool changed = lister_.on_applied(change);
  if (!lister_.failed() && lister_.unreadable() == 0) {
    end_drift({std::string(unreadable_users)});
  }
  if (roster_alarm_ && lister_.departures_blocked_reason().empty()) {
    roster_alarm_ = false;
    end_condition(SourceCondition::roster_alarm);
  }
  if (changed) {
    parts_.log->write(Event::users_listed, "the users of all audiences are listed",
                      {{"source", options_.name},
                       {"listed", lister_.listed()},
                       {"arrived", change.arrived.size()},
                       {"departed", change.departed.size()},
                       {"followed", change.followed}});
  }
  machine_.on_joined(change.arrived, change.returned, parts_.timer->now());
  if (!change.arrived.empty()) {
    work_.set();
  }
}

void SourceLoop::report_alarm(const Audience& audience, const ListingCounts& counts) {
  parts_.log->write(Event::roster_alarm,
                    lister_.departures_blocked_reason() +
                        ". Check the attribute's name and the API; if the list is right, " +
                        (counts.listed == 0 ? "remove the audience" : "raise roster.shrink_alarm for a while"),
                    {{"source", options_.name},
                     {"attribute", audience.attribute},
                     {"previous", counts.previous},
                     {"listed", counts.listed},
                     {"missing", counts.missing}});
  roster_alarm_ = true;
  begin_condition(SourceCondition::roster_alarm, lister_.departures_blocked_reason());
}

awaitable<void> SourceLoop::reader() {
  while (!stopped_ && !client_.finished()) {
    const ReaderAction action = machine_.next(parts_.timer->now());
    if (const auto* read = std::get_if<ReadUser>(&action)) {
      co_await read_user(read->user);
      work_.set();
      cycle_.set();
    } else if (const auto* later = std::get_if<ReadLater>(&action)) {
      co_await wait_for_work(later->time);
    } else {
      break;
    }
  }
  --readers_;
  work_.set();  // the others look again whether anything is left
  read_.set();
}

// Reports how the histories get on, as long as there are some.
awaitable<void> SourceLoop::report_progress() {
  Milliseconds pause = progress_first;
  while (!stopped_ && readers_ > 0) {
    co_await read_.wait(pause);
    pause = progress_interval;
    if (!stopped_ && readers_ > 0 && machine_.histories_left() > 0) {
      co_await write_progress();
    }
  }
}

awaitable<void> SourceLoop::wait_for_work(std::optional<SteadyTime> due) {
  const SteadyTime now = parts_.timer->now().steady;
  if (!due) {
    co_await work_.wait();
  } else if (mode_ == Mode::one_pass) {
    co_await client_.wait_to_retry(std::max(Milliseconds{1}, *due - now));
  } else {
    co_await work_.wait(std::max(Milliseconds{1}, *due - now));
  }
}

awaitable<void> SourceLoop::read_user(UserRow row) {
  auto load = [row](Store& store) { return store.load_user(row); };
  UserState user = co_await parts_.storage->run(std::move(load));
  bool reading = machine_.on_loaded(std::move(user), client_.skew(), parts_.timer->now());
  report_notices();
  while (reading) {
    SourceHealth health;
    health.skew = client_.skew();
    health.capacity = client_.capacity();
    health.down = client_.down();
    ReadStep step = machine_.next_step(row, health, parts_.timer->now());
    report_notices();
    reading = co_await carry_out(row, std::move(step));
  }
}

awaitable<bool> SourceLoop::carry_out(UserRow row, ReadStep step) {
  if (auto* request = std::get_if<RequestPage>(&step)) {
    co_return co_await request_page(row, std::move(*request));
  }
  if (auto* ended = std::get_if<ReadEnded>(&step)) {
    if (ended->facts) {
      co_await save_facts(std::move(*ended->facts));
    }
    co_return false;
  }
  if (auto* stored = std::get_if<StorePage>(&step)) {
    auto job = [page = std::move(stored->page)](Store& store) { store.stage_page(page); };
    co_await parts_.storage->run(std::move(job));
  } else if (auto* compare = std::get_if<ComparePage>(&step)) {
    co_await compare_page(std::move(*compare));
  } else if (auto* commit = std::get_if<CommitWindow>(&step)) {
    co_await commit_window(std::move(*commit));
  } else if (const auto* discard = std::get_if<DiscardWindow>(&step)) {
    auto job = [asked = *discard](Store& store) { store.discard_window(asked.user, asked.kind, asked.width); };
    co_await parts_.storage->run(std::move(job));
  } else if (std::holds_alternative<ConfirmGone>(step)) {
    co_await confirm_gone(row);
  } else {
    co_await record_failure(std::get<RecordFailure>(std::move(step)));
  }
  co_return true;
}

awaitable<bool> SourceLoop::request_page(UserRow row, RequestPage request) {
  Result<elitbuzz::ConversationsPage> answer =
      co_await client_.read_page(std::move(request.user_id), request.span, request.page);
  if (answer.has_value()) {
    ++pages_;
    FetchedPage page;
    page.rows = std::move(answer->rows);
    page.rejected = answer->rejected;
    page.rejected_shape = std::move(answer->rejected_shape);
    page.past_the_end = answer->past_the_end;
    machine_.on_page(row, std::move(page));
    co_return true;
  }
  if (client_.finished()) {
    machine_.on_abandoned(row, parts_.timer->now());
    co_return false;
  }
  machine_.on_failure(row, answer.error());
  co_return true;
}

awaitable<void> SourceLoop::compare_page(ComparePage compare) {
  const UserRow user = compare.user;
  auto job = [compare = std::move(compare)](Store& store) {
    const auto shown = static_cast<std::int64_t>(compare.rows.size());
    return store.count_known(compare.user, compare.rows) == shown &&
           store.count_messages(compare.user, compare.span) <= shown;
  };
  const bool equal = co_await parts_.storage->run(std::move(job));
  machine_.on_compared(user, equal);
}

awaitable<void> SourceLoop::commit_window(CommitWindow commit) {
  const UserRow user = commit.commit.user;
  auto job = [commit = std::move(commit)](Store& store) {
    if (commit.last) {
      store.stage_page(*commit.last);
    }
    return store.commit_window(commit.commit);
  };
  WindowCounts counts = co_await parts_.storage->run(std::move(job));
  messages_ += counts.added;
  machine_.on_committed(user, std::move(counts));
}

awaitable<void> SourceLoop::confirm_gone(UserRow row) {
  auto job = [row](Store& store) { return store.load_user(row).status == UserStatus::gone; };
  const bool gone = co_await parts_.storage->run(std::move(job));
  machine_.on_confirmed(row, gone);
}

awaitable<void> SourceLoop::record_failure(RecordFailure record) {
  auto job = [record = std::move(record)](Store& store) {
    store.record_failure(record.failure);
    if (record.discard) {
      store.discard_window(record.discard->user, record.discard->kind, record.discard->width);
    }
  };
  co_await parts_.storage->run(std::move(job));
}

awaitable<void> SourceLoop::save_facts(SourceFacts facts) {
  auto job = [source = source_, facts = std::move(facts)](Store& store) {
    store.record_fact(source, paging_fact, to_text(facts.paging));
    store.record_fact(source, members_fact, facts.members.to_text());
  };
  co_await parts_.storage->run(std::move(job));
}

SourceLoop::Shortfall SourceLoop::shortfall() const {
  Shortfall shortfall;
  shortfall.listing_failed = lister_.failed();
  shortfall.gave_up = client_.gave_up();
  shortfall.users_failed = machine_.users_failed();
  const bool listing = shortfall.listing_failed || machine_.last_error().empty();
  shortfall.last_error = listing ? lister_.last_error() : machine_.last_error();
  if (shortfall.gave_up && !shortfall.listing_failed) {
    shortfall.last_error = client_.why_gave_up();
  }
  return shortfall;
}

SourceLoop::Progress SourceLoop::progress() const {
  const auto followed = static_cast<std::size_t>(std::max<std::int64_t>(0, lister_.followed()));
  Progress progress;
  progress.users = std::max(followed, machine_.users());
  progress.users_done = progress.users - machine_.users();
  progress.pages = pages_;
  progress.messages = messages_;
  return progress;
}

std::optional<SteadyTime> SourceLoop::stalled_since() const {
  const std::optional<SteadyTime> oldest = client_.oldest_request();
  const bool overdue =
      oldest && parts_.timer->now().steady - *oldest > options_.limits.timeout + std::chrono::minutes{1};
  return overdue ? oldest : std::nullopt;
}

}  // namespace elit::daemon
