#include "tests/fuzz/small_state.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "storage/state_directory.hpp"
#include "storage/store.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/support/project_files.hpp"
#include "tests/support/scratch_directory.hpp"

namespace elit::fuzz {
namespace {

using namespace storage;  // NOLINT(google-build-using-namespace): this file is about nothing else

constexpr Instant begin{Milliseconds{1'767'225'600'000}};

OrderedRow row_at(int ms) {
  OrderedRow ordered;
  ordered.order = begin + Milliseconds{ms};
  ordered.row.instant = ordered.order;
  ordered.row.instant_text = std::to_string(ms);
  ordered.row.sender = "user";
  ordered.row.type = "TEXT";
  ordered.row.text = "text " + std::to_string(ms);
  ordered.row.raw = "{\"text\":" + std::to_string(ms) + "}";
  ordered.row.digest.bytes.fill(static_cast<std::uint8_t>(ms * 7));
  return ordered;
}

WindowCommit rows_read(UserRow user, int first_ms, int count) {
  WindowCommit commit;
  commit.user = user;
  commit.read_at = begin + Milliseconds{1'000'000};
  commit.covered = Interval{begin, begin + Milliseconds{1000}};
  for (int i = 0; i < count; ++i) {
    commit.rows.push_back(row_at(first_ms + i));
  }
  return commit;
}

void stage(Store& store, UserRow user) {
  for (int page = 1; page <= 2; ++page) {
    StagedPage staged;
    staged.user = user;
    staged.window.kind = WindowKind::history;
    staged.window.span = Interval{begin, begin + Milliseconds{5000}};
    staged.window.cover_to = staged.window.span.to;
    staged.page = page;
    staged.rows = {row_at(100 * page), row_at(100 * page + 1)};
    store.stage_page(staged);
  }
}

void deliver(Store& store, SinkId sink) {
  const Instant at = begin + Milliseconds{2'000'000};
  BatchSettlement settlement;
  settlement.sink = sink;
  settlement.batch = store.begin_batch(sink, {1, 2, 3}, at);
  settlement.at = at;
  settlement.outcomes = {{1, DeliveryState::delivered, 1, "remote", {}, {}, {}},
                         {2, DeliveryState::dead, 2, {}, "HTTP 400", {}, {}},
                         {3, DeliveryState::pending, 1, {}, "busy", at, at}};
  store.settle_batch(settlement);
  const BatchId lost = store.begin_batch(sink, {4, 5}, at);
  store.record_attempt_failure(lost, "no answer", true, true, at, at);
  store.begin_batch(sink, {6}, at);
}

void fill(Store& store) {
  const SourceId source = store.register_source("support");
  const AudienceId audience = store.register_audiences(source, {{"feedback", "1"}}).front();
  store.stage_listing(audience, {{"919800000001", "{}"}, {"919800000002", "{\"id\":2}"}, {"3", "{}"}, {"4", "{}"}});
  const std::vector<UserRow> users = store.apply_listings(source, {{audience, true}}, begin).arrived;
  const SinkId sink = store.register_sinks({{"crm", true}, {"archive", false}}).front();
  store.commit_window(rows_read(users[0], 0, 6));
  store.commit_window(rows_read(users[1], 0, 6));
  store.commit_window(rows_read(users[0], 4, 4));
  stage(store, users[2]);
  store.record_failure({users[3], 5, "HTTP 400", begin + Milliseconds{9'000'000}});
  store.record_fact(source, "paging", R"({"asked_size":500,"full_size":100})");
  store.record_fact(source, backfill_rate_fact, "12.5");
  store.record_source_state(source, "running", "", begin);
  store.record_sink_state(sink, "paused: credential", "HTTP 401", begin);
  deliver(store, sink);
  store.stage_listing(audience, {{"919800000001", "{}"}, {"3", "{}"}, {"4", "{}"}});
  store.apply_listings(source, {{audience, true}}, begin + Milliseconds{60'000});
}

}  // namespace

std::filesystem::path state_parent() {
  std::error_code error;
  const std::filesystem::path memory = "/dev/shm";
  return std::filesystem::is_directory(memory, error) ? memory : std::filesystem::temp_directory_path();
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  expect(stream.good(), "there is room for a state");
}

StateFiles small_state(bool at_rest) {
  const ScratchDirectory scratch(state_parent());
  const std::filesystem::path file = scratch.path() / database_name;
  const auto files = [&file] { return StateFiles{content_of(file), content_of(file.string() + "-wal")}; };
  fill(*Store::open(scratch.path()));
  if (at_rest) {
    return files();
  }
  const std::unique_ptr<Store> store = Store::open(scratch.path());
  const SourceId source = store->register_source("support");
  store->commit_window(rows_read(1, 20, 3));
  store->record_source_state(source, "down", "no answer", begin);
  return files();
}

}  // namespace elit::fuzz
