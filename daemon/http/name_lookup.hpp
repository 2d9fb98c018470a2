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

// Finds the addresses of one host. The system's lookup blocks and cannot be interrupted, so it runs on a thread of its
// own that nobody waits for: neither a request that has given up nor the end of the program. At most one such thread
// exists per object; requests that come while it runs share its answer.
class NameLookup {
 public:
  // Blocks; returns the addresses in the order to try them, or a failure whose detail is only the cause. Called on a
  // foreign thread, perhaps after the NameLookup is gone.
  using Ask = std::function<Result<std::vector<boost::asio::ip::address>>(std::string host)>;

  NameLookup(boost::asio::any_io_executor executor, std::string host, Ask ask);
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  ~NameLookup();

  // The addresses, at least one, or a transient failure: not known, not answered within `at_most`, closed.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<boost::asio::ip::address>>> addresses(Milliseconds at_most);

  // Ends every wait with a failure.
  void close();

 private:
  struct State;
  static boost::asio::awaitable<Result<std::vector<boost::asio::ip::address>>> wait_for(std::shared_ptr<State> state,
                                                                                        Milliseconds at_most);

  std::shared_ptr<State> state_;
};

// getaddrinfo(3).
[[nodiscard]] Result<std::vector<boost::asio::ip::address>> ask_system(std::string host);

}  // namespace elit::daemon
