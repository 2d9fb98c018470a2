#include "daemon/rehearsal/host.hpp"

#include <boost/asio/co_spawn.hpp>

#include <utility>

#include "core/check.hpp"

namespace elit::daemon {

bool Host::start(const Configuration& configuration) {
  check(!running(), "a simulated host runs one daemon at a time");
  problem_.clear();
  if (parts_.disk->dead()) {
    parts_.disk->revive();
  }
  try {
    store_ = storage::Store::open(*parts_.disk);
  } catch (const storage::StorageError& error) {
    problem_ = error.what();
    return false;
  }
  context_ = std::make_unique<boost::asio::io_context>(1);
  parts_.time->govern(*context_);
  auto on_fatal = [this](const std::exception_ptr& failure) { ended_ = failure; };
  storage_ = std::make_unique<StorageThread>(*store_, context_->get_executor(), std::move(on_fatal),
                                             StorageThread::Running::inline_in_caller);
  Engine::Parts parts;
  parts.executor = context_->get_executor();
  parts.transports = [this](TransportSettings settings) {
    return parts_.network->connect(context_->get_executor(), std::move(settings));
  };
  parts.secrets = parts_.secrets;
  parts.storage = storage_.get();
  parts.timer = parts_.time;
  parts.log = parts_.log;
  parts.seed = Random(parts_.seed + ++lives_).next();
  ended_.reset();
  engine_ = std::make_unique<Engine>(configuration, SourceLoop::Mode::forever, std::move(parts));
  auto on_end = [this](const std::exception_ptr& failure) {
    if (!ended_) {
      ended_ = failure;
    }
  };
  boost::asio::co_spawn(*context_, engine_->run(), std::move(on_end));
  return true;
}

void Host::kill() {
  if (engine_) {
    parts_.disk->die_after(0);  // Otherwise the store would close its files in an orderly way.
  }
  clear();
}

// Destroys the coroutines first, while the objects they refer to exist.
void Host::clear() {
  steps_left_.reset();
  context_.reset();
  engine_.reset();
  storage_.reset();
  store_.reset();
}

void Host::terminate() {
  if (engine_) {
    engine_->stop();
  }
}

void Host::reload_secrets() {
  if (engine_) {
    engine_->reload_secrets();
  }
}

void Host::turn() {
  if (!engine_) {
    return;
  }
  context_->restart();
  while (!ended_ && context_->poll_one() > 0) {
    ++steps_;
    if (steps_left_ && (*steps_left_)-- == 0) {
      kill();
      return;
    }
  }
  if (ended_) {
    end(*std::exchange(ended_, std::nullopt));
  }
}

void Host::end(const std::exception_ptr& failure) {
  try {
    if (failure) {
      std::rethrow_exception(failure);
    }
  } catch (const std::exception& error) {
    problem_ = error.what();
  }
  clear();
}

}  // namespace elit::daemon
