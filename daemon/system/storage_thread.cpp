#include "daemon/system/storage_thread.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>

namespace elit::daemon {
namespace asio = boost::asio;

namespace {

// The most jobs in one transaction: with more, the first one would wait too long for its result.
constexpr std::size_t group_size_max = 64;

}  // namespace

// Only the executor's thread uses it.
struct StorageThread::Signal {
  explicit Signal(const asio::any_io_executor& executor) : timer(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer timer;
  bool fired = false;
};

StorageThread::StorageThread(storage::Store& store, asio::any_io_executor executor, FatalHandler on_fatal,
                             Running running)
    : store_(store), executor_(std::move(executor)), on_fatal_(std::move(on_fatal)), running_(running) {
  if (running_ == Running::on_its_thread) {
    thread_ = std::thread([this] { work(); });
  }
}

StorageThread::~StorageThread() {
  stop();
}

void StorageThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (!failure_) {
      failure_ = std::make_exception_ptr(std::logic_error("the storage thread has stopped"));
    }
  }
  arrived_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

asio::awaitable<void> StorageThread::perform(std::shared_ptr<JobBase> job) {
  const std::shared_ptr<Signal> signal = std::make_shared<Signal>(executor_);
  job->signal = signal;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) {
      job->failure = failure_;
      co_return;
    }
    if (running_ == Running::on_its_thread) {
      queue_.push_back(job);
    }
  }
  if (running_ == Running::inline_in_caller) {
    const Jobs group{job};
    run_group(group);
    co_return;
  }
  arrived_.notify_one();
  boost::system::error_code ignored;
  while (!signal->fired) {
    co_await signal->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void StorageThread::work() {
  for (;;) {
    Jobs group = take_group();
    if (group.empty()) {
      return;
    }
    run_group(group);
    finish(std::move(group));
  }
}

StorageThread::Jobs StorageThread::take_group() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), group_size_max));
  Jobs group(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  return group;
}

void StorageThread::run_group(const Jobs& group) {
  bool begun = false;
  try {
    store_.begin_group();
    begun = true;
    for (const auto& job : group) {
      job->perform(store_);
    }
    store_.commit_group();
    return;
  } catch (...) {
    const std::exception_ptr failure = std::current_exception();
    for (const auto& job : group) {
      job->failure = failure;
    }
    fail(failure);
  }
  if (!begun) {
    return;
  }
  try {
    store_.rollback_group();
  } catch (...) {
    // The first failure says what is wrong; SQLite rolls back by itself when the connection closes.
  }
}

void StorageThread::finish(Jobs group) {
  std::vector<std::shared_ptr<Signal>> signals;
  for (const auto& job : group) {
    signals.push_back(std::move(job->signal));
  }
  // The jobs hold objects of their callers, which must be destroyed on the executor's thread.
  group.clear();
  asio::post(executor_, [signals = std::move(signals)] {
    for (const auto& signal : signals) {
      signal->fired = true;
      signal->timer.cancel();
    }
  });
}

void StorageThread::fail(std::exception_ptr failure) {
  Jobs stranded;
  {
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    stranded.swap(queue_);
  }
  for (const auto& job : stranded) {
    job->failure = failure;
  }
  asio::post(executor_, [handler = on_fatal_, failure] { handler(failure); });
  if (!stranded.empty()) {
    finish(std::move(stranded));
  }
}

}  // namespace elit::daemon
