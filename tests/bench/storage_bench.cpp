#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>

#include "core/check.hpp"
#include "storage/sqlite.hpp"
#include "storage/store.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/sample_data.hpp"
#include "tests/support/scratch_directory.hpp"

namespace elit::bench {
namespace {

using storage::MessageId;

constexpr std::size_t batch_size = 100;
constexpr const char* plain_insert = "SQLite inserts the same rows plainly";

Instant noon() {
  return from_ms(1'767'268'800'000);
}

// A new store with one user and one sink, and beside it a plain database of our own.
class Scene {
 public:
  Scene() {
    store_ = storage::Store::open(path() / "state");
    const storage::SourceId source = store_->register_source("support");
    const storage::AudienceId audience = store_->register_audiences(source, {{"feedback", "1"}}).front();
    store_->stage_listing(audience, {ListedUser{"919812345678", R"({"channelUserId":"919812345678"})"}});
    user_ = store_->apply_listings(source, {{audience, false}}, noon()).arrived.at(0);
    sink_ = store_->register_sinks({{"crm", true}}).front();
  }

  [[nodiscard]] const std::filesystem::path& path() const { return scratch_.path(); }
  [[nodiscard]] storage::Store& store() { return *store_; }
  [[nodiscard]] storage::SinkId sink() const { return sink_; }

  storage::WindowCounts commit(const std::vector<OrderedRow>& rows) {
    storage::WindowCommit commit;
    commit.user = user_;
    commit.read_at = noon();
    commit.rows = rows;
    return store_->commit_window(commit);
  }

 private:
  ScratchDirectory scratch_;
  std::unique_ptr<storage::Store> store_;
  storage::UserRow user_ = 0;
  storage::SinkId sink_ = 0;
};

using Windows = std::vector<std::vector<OrderedRow>>;

Windows sample_windows(std::size_t rows) {
  constexpr std::size_t window_size = 500;
  Windows windows;
  for (std::size_t first = 0; first < rows; first += window_size) {
    windows.push_back(sample_rows(first, std::min(window_size, rows - first)));
  }
  return windows;
}

std::size_t insert_plainly(storage::Connection& database, const Windows& windows) {
  std::size_t done = 0;
  database.execute("BEGIN");
  {
    storage::Statement insert = database.statement(
        "INSERT INTO messages (instant_ms, digest, instant_text, sender, type, text, raw) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    for (const std::vector<OrderedRow>& window : windows) {
      for (const OrderedRow& ordered : window) {
        const Row& row = ordered.row;
        insert.run(row.instant, row.digest, row.instant_text, row.sender, row.type, row.text, row.raw);
        ++done;
      }
    }
  }
  database.execute("COMMIT");
  return done;
}

// Every round works in a new store; the cases of a round share it, one after the other.
struct Round {
  std::optional<Scene> scene;
  std::unique_ptr<storage::Connection> plain;
  Windows windows;
};

std::size_t commit_all(Round& round, bool added) {
  std::size_t done = 0;
  for (const std::vector<OrderedRow>& rows : round.windows) {
    const storage::WindowCounts counts = round.scene->commit(rows);
    done += static_cast<std::size_t>(added ? counts.added : counts.duplicates);
  }
  return done;
}

// Some hundred messages in transactions of several batches, as the storage thread groups them.
std::size_t deliver_all(Round& round, std::size_t messages) {
  storage::Store& store = round.scene->store();
  const storage::SinkId sink = round.scene->sink();
  std::size_t done = 0;
  for (MessageId after = 0; done < messages;) {
    const auto pending = store.pending_after(sink, after, batch_size);
    if (pending.empty()) {
      break;
    }
    std::vector<MessageId> ids;
    storage::BatchSettlement settlement;
    for (const PendingMessage& message : pending) {
      ids.push_back(message.id);
      DeliveryOutcome outcome;
      outcome.id = message.id;
      settlement.outcomes.push_back(std::move(outcome));
    }
    settlement.sink = sink;
    settlement.batch = store.begin_batch(sink, ids, noon());
    settlement.at = noon();
    store.settle_batch(settlement);
    after = ids.back();
    done += ids.size();
  }
  return done;
}

std::size_t scan_all(Round& round) {
  std::size_t done = 0;
  constexpr int limit = 1000;
  MessageId after = 0;
  while (true) {
    const auto pending = round.scene->store().pending_after(round.scene->sink(), after, limit);
    if (pending.empty()) {
      return done;
    }
    done += pending.size();
    after = pending.back().id;
  }
}

void add_cases(Harness& harness, const std::shared_ptr<Round>& round, std::size_t rows) {
  Case plain{plain_insert, "row", {}, rows, {}, {}, {}};
  plain.prepare = [round] {
    round->scene.emplace();
    const std::filesystem::path file = round->scene->path() / "plain.db";
    const std::ofstream empty(file);
    round->plain = std::make_unique<storage::Connection>(file, storage::Connection::Access::write);
    round->plain->execute(
        "PRAGMA journal_mode = WAL; CREATE TABLE messages (id INTEGER PRIMARY KEY, instant_ms INTEGER, digest BLOB, "
        "instant_text TEXT, sender TEXT, type TEXT, text TEXT, raw TEXT)");
  };
  plain.run = [round] { return insert_plainly(*round->plain, round->windows); };
  plain.clean_up = [round] { round->plain.reset(); };
  harness.add(std::move(plain));

  const auto add = [&](const char* name, std::function<std::size_t()> run) {
    Case entry{name, "row", plain_insert, rows, {}, {}, {}};
    entry.run = std::move(run);
    harness.add(std::move(entry));
  };
  add("commit_window, new rows, 500 a window", [round] { return commit_all(*round, true); });
  add("commit_window, rows seen before", [round] { return commit_all(*round, false); });
  add("pending_after, the whole backlog", [round] { return scan_all(*round); });
  add("pending_after, begin_batch, settle_batch", [round, rows] { return deliver_all(*round, rows); });
}

}  // namespace

void add_storage_cases(Harness& harness) {
  // Of one user: an unbroken backlog, as after a long outage of the sink.
  const std::size_t rows = harness.scaled(200'000, 500);
  const auto round = std::make_shared<Round>();
  round->windows = sample_windows(rows);
  add_cases(harness, round, rows);
}

}  // namespace elit::bench
