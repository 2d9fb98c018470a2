#include "daemon/system/blocked_signals.hpp"

#include <chrono>
#include <csignal>
#include <ctime>

namespace elit::daemon {
namespace {

sigset_t handled_signals(bool reload) {
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGTERM);
  sigaddset(&handled, SIGINT);
  if (reload) {
    sigaddset(&handled, SIGHUP);
  }
  return handled;
}

}  // namespace

void block_signals(bool reload) {
  const sigset_t handled = handled_signals(reload);
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
}

void release_signals() {
  const sigset_t handled = handled_signals(true);
  pthread_sigmask(SIG_UNBLOCK, &handled, nullptr);
}

ReceivedSignal wait_for_signal(Milliseconds time) {
  const sigset_t handled = handled_signals(true);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::timespec limit{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
  switch (::sigtimedwait(&handled, nullptr, &limit)) {
    case SIGHUP:
      return ReceivedSignal::reload;
    case SIGTERM:
    case SIGINT:
      return ReceivedSignal::stop;
    default:
      return ReceivedSignal::none;
  }
}

}  // namespace elit::daemon
