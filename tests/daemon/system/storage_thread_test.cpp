#include "daemon/system/storage_thread.hpp"

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/daemon/delivery/delivering_rig.hpp"

namespace elit::daemon {
namespace {

namespace asio = boost::asio;
using storage::Store;

class StorageThreadTest : public ::testing::TestWithParam<StorageThread::Running> {
 protected:
  StorageThreadTest()
      : conversations_(scratch_.path() / "state"),
        thread_(
            conversations_.store(), io_.get_executor(), [this](std::exception_ptr) { ++fatal_; }, GetParam()) {}

  asio::awaitable<void> note_fact(std::string name) {
    auto job = [this, name](Store& store) {
      store.record_fact(conversations_.source(), name, "yes");
      return store.facts(conversations_.source()).size();
    };
    const std::size_t count = co_await thread_.run(std::move(job));
    counts_.push_back(count);
  }

  asio::awaitable<void> fail_with(std::string what) {
    auto job = [what](Store&) { throw std::runtime_error(what); };
    try {
      co_await thread_.run(std::move(job));
      resumed_ = true;
    } catch (const std::runtime_error& error) {
      errors_.emplace_back(error.what());
    }
  }

  asio::awaitable<void> try_fact(std::string name) {
    try {
      co_await note_fact(std::move(name));
    } catch (const std::logic_error& error) {
      errors_.emplace_back(std::string("bug: ") + error.what());
    } catch (const std::runtime_error& error) {
      errors_.emplace_back(error.what());
    }
  }

  asio::awaitable<void> read_number(int& seen) {
    auto job = [](Store&) { return std::make_unique<int>(7); };
    const std::unique_ptr<int> result = co_await thread_.run(std::move(job));
    seen = *result;
  }

  void spawn(asio::awaitable<void> work) { asio::co_spawn(io_, std::move(work), asio::detached); }

  ScratchDirectory scratch_;
  asio::io_context io_;
  StoredConversations conversations_;
  int fatal_ = 0;
  bool resumed_ = false;
  std::vector<std::size_t> counts_;
  std::vector<std::string> errors_;
  StorageThread thread_;
};

TEST_P(StorageThreadTest, RunsJobsInTheirOrderAndReturnsTheirResults) {
  for (int i = 0; i < 200; ++i) {
    spawn(note_fact("fact " + std::to_string(i)));
  }
  io_.run();
  ASSERT_EQ(counts_.size(), 200U);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    EXPECT_EQ(counts_[i], i + 1);
  }
  thread_.stop();
  EXPECT_EQ(conversations_.store().facts(conversations_.source()).size(), 200U);
}

TEST_P(StorageThreadTest, FinishesQueuedJobsWhenItStops) {
  for (int i = 0; i < 50; ++i) {
    spawn(note_fact("fact " + std::to_string(i)));
  }
  io_.poll();
  thread_.stop();
  io_.restart();
  io_.run();
  EXPECT_EQ(counts_.size(), 50U);
  EXPECT_EQ(conversations_.store().facts(conversations_.source()).size(), 50U);
  spawn(try_fact("late"));
  io_.restart();
  io_.run();
  EXPECT_EQ(errors_, std::vector<std::string>{"bug: the storage thread has stopped"});
}

TEST_P(StorageThreadTest, HandsAnExceptionToEveryoneAndTouchesTheStateNoMore) {
  spawn(fail_with("the disk is gone"));
  io_.run();
  spawn(try_fact("after"));
  io_.restart();
  io_.run();
  thread_.stop();
  EXPECT_EQ(errors_, (std::vector<std::string>{"the disk is gone", "the disk is gone"}));
  EXPECT_FALSE(resumed_);
  EXPECT_EQ(fatal_, 1);
  EXPECT_TRUE(conversations_.store().facts(conversations_.source()).empty());
}

TEST_P(StorageThreadTest, KeepsResultsThatCanOnlyBeMoved) {
  int seen = 0;
  spawn(read_number(seen));
  io_.run();
  EXPECT_EQ(seen, 7);
}

INSTANTIATE_TEST_SUITE_P(Both, StorageThreadTest,
                         ::testing::Values(StorageThread::Running::on_its_thread,
                                           StorageThread::Running::inline_in_caller),
                         [](const auto& each) {
                           return each.param == StorageThread::Running::on_its_thread ? "OnItsThread" : "Inline";
                         });

template <class F>
asio::awaitable<void> count_refusal(StorageThread& thread, F work, int& refused) {
  try {
    co_await thread.run(std::move(work));
  } catch (const std::runtime_error&) {
    ++refused;
  }
}

// Jobs that queue up behind a running one share a group, and with it the failure of one of them.
TEST(StorageThreadGroupTest, RollsBackTheGroupOfAFailedJob) {
  ScratchDirectory scratch;
  StoredConversations conversations(scratch.path() / "state");
  asio::io_context io;
  StorageThread thread(conversations.store(), io.get_executor(), [](std::exception_ptr) {});
  std::mutex gate;
  gate.lock();
  const storage::SourceId source = conversations.source();
  int refused = 0;
  auto block = [&gate](Store&) { const std::lock_guard lock(gate); };
  auto write = [source](Store& store) { store.record_fact(source, "name", "value"); };
  auto fail = [](Store&) { throw std::runtime_error("no room"); };
  asio::co_spawn(io, count_refusal(thread, block, refused), asio::detached);
  io.poll();
  asio::co_spawn(io, count_refusal(thread, write, refused), asio::detached);
  asio::co_spawn(io, count_refusal(thread, fail, refused), asio::detached);
  io.poll();
  gate.unlock();
  io.run();
  thread.stop();
  EXPECT_GE(refused, 2);
  EXPECT_TRUE(conversations.store().facts(source).empty());
}

}  // namespace
}  // namespace elit::daemon
