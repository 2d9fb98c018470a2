#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/time/timer.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

inline constexpr Instant test_start = from_ms(1'769'850'902'345);  // 2026-01-31T09:15:02.345Z

// Time that passes when the test says so.
class ManualTimer final : public Timer {
 public:
  [[nodiscard]] Now now() const override { return now_; }
  void pass(Milliseconds time) {
    now_.wall += time;
    now_.steady += time;
  }
  // Somebody sets the clock on the wall; time as such does not pass.
  void set_clock(Milliseconds difference) { now_.wall += difference; }

 private:
  Now now_{test_start, SteadyTime{Milliseconds{1'000'000}}};
};

// A directory that is removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "delivering-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::filesystem::path& file) {
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  return content.str();
}

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
