#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "storage/store.hpp"

namespace elit::daemon {

// The only thread that uses the Store. It runs jobs in their order. Jobs that arrive while a transaction runs share the
// next transaction and its fsync. A caller gets the result of its job only when it is durable.
//
// Every caller waits for its own job, so there are never more jobs than coroutines; a transaction takes a bounded
// number of them. When a job or a commit throws, the group is rolled back, every caller in it and after it gets the
// exception instead of a value, and the fatal handler is called once: the state is not changed again.
//
// Make all public calls on the executor's thread.
class StorageThread {
 public:
  using FatalHandler = std::function<void(std::exception_ptr)>;
  enum class Running {
    on_its_thread,
    inline_in_caller,  // for simulations on one thread: each job is one transaction, done when run() returns
  };

  // `store` must outlive this object. `on_fatal` is called on `executor`.
  StorageThread(storage::Store& store, boost::asio::any_io_executor executor, FatalHandler on_fatal,
                Running running = Running::on_its_thread);
  StorageThread(const StorageThread&) = delete;
  StorageThread& operator=(const StorageThread&) = delete;
  // Calls stop().
  ~StorageThread();

  // Runs `job(Store&)` on the storage thread and returns its result once that is durable. Throws what the job, the
  // commit or an earlier group threw. A cancelled caller gets boost::system::system_error(operation_aborted); its job
  // still runs, so a job must own what it uses.
  template <class F>
  boost::asio::awaitable<std::invoke_result_t<F&, storage::Store&>> run(F job) {
    using Value = std::invoke_result_t<F&, storage::Store&>;
    auto work = std::make_shared<TypedJob<F, Value>>(std::move(job));
    co_await perform(work);
    if (work->failure) {
      std::rethrow_exception(work->failure);
    }
    if constexpr (!std::is_void_v<Value>) {
      co_return std::move(*work->value);
    }
  }

  // Finishes the queued jobs and joins the thread. The executor still resumes their callers. Later jobs fail. Blocks
  // for the disk.
  void stop();

 private:
  struct Signal;
  struct JobBase {
    JobBase() = default;
    JobBase(const JobBase&) = delete;
    JobBase& operator=(const JobBase&) = delete;
    virtual ~JobBase() = default;
    virtual void perform(storage::Store& store) = 0;

    std::exception_ptr failure;      // written before `signal` fires
    std::shared_ptr<Signal> signal;  // wakes the caller
  };
  template <class F, class Value>
  struct TypedJob final : JobBase {
    explicit TypedJob(F work) : function(std::move(work)) {}
    void perform(storage::Store& store) override {
      if constexpr (std::is_void_v<Value>) {
        function(store);
      } else {
        value.emplace(function(store));
      }
    }
    F function;
    std::conditional_t<std::is_void_v<Value>, bool, std::optional<Value>> value{};
  };
  using Jobs = std::vector<std::shared_ptr<JobBase>>;

  boost::asio::awaitable<void> perform(std::shared_ptr<JobBase> job);
  void work();
  Jobs take_group();
  void run_group(const Jobs& group);
  void finish(Jobs group);
  void fail(std::exception_ptr failure);

  storage::Store& store_;
  boost::asio::any_io_executor executor_;
  FatalHandler on_fatal_;
  Running running_;

  std::mutex mutex_;  // guards the members below
  std::condition_variable arrived_;
  Jobs queue_;
  std::exception_ptr failure_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace elit::daemon
