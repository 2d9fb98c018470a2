#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/instant.hpp"

namespace elit::daemon {

// Tells the service manager how we are: the sd_notify protocol, one datagram a message to the socket that the manager
// named in the environment. Without that socket every call does nothing. No call blocks; a message that cannot be sent
// is dropped, because the manager's trouble is no reason to stop the work. Not thread-safe.
class Notifier {
 public:
  // What the manager told us; read from the environment by from_environment(), written out by tests.
  struct Settings {
    std::string socket;                            // a path, or `@name` in the abstract namespace; empty: no manager
    std::optional<Milliseconds> watchdog_timeout;  // absent: the manager does not watch us
  };

  explicit Notifier(Settings settings);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  ~Notifier();

  // $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID; a watchdog that is meant for another process is ignored.
  [[nodiscard]] static Settings from_environment();

  [[nodiscard]] bool enabled() const { return descriptor_ >= 0; }

  // How often watchdog() is to be called: half of the time after which the manager kills us. Absent: never.
  [[nodiscard]] std::optional<Milliseconds> watchdog_period() const;

  // Each returns whether the message was handed over; false without a manager.
  bool ready();                        // start or reload is complete
  bool status(std::string_view text);  // one line for `systemctl status`; line ends become spaces
  bool watchdog();                     // the main loop is alive
  bool reloading();                    // followed by ready() when it is done, whatever came out
  bool stopping();
  bool extend_timeout(Milliseconds from_now);  // start, reload or stop needs this much longer

 private:
  bool send(std::string_view message);

  Settings settings_;
  int descriptor_ = -1;
};

}  // namespace elit::daemon
