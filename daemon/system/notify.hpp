#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/instant.hpp"
#include "storage/files/file.hpp"

namespace elit::daemon {

// Reports to the service manager by the protocol of sd_notify(3): each message is one datagram to the socket that the
// manager names in the environment. Without that socket a call does nothing. No call blocks; a message that cannot be
// sent is dropped. Not thread-safe.
class Notifier {
 public:
  // What the manager expects.
  struct Settings {
    std::string socket;                            // a path, or `@name` in the abstract namespace; empty: no manager
    std::optional<Milliseconds> watchdog_timeout;  // absent: the manager expects no watchdog()
  };

  explicit Notifier(Settings settings);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  ~Notifier() = default;

  // $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID; a watchdog that is meant for another process is ignored.
  [[nodiscard]] static Settings from_environment();

  [[nodiscard]] bool enabled() const { return socket_.is_open(); }

  // The period for calls of watchdog(): half of the time after which the manager kills the process. Absent: never.
  [[nodiscard]] std::optional<Milliseconds> watchdog_period() const;

  // Each returns whether the message was sent; false without a manager.
  bool ready();                        // start or reload is complete
  bool status(std::string_view text);  // one line for `systemctl status`; line ends become spaces
  bool watchdog();                     // the main loop is alive
  bool reloading();                    // followed by ready() at the end, also after a failure
  bool stopping();

 private:
  bool send(std::string_view message);

  Settings settings_;
  File socket_;
};

}  // namespace elit::daemon
