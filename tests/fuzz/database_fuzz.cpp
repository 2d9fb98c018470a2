// A state with damaged files, opened by the daemon and read by another connection.
//
// The input is a list of damages to a small sound state, which is the same in every run: bytes that are changed, pages
// that are swapped, a file that is cut short, values that no program of ours has written.

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fetch/lateness.hpp"
#include "storage/sqlite.hpp"
#include "storage/state_directory.hpp"
#include "storage/status_reader.hpp"
#include "storage/store.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/fuzz/small_state.hpp"
#include "tests/support/project_files.hpp"
#include "tests/support/scratch_directory.hpp"

namespace elit::fuzz {
namespace {

using storage::Connection;
using storage::StorageError;
using storage::Store;
using Kind = StorageError::Kind;

constexpr std::size_t page_size = 4096;
constexpr std::size_t damages_max = 12;

// Reads numbers from the input; zeros behind its end.
class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  std::size_t byte() {
    const std::size_t value = bytes_.empty() ? 0 : static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(bytes_.empty() ? 0 : 1);
    return value;
  }
  std::size_t place(std::size_t size) {
    const std::size_t number = (byte() * 256 + byte()) * 256 + byte();
    return size == 0 ? 0 : number % size;
  }

 private:
  std::string_view bytes_;
};

void copy_page(std::string& file, std::size_t from, std::size_t to) {
  const std::size_t pages = file.size() / page_size;
  if (pages > 0) {
    file.replace(to % pages * page_size, page_size, file.substr(from % pages * page_size, page_size));
  }
}

void damage(std::string& file, Numbers& numbers) {
  const std::size_t place = numbers.place(file.size());
  switch (numbers.byte() % 6) {
    case 0:
      file[place] = static_cast<char>(numbers.byte());
      break;
    case 1:
      file[place] = static_cast<char>(file[place] ^ (1 << numbers.byte() % 8));
      break;
    case 2:
      std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(place), std::min(numbers.byte() + 1, file.size() - place),
                  static_cast<char>(numbers.byte()));
      break;
    case 3:
      copy_page(file, numbers.byte(), numbers.byte());
      break;
    case 4:
      file.resize(std::max<std::size_t>(1, place));
      break;
    default:
      file.append(numbers.byte() + 1, static_cast<char>(numbers.byte()));
      break;
  }
}

// A value that a sound file can hold and that we never write, put in by SQL so that the file itself is sound.
void write_strange_value(const std::filesystem::path& file, Numbers& numbers) {
  static constexpr std::array statements{"UPDATE staged_pages SET digests = ",
                                         "UPDATE staged_rows SET digest = ",
                                         "UPDATE windows SET kind = ",
                                         "UPDATE windows SET pass = ",
                                         "UPDATE windows SET to_ms = ",
                                         "UPDATE users SET user_id = ",
                                         "UPDATE users SET last_error = ",
                                         "UPDATE users SET parked_until_ms = ",
                                         "UPDATE users SET failures = ",
                                         "UPDATE users SET last_read_ms = ",
                                         "UPDATE users SET window_width_ms = ",
                                         "UPDATE users SET live_width_ms = ",
                                         "UPDATE messages SET direction = ",
                                         "UPDATE messages SET instant_ms = id + ",
                                         "UPDATE messages SET size_bytes = ",
                                         "UPDATE messages SET raw = ",
                                         "UPDATE sinks SET scanned_to = ",
                                         "UPDATE sinks SET history_start = ",
                                         "UPDATE sink_totals SET dead = ",
                                         "UPDATE deliveries SET state = ",
                                         "UPDATE deliveries SET attempts = ",
                                         "UPDATE batches SET attempts = ",
                                         "UPDATE batches SET in_flight = ",
                                         "UPDATE batches SET not_before_ms = ",
                                         "UPDATE lateness SET bucket = 7 + ",
                                         "UPDATE dialect_facts SET value = ",
                                         "UPDATE sources SET state = ",
                                         "UPDATE audiences SET listed_ms = ",
                                         "UPDATE coverage SET to_ms = from_ms + ",
                                         "UPDATE user_elements SET element = "};
  static constexpr std::array values{"-1",
                                     "0",
                                     "2",
                                     "7",
                                     "x'00'",
                                     "x''",
                                     "'x'",
                                     "'inf'",
                                     "''",
                                     "'1e-9'",
                                     "NULL",
                                     "4294967296",
                                     "255",
                                     "'[1'",
                                     "9223372036854775807",
                                     "-9223372036854775808",
                                     "zeroblob(26)",
                                     "char(0, 55296)"};
  const std::string statement = statements.at(numbers.byte() % statements.size());
  const std::string value = values.at(numbers.byte() % values.size());
  try {
    Connection connection(file, Connection::Access::write);
    connection.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; " + statement + value +
                       "; PRAGMA journal_mode = WAL");
    connection.accept();
  } catch (const StorageError&) {
    // A constraint of the schema forbids it, or the file is damaged already.
  }
}

std::optional<std::int64_t> messages_in(const std::filesystem::path& file) {
  try {
    Connection connection(file, Connection::Access::read);
    return connection.integer("SELECT count(*) FROM messages");
  } catch (const StorageError&) {
    return std::nullopt;
  }
}

// The definitions of all tables. A file in which only a name in them is damaged is sound to SQLite, and the daemon
// takes the statement that fails later for a bug of its own: it ends, which this cannot tell from a broken promise.
std::string schema_of(const std::filesystem::path& file) {
  try {
    Connection connection(file, Connection::Access::read);
    storage::Statement rows =
        connection.statement("SELECT group_concat(type || name || ifnull(sql, '')) FROM sqlite_schema");
    return rows.bind().step() ? rows.text(0) : std::string();
  } catch (const StorageError&) {
    return {};
  }
}

void expect_sound(const StorageError& error, const std::filesystem::path& directory) {
  const std::string what = error.what();
  expect(what.find(directory.string()) != std::string::npos, "an error of the storage names what it is about");
  expect(error.kind() != Kind::in_use && error.kind() != Kind::full, "a damaged state is not taken for a busy one");
}

// What `status` computes with.
void expect_sound(const Status& status) {
  for (const SourceStatus& source : status.sources) {
    for (const LatenessBucket& bucket : source.lateness) {
      expect(bucket.bucket >= 0 && bucket.bucket < Lateness::buckets, "lateness has a bucket that there is");
    }
    const std::optional<double>& rate = source.backfill_users_per_hour;
    expect(!rate || (*rate > 0 && *rate < 1e15), "a rate is one that can be");
  }
}

void read_views(const std::filesystem::path& file) {
  Connection connection(file, Connection::Access::read);
  for (const char* query : {"SELECT * FROM users_v1", "SELECT * FROM messages_v1", "SELECT * FROM deliveries_v1",
                            "SELECT * FROM coverage_v1"}) {
    storage::Statement rows = connection.statement(query);
    rows.bind();
    while (rows.step()) {
      (void)rows.text(0);
    }
  }
}

// What a daemon does when it starts, without a network.
void start(Store& store) {
  const storage::SourceId source = store.register_source("support");
  (void)store.register_audiences(source, {{"feedback", "1"}});
  std::vector<storage::UserRow> users;
  store.visit_users(source, [&users](const storage::ScheduledUser& user) { users.push_back(user.row); });
  for (const storage::UserRow user : users) {
    const storage::UserState state = store.load_user(user);
    for (std::size_t i = 1; i < state.coverage.intervals().size(); ++i) {
      expect(state.coverage.intervals()[i - 1].to < state.coverage.intervals()[i].from, "coverage is in order");
    }
    for (const storage::WindowProgress& window : state.windows) {
      storage::WindowCommit commit;
      commit.user = user;
      commit.kind = window.kind;
      commit.staged = true;
      (void)store.commit_window(commit);
    }
  }
  (void)store.facts(source);
  for (const storage::SinkId sink : store.register_sinks({{"crm", true}, {"archive", false}})) {
    for (const storage::PendingMessage& message : store.pending_after(sink, store.scanned_to(sink), 100)) {
      (void)store.load_messages({message.id});
    }
    (void)store.held_back(sink, 100);
    (void)store.open_batches(sink);
    store.record_sink_state(sink, "running", "", from_ms(1));
  }
  (void)store.ledger(source);
}

void open_as_the_daemon(const std::filesystem::path& directory, const std::filesystem::path& file) {
  const std::optional<std::int64_t> messages = messages_in(file);
  const std::string before = content_of(file);
  std::unique_ptr<Store> store;
  try {
    store = Store::open(directory);
  } catch (const StorageError& error) {
    expect_sound(error, directory);
    expect(content_of(file) == before, "a state that is refused is left as it is");
    return;
  }
  try {
    start(*store);
  } catch (const StorageError& error) {
    expect_sound(error, directory);
  }
  store.reset();
  expect(!messages || messages_in(file).value_or(*messages) >= *messages, "no message vanishes when a state is opened");
}

void run(Input input) {
  static const StateFiles at_rest = small_state(true);
  static const StateFiles running = small_state(false);
  static const ScratchDirectory scratch(state_parent());
  const std::filesystem::path directory = scratch.path();
  const std::filesystem::path file = directory / storage::database_name;
  const std::filesystem::path log = file.string() + "-wal";
  static const std::string sound_schema = [&file] {
    write_bytes(file, at_rest.database);
    return schema_of(file);
  }();

  const bool by_sql = input.choose();
  StateFiles files = input.choose() ? running : at_rest;
  Numbers numbers(input.text());
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    std::filesystem::remove(file.string() + suffix);
  }
  if (by_sql) {
    write_bytes(file, at_rest.database);
    for (std::size_t count = 1 + numbers.byte() % 3; count > 0; --count) {
      write_strange_value(file, numbers);
    }
    files = {content_of(file), content_of(log)};
  }
  for (std::size_t count = 0; !numbers.empty() && count < damages_max; ++count) {
    const bool in_log = !files.log.empty() && numbers.byte() % 2 == 1;
    damage(in_log ? files.log : files.database, numbers);
  }
  write_bytes(file, files.database);
  if (!files.log.empty()) {
    write_bytes(log, files.log);
  }
  try {
    expect_sound(storage::read_status(directory));
    read_views(file);
  } catch (const StorageError& error) {
    expect_sound(error, directory);
  }
  expect(content_of(file) == files.database, "reading changes nothing");
  if (const std::string schema = schema_of(file); schema.empty() || schema == sound_schema) {
    open_as_the_daemon(directory, file);
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
