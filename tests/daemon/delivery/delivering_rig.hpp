#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "daemon/time/timer.hpp"
#include "storage/store.hpp"
#include "tests/support/project_files.hpp"
#include "tests/support/scratch_directory.hpp"

namespace elit::daemon {

inline constexpr Instant test_start = from_ms(1'769'850'902'345);  // 2026-01-31T09:15:02.345Z

// Time passes only when the test says so.
class ManualTimer final : public Timer {
 public:
  [[nodiscard]] Now now() const override { return now_; }
  void pass(Milliseconds time) {
    now_.wall += time;
    now_.steady += time;
  }
  // Sets the wall clock; no time passes.
  void set_clock(Milliseconds difference) { now_.wall += difference; }

 private:
  Now now_{test_start, SteadyTime{Milliseconds{1'000'000}}};
};

// A real store with one source.
class StoredConversations {
 public:
  explicit StoredConversations(const std::filesystem::path& directory) : store_(storage::Store::open(directory)) {
    source_ = store_->register_source("support");
    audience_ = store_->register_audiences(source_, {{"feedback", "1"}}).at(0);
  }

  [[nodiscard]] storage::Store& store() { return *store_; }
  [[nodiscard]] storage::SourceId source() const { return source_; }

  storage::UserRow follow(const std::string& id) {
    store_->stage_listing(audience_, {{id, "{\"id\":\"" + id + "\"}"}});
    return store_->apply_listings(source_, {{audience_, false}}, test_start).arrived.at(0);
  }

  void say(storage::UserRow user, const std::string& text) {
    OrderedRow ordered;
    ordered.order = test_start + Milliseconds{++said_};
    ordered.row.instant = ordered.order;
    ordered.row.text = text;
    ordered.row.raw = "{\"text\":\"" + text + "\"}";
    for (std::size_t i = 0; i < ordered.row.digest.bytes.size(); ++i) {
      ordered.row.digest.bytes[i] = static_cast<std::uint8_t>(static_cast<std::size_t>(said_) * (i + 7));
    }
    storage::WindowCommit commit;
    commit.user = user;
    commit.read_at = test_start;
    commit.rows.push_back(ordered);
    EXPECT_EQ(store_->commit_window(commit).added, 1);
  }

 private:
  using OrderedRow = storage::OrderedRow;
  std::unique_ptr<storage::Store> store_;
  storage::SourceId source_ = 0;
  storage::AudienceId audience_ = 0;
  int said_ = 0;
};

}  // namespace elit::daemon
