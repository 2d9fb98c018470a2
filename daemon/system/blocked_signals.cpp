#include "daemon/system/blocked_signals.hpp"

#include <csignal>

namespace elit::daemon {

void block_signals(bool reload) {
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGTERM);
  sigaddset(&held, SIGINT);
  if (reload) {
    sigaddset(&held, SIGHUP);
  }
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

void release_signals() {
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGTERM);
  sigaddset(&held, SIGINT);
  sigaddset(&held, SIGHUP);
  pthread_sigmask(SIG_UNBLOCK, &held, nullptr);
}

}  // namespace elit::daemon
