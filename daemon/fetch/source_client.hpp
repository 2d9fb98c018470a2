#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/credential_probe.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/fetch/clock_skew.hpp"
#include "core/fetch/coverage.hpp"
#include "core/fetch/request_gate.hpp"
#include "daemon/http/transport.hpp"
#include "daemon/log/log.hpp"
#include "daemon/system/secret.hpp"
#include "daemon/time/timer.hpp"
#include "daemon/time/wait_budget.hpp"
#include "daemon/time/waiting.hpp"

namespace elit::daemon {

// Asks one source's API. What concerns the source as a whole is dealt with here: pace, Retry-After, back-off while it
// is down, the pause while its key is refused (CredentialProbe), clock skew. What concerns
// the one request comes back as a failure: transient, rejected or malformed.
class SourceClient {
 public:
  // In one word and one line, whenever they change: running, throttled, down, paused: credential.
  using StateListener = std::function<void(const std::string& state, const std::string& reason)>;

  struct Parts {
    boost::asio::any_io_executor executor;
    std::unique_ptr<Transport> transport;
    const Timer* timer = nullptr;
    Log* log = nullptr;
    SecretSource secrets;
    StateListener on_state;
    std::optional<Milliseconds> budget;  // absent: waits forever
    std::uint64_t seed = 0;
  };

  // `options` outlives the client.
  SourceClient(const SourceOptions& options, Parts parts);

  [[nodiscard]] boost::asio::awaitable<Result<elitbuzz::UsersAnswer>> list_users(Audience audience,
                                                                                 std::optional<int> page);
  // The span is widened by a millisecond at both ends.
  [[nodiscard]] boost::asio::awaitable<Result<elitbuzz::ConversationsPage>> read_page(std::string user_id,
                                                                                      Interval span, int page);

  // Waits before something is tried again; false when the budget does not allow it or the client was stopped.
  [[nodiscard]] boost::asio::awaitable<bool> wait_to_retry(Milliseconds wait);

  void reload_secret();
  // The operator asked for it: reads the secret again, and tries at once whether a source that is down or throttled is
  // well again.
  void reload();

  // Ends every wait and request; all calls then fail.
  void stop();

  // Nothing more will come of this client: it was stopped, or its budget is used up.
  [[nodiscard]] bool finished() const { return stopped_ || gave_up_; }
  [[nodiscard]] bool gave_up() const { return gave_up_; }
  // Why; a line for a person.
  [[nodiscard]] const std::string& why_gave_up() const { return why_gave_up_; }

  [[nodiscard]] bool down() const { return gate_.down(); }
  // As last reported; empty: nothing yet.
  [[nodiscard]] const std::string& state() const { return state_; }
  [[nodiscard]] Milliseconds skew() const { return skew_.value(); }
  [[nodiscard]] double capacity() const { return gate_.capacity(); }
  // When the oldest request under way was sent; absent when there is none.
  [[nodiscard]] std::optional<SteadyTime> oldest_request() const {
    return under_way_.empty() ? std::nullopt : std::optional{*under_way_.begin()};
  }

 private:
  template <class Answer>
  boost::asio::awaitable<Result<Answer>> exchange(std::string subject,
                                                  std::function<HttpRequest(const std::string&)> make,
                                                  std::function<Result<Answer>(const HttpResponse&)> read);
  boost::asio::awaitable<bool> pass_gate();
  boost::asio::awaitable<bool> pass_pause();
  bool read_secret();
  [[nodiscard]] bool may_wait(Milliseconds wait);
  void give_up();
  void pause(const Failure& failure);
  void on_answered(Now sent);
  void on_trouble(const Failure& failure, const std::string& subject, Now before, Now after);
  void report_throttling(const Failure& failure, Now now);
  void observe_date(const HttpResponse& answer, Now before, Now after);
  void report(const std::string& state, const std::string& reason);
  [[nodiscard]] Failure ended() const;

  const SourceOptions& options_;
  Parts parts_;
  RequestGate gate_;
  ClockSkew skew_;
  WaitBudget budget_;
  AsyncEvent wake_;
  std::string secret_;
  bool paused_ = false;
  bool probing_ = false;  // one request is under way to find out whether the pause is over
  CredentialProbe probe_;
  bool stopped_ = false;
  bool gave_up_ = false;
  std::string why_gave_up_;
  std::string failed_subject_;  // the user whose request failed last, while none has succeeded since
  std::string last_failure_;    // since the latest sound answer; a line for a person
  std::optional<SteadyTime> throttle_reported_;
  std::string state_;
  std::string reason_;
  std::multiset<SteadyTime> under_way_;
};

}  // namespace elit::daemon
