#include "daemon/http/name_lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/time/waiting.hpp"

namespace elit::daemon {
namespace asio = boost::asio;

namespace {

using Addresses = std::vector<asio::ip::address>;

Failure transient(std::string detail) {
  Failure failure;
  failure.detail = std::move(detail);
  return failure;
}

// One run of the blocking call, shared by all waits for it.
struct Inquiry {
  explicit Inquiry(const asio::any_io_executor& executor) : event(executor) {}

  AsyncEvent event;
  std::optional<Result<Addresses>> answer;
};

// Passes the result from the lookup thread to the executor's thread. After close() it never uses the executor, so the
// lookup thread may outlive the io_context.
class WayBack {
 public:
  explicit WayBack(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  void close() {
    const std::lock_guard lock{mutex_};
    executor_.reset();
  }

  template <class Task>
  void run(Task task) {
    const std::lock_guard lock{mutex_};
    if (executor_) {
      asio::post(*executor_, std::move(task));
    }
  }

 private:
  std::mutex mutex_;
  std::optional<asio::any_io_executor> executor_;
};

asio::ip::address address_of(const addrinfo& entry) {
  if (entry.ai_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, entry.ai_addr, sizeof v4);
    return asio::ip::address_v4{ntohl(v4.sin_addr.s_addr)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, entry.ai_addr, sizeof v6);
  asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return asio::ip::address_v6{bytes, v6.sin6_scope_id};
}

}  // namespace

struct NameLookup::State {
  asio::any_io_executor executor;
  std::string host;
  Ask ask;
  std::shared_ptr<WayBack> way_back;
  std::shared_ptr<Inquiry> running;  // null: no lookup runs
  bool closed = false;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (way_back) {
      way_back->close();
    }
  }
};

namespace {

// Starts the thread. `on_answer` runs on the executor's thread.
template <class OnAnswer>
bool start(NameLookup::Ask ask, std::string host, std::shared_ptr<WayBack> way_back, OnAnswer on_answer) {
  try {
    std::thread{[ask = std::move(ask), host = std::move(host), way_back = std::move(way_back),
                 on_answer = std::move(on_answer)]() mutable {
      Result<Addresses> answer = ask(host);
      way_back->run(
          [on_answer = std::move(on_answer), answer = std::move(answer)]() mutable { on_answer(std::move(answer)); });
    }}.detach();
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

}  // namespace

NameLookup::NameLookup(asio::any_io_executor executor, std::string host, Ask ask) : state_(std::make_shared<State>()) {
  state_->executor = executor;
  state_->host = std::move(host);
  state_->ask = std::move(ask);
  state_->way_back = std::make_shared<WayBack>(std::move(executor));
}

NameLookup::~NameLookup() {
  close();
}

void NameLookup::close() {
  state_->closed = true;
  if (state_->running) {
    state_->running->event.set();
  }
}

asio::awaitable<Result<Addresses>> NameLookup::addresses(Milliseconds at_most) {
  return wait_for(state_, at_most);
}

asio::awaitable<Result<Addresses>> NameLookup::wait_for(std::shared_ptr<State> state, Milliseconds at_most) {
  if (!state->running) {
    auto inquiry = std::make_shared<Inquiry>(state->executor);
    const std::weak_ptr<State> weak = state;
    auto on_answer = [weak, inquiry](Result<Addresses> answer) {
      inquiry->answer = std::move(answer);
      inquiry->event.set();
      if (const auto owner = weak.lock()) {
        owner->running = nullptr;
      }
    };
    if (!start(state->ask, state->host, state->way_back, std::move(on_answer))) {
      co_return transient("lookup of " + state->host + ": no thread could be started");
    }
    state->running = std::move(inquiry);
  }
  const std::shared_ptr<Inquiry> inquiry = state->running;
  const bool is_set = co_await inquiry->event.wait(at_most);
  if (state->closed) {
    co_return transient("lookup of " + state->host + ": given up, the connection is being closed");
  }
  if (!is_set || !inquiry->answer) {
    co_return transient("lookup of " + state->host + ": no answer within " + std::to_string(at_most.count()) + " ms");
  }
  if (!*inquiry->answer) {
    co_return transient("lookup of " + state->host + ": " + inquiry->answer->error().detail);
  }
  if ((*inquiry->answer)->empty()) {
    co_return transient("lookup of " + state->host + ": it has no address");
  }
  co_return **inquiry->answer;
}

Result<Addresses> ask_system(std::string host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    return transient(::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{list, &::freeaddrinfo};
  Addresses addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) {
      continue;
    }
    const asio::ip::address address = address_of(*entry);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(address);
    }
  }
  return addresses;
}

}  // namespace elit::daemon
