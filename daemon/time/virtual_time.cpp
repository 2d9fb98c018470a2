#include "daemon/time/virtual_time.hpp"

#include <algorithm>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include "core/check.hpp"

namespace elit::daemon {
namespace asio = boost::asio;

namespace {

// Links a context to the virtual time that governs it.
class Governance final : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;

  explicit Governance(asio::execution_context& context, VirtualTime* time = nullptr)
      : asio::execution_context::service(context), time_(time) {}

  [[nodiscard]] VirtualTime* time() const { return time_; }

 private:
  void shutdown() override {}

  VirtualTime* time_;
};

asio::execution_context::id Governance::id;

}  // namespace

void VirtualTime::govern(asio::io_context& context) {
  asio::make_service<Governance>(context, this);
}

VirtualTime* VirtualTime::governing(const asio::any_io_executor& executor) {
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  return asio::has_service<Governance>(context) ? asio::use_service<Governance>(context).time() : nullptr;
}

VirtualTime::Appointment VirtualTime::call_at(SteadyTime when, std::function<void()> action) {
  const Appointment appointment{std::max(when, steady_), made_++};
  due_.emplace(appointment, std::move(action));
  return appointment;
}

std::optional<SteadyTime> VirtualTime::next() const {
  return due_.empty() ? std::nullopt : std::optional{due_.begin()->first.first};
}

void VirtualTime::step() {
  const auto first = due_.extract(due_.begin());
  pass_until(first.key().first);
  first.mapped()();
}

void VirtualTime::pass_until(SteadyTime when) {
  check(when >= steady_ && (due_.empty() || when <= due_.begin()->first.first),
        "virtual time goes forward and skips nothing");
  truth_ += when - steady_;
  steady_ = when;
}

}  // namespace elit::daemon
