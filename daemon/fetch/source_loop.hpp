#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/fetch/lateness.hpp"
#include "core/fetch/pager.hpp"
#include "core/fetch/poll_schedule.hpp"
#include "core/fetch/window_planner.hpp"
#include "daemon/fetch/source_client.hpp"
#include "daemon/fetch/window_read.hpp"
#include "daemon/log/log.hpp"
#include "daemon/system/storage_thread.hpp"
#include "daemon/time/timer.hpp"
#include "daemon/time/waiting.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

// What a source has fetched since the start of its state: fetched = added + duplicates + rejected.
struct CycleTotals {
  std::int64_t fetched = 0;
  std::int64_t added = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;

  static constexpr std::string_view fact = "reported";  // its name among the facts: the totals at the latest event

  bool operator==(const CycleTotals&) const = default;
};

// The totals as text for the state, and back; a text that is not understood gives none.
[[nodiscard]] std::string to_text(const CycleTotals& totals);
[[nodiscard]] CycleTotals cycle_totals_from(const std::string& text);

// The fetching half for one source: lists the users of its audiences and keeps every followed user's conversations
// stored and covered up to the present. All on one thread's executor.
class SourceLoop {
 public:
  enum class Mode {
    forever,   // the daemon: until stop()
    one_pass,  // `sync`: the lists once, every user up to now, then the loop ends
  };

  struct Parts {
    boost::asio::any_io_executor executor;
    std::unique_ptr<Transport> transport;
    StorageThread* storage = nullptr;
    const Timer* timer = nullptr;
    Log* log = nullptr;
    SecretSource secrets;
    std::function<void()> on_stored;  // new messages are stored: the delivering half may begin
    std::optional<Milliseconds> budget;
    std::uint64_t seed = 0;
  };

  // What one pass could not do, for its exit status; each is a line for a person.
  struct Shortfall {
    bool listing_failed = false;
    bool gave_up = false;
    std::int64_t users_failed = 0;
    std::string last_error;

    [[nodiscard]] bool any() const { return listing_failed || gave_up || users_failed > 0; }
  };

  // `options` outlives the loop.
  SourceLoop(const SourceOptions& options, Mode mode, Parts parts);

  // Registers the source, takes up what the state knows of it and works until stop() or, in one pass, until all is
  // done.
  [[nodiscard]] boost::asio::awaitable<void> run();

  // Ends soon: requests under way are abandoned, which loses nothing but the request.
  void stop();
  void reload_secret();

  [[nodiscard]] const Shortfall& shortfall() const { return shortfall_; }
  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] std::size_t followed() const { return schedule_.size(); }

  // Since when a request hangs beyond all its limits; absent while all is well. For the watchdog.
  [[nodiscard]] std::optional<SteadyTime> stalled_since() const;

  // Writes the `cycle` event with the ledger: what came since the event before, and the sinks' totals. A
  // `ledger_mismatch` follows if the totals do not balance.
  [[nodiscard]] boost::asio::awaitable<void> write_cycle();

 private:
  using Work = PollSchedule::Work;

  // One read of one user, from being picked to its consequences.
  struct UserReading {
    PollSchedule::Pick pick;
    storage::UserState user;
    Instant began;
    Present planned;
    Interval span;
    storage::WindowKind kind = storage::WindowKind::live;
    bool history_left = true;  // after the commit
    bool gone = false;         // the commit let the user go
  };

  // A user's live read that is under way, or waits for its next part. No restart remembers it, and none needs to.
  struct UserRound {
    LiveRound round;
    Instant began;
  };

  static constexpr Milliseconds park_max = std::chrono::hours{6};
  static constexpr int unstable_attempts_max = 3;     // in one pass
  static constexpr double late_share_caught = 0.999;  // of the late arrivals, by the look-back that is advised

  // The vendor's portal keeps 30 days (api.md section 3.5).
  static constexpr Milliseconds retention_alarm = std::chrono::hours{20 * 24};

  SourceClient::Parts client_parts();
  void start(boost::asio::awaitable<void> part);
  void record_state(const std::string& state, const std::string& reason);
  boost::asio::awaitable<void> write_state(std::string state, std::string reason);
  boost::asio::awaitable<void> take_up_state();
  boost::asio::awaitable<void> cycles();

  boost::asio::awaitable<bool> list_everybody();
  boost::asio::awaitable<Result<std::vector<ListedUser>>> list_audience(Audience audience);
  void report_alarm(const Audience& audience, const ListingCounts& counts);
  void welcome(const storage::ListingChange& change);

  boost::asio::awaitable<void> reader();
  boost::asio::awaitable<void> wait_for_work();
  boost::asio::awaitable<void> read_user(PollSchedule::Pick pick);
  [[nodiscard]] std::optional<WindowRead> plan_read(UserReading& reading);
  [[nodiscard]] std::optional<Window> plan_window(const UserReading& reading, storage::WindowKind kind, bool covered);
  [[nodiscard]] std::optional<Window> plan_live(const UserReading& reading);
  [[nodiscard]] WindowRead::Parts read_parts(UserReading& reading, storage::WindowKind kind);
  void complete_commit(UserReading& reading, storage::WindowCommit& commit, int rows);
  boost::asio::awaitable<void> after_read(UserReading reading, WindowOutcome outcome);
  void after_success(const UserReading& reading, const WindowOutcome& outcome);
  [[nodiscard]] bool catches_up(const UserReading& reading, const WindowOutcome& outcome);
  boost::asio::awaitable<void> after_failure(UserReading reading, WindowOutcome outcome, Failure failure);
  void put_again(const UserReading& reading, SteadyTime from);
  boost::asio::awaitable<bool> is_gone(storage::UserRow row);
  [[nodiscard]] Milliseconds parking_time(storage::UserRow row, int failures, bool refused);
  void finish_user(storage::UserRow row, bool failed);
  boost::asio::awaitable<void> save_facts();
  boost::asio::awaitable<void> save_backfill_rate();
  void report_retention(const storage::UserState& user);
  void report_drifts(const std::vector<std::string>& drifts);
  void report_lateness(const std::vector<Milliseconds>& lateness);

  const SourceOptions& options_;
  Mode mode_;
  Parts parts_;
  SourceClient client_;
  WindowPlanner planner_;
  PollSchedule schedule_;
  PagingFacts facts_;
  PagingFacts saved_facts_;
  Lateness lateness_;
  Backoff user_backoff_;
  Random random_;
  AsyncEvent work_;   // something became due, or a read ended
  AsyncEvent cycle_;  // a read ended: the cycle may be over
  AsyncEvent ended_;  // a part of the loop ended
  int running_ = 0;
  std::exception_ptr error_;
  storage::SourceId source_ = 0;
  std::vector<storage::AudienceId> audiences_;
  std::unordered_map<storage::UserRow, UserRound> rounds_;
  std::unordered_map<storage::UserRow, int> unstable_;  // reads in a row that proved nothing
  std::vector<std::string> drifts_reported_;
  CycleTotals reported_;
  std::int64_t histories_completed_ = 0;  // since `started_`
  SteadyTime started_{};
  std::int64_t last_listed_ = -1;
  std::unordered_set<storage::UserRow> refused_;  // since some user was read
  bool stopped_ = false;
  std::string alarm_;  // why nobody is let go; empty: the lists look sound
  std::int64_t followed_ = 0;
  bool read_succeeded_ = false;  // some user was read since all of them were refused
  bool misconfigured_ = false;   // reported: every user is refused
  bool lateness_reported_ = false;
  bool retention_reported_ = false;
  Shortfall shortfall_;
};

}  // namespace elit::daemon
