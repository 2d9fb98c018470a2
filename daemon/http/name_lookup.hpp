#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/failure.hpp"
#include "core/instant.hpp"

namespace elit::daemon {

// Finds the addresses of one host. The system's lookup blocks and cannot be interrupted, so it runs on a detached
// thread. Neither a request that has timed out nor the end of the program waits for it. Each object has at most one
// such thread; requests that arrive while it runs share its result.
class NameLookup {
 public:
  // Blocks. Returns the addresses in the order to try them, or a failure whose detail is only the cause. It is called
  // on another thread and may still run after the NameLookup was destroyed.
  using Ask = std::function<Result<std::vector<boost::asio::ip::address>>(std::string host)>;

  NameLookup(boost::asio::any_io_executor executor, std::string host, Ask ask);
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  ~NameLookup();

  // Returns at least one address, or a transient failure: unknown host, no result within `at_most`, closed.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<boost::asio::ip::address>>> addresses(Milliseconds at_most);

  // Ends every wait with a failure.
  void close();

 private:
  struct State;
  static boost::asio::awaitable<Result<std::vector<boost::asio::ip::address>>> wait_for(std::shared_ptr<State> state,
                                                                                        Milliseconds at_most);

  std::shared_ptr<State> state_;
};

// Uses getaddrinfo(3).
[[nodiscard]] Result<std::vector<boost::asio::ip::address>> ask_system(std::string host);

}  // namespace elit::daemon
