#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/fetch/lister.hpp"
#include "core/fetch/source_machine.hpp"
#include "daemon/fetch/source_client.hpp"
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
// stored and covered up to the present. It carries out what its SourceMachine decides. All on one thread's executor.
class SourceLoop {
 public:
  using Mode = FetchMode;

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

  // What one pass could not do, for its exit status.
  struct Shortfall {
    bool listing_failed = false;
    bool gave_up = false;
    std::size_t users_failed = 0;
    std::string last_error;  // a line for a person

    [[nodiscard]] bool any() const { return listing_failed || gave_up || users_failed > 0; }
  };

  // What this loop has done since its start.
  struct Progress {
    std::size_t users = 0;       // in the lists
    std::size_t users_done = 0;  // one pass: those that are read to the present, or failed
    std::int64_t pages = 0;      // of conversations
    std::int64_t messages = 0;   // stored, new ones
  };

  // `options` outlives the loop.
  SourceLoop(const SourceOptions& options, Mode mode, Parts parts);

  // Registers the source, loads what the state knows of it and works until stop() or, in one pass, until all is done.
  // Throws what the storage throws.
  [[nodiscard]] boost::asio::awaitable<void> run();

  // Ends soon: requests under way are abandoned, which loses nothing but the request.
  void stop();
  void reload_secret();
  // The same, and tries at once whether a source that is down or throttled is well again.
  void reload();

  [[nodiscard]] Shortfall shortfall() const;
  [[nodiscard]] Progress progress() const;
  // Problems of the source that last, a line each. They make no pass incomplete by themselves.
  [[nodiscard]] std::vector<std::string> problems() const;
  [[nodiscard]] const std::string& name() const { return options_.name; }
  // running, throttled, down, paused: credential; empty before the first answer.
  [[nodiscard]] const std::string& state() const { return client_.state(); }
  [[nodiscard]] std::size_t followed() const { return machine_.users(); }

  // Since when a request hangs beyond all its limits; absent while all is well. For the watchdog.
  [[nodiscard]] std::optional<SteadyTime> stalled_since() const;

  // Writes the `cycle` event with the ledger: what came since the event before, and the sinks' totals. A
  // `ledger_mismatch` follows if the totals do not balance.
  [[nodiscard]] boost::asio::awaitable<void> write_cycle();

 private:
  SourceClient::Parts client_parts();
  void start(boost::asio::awaitable<void> part);
  void record_state(const std::string& state, const std::string& reason);
  boost::asio::awaitable<void> write_state(std::string state, std::string reason);
  // Changes that `status` shows in the order of the calls.
  void begin_condition(SourceCondition condition, std::string detail);
  void end_condition(SourceCondition condition);
  boost::asio::awaitable<void> load_state();

  boost::asio::awaitable<void> lister();
  // Carries out everything but waiting for the next cycle.
  boost::asio::awaitable<void> carry_out(ListerAction action);
  boost::asio::awaitable<void> list_users(ListUsers asked);
  boost::asio::awaitable<void> stage_listing(StageListing listing);
  boost::asio::awaitable<void> apply_listings(ApplyListings listings);
  void report_alarm(const Audience& audience, const ListingCounts& counts);

  boost::asio::awaitable<void> reader();
  boost::asio::awaitable<void> wait_for_work(std::optional<SteadyTime> due);
  boost::asio::awaitable<void> read_user(UserRow row);
  // False: the read has ended.
  boost::asio::awaitable<bool> carry_out(UserRow row, ReadStep step);
  boost::asio::awaitable<bool> request_page(UserRow row, RequestPage request);
  boost::asio::awaitable<void> compare_page(ComparePage compare);
  boost::asio::awaitable<void> commit_window(CommitWindow commit);
  boost::asio::awaitable<void> confirm_gone(UserRow row);
  boost::asio::awaitable<void> record_failure(RecordFailure record);
  boost::asio::awaitable<void> save_facts(SourceFacts facts);
  void begin_drift(const std::string& name, const std::string& detail);
  void end_drift(const std::vector<std::string>& names);
  void write_drift();
  void report_empty(std::size_t audience);
  void report_withheld(const SourceNotice& notice);
  boost::asio::awaitable<void> report_progress();
  boost::asio::awaitable<void> write_progress();
  void report_notices();
  void report(const SourceNotice& notice);

  const SourceOptions& options_;
  Mode mode_;
  Parts parts_;
  SourceClient client_;
  Random random_;
  Lister lister_;
  SourceMachine machine_;
  AsyncEvent work_;   // something became due, or a read ended
  AsyncEvent cycle_;  // a read ended: the cycle may be over
  AsyncEvent ended_;  // a part of the loop ended
  AsyncEvent read_;   // the last reader ended
  int running_ = 0;
  int readers_ = 0;
  bool stopped_ = false;
  bool roster_alarm_ = true;  // the state may hold that condition; true until the first lists show otherwise
  std::exception_ptr error_;
  storage::SourceId source_ = 0;
  std::map<std::string, std::string> drifts_;           // that last: what to say about each
  std::map<std::size_t, std::string> empty_audiences_;  // likewise
  CycleTotals reported_;
  std::int64_t pages_ = 0;
  std::int64_t messages_ = 0;
  SteadyTime started_{};
};

}  // namespace elit::daemon
