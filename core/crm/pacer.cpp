#include "core/crm/pacer.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "core/crm/response.hpp"

namespace elit::crm {
namespace {

// However a peer words its wish, we ask again within a day.
constexpr Milliseconds wait_max{86'400'000};
// Where a header says that the window is used up but not until when.
constexpr Milliseconds wait_unnamed{1'000};

std::optional<double> number_at(const Locator& at, const ParsedResponse& response) {
  const std::optional<std::string> text = value_at(at, response, nullptr);
  double number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{}) {
    return std::nullopt;
  }
  return number >= 0 && number < 1e15 ? std::optional(number) : std::nullopt;
}

Milliseconds wait_from(double reset, PaceRules::Burst::Unit unit, Instant now) {
  using Unit = PaceRules::Burst::Unit;
  const bool in_seconds = unit == Unit::seconds || unit == Unit::epoch_seconds;
  const Milliseconds named{static_cast<Milliseconds::rep>(reset * (in_seconds ? 1000 : 1))};
  const bool is_instant = unit == Unit::epoch_seconds || unit == Unit::epoch_milliseconds;
  return std::clamp(is_instant ? named - now.time_since_epoch() : named, Milliseconds{0}, wait_max);
}

}  // namespace

SteadyTime Pacer::earliest(SteadyTime now) const {
  const bool full = rules_.requests > 0 && sent_.size() >= static_cast<std::size_t>(rules_.requests);
  const SteadyTime room = full ? sent_.front() + rules_.window : now;
  return std::max(room, quiet_until_);
}

void Pacer::on_request(SteadyTime now) {
  if (rules_.requests <= 0) {
    return;
  }
  sent_.push_back(now);
  while (sent_.size() > static_cast<std::size_t>(rules_.requests) ||
         (!sent_.empty() && sent_.front() + rules_.window <= now && sent_.front() != now)) {
    sent_.pop_front();
  }
}

void Pacer::on_answer(const ParsedResponse& response, Now now) {
  heed_burst(response, now);
  heed_budget(response, now);
}

void Pacer::heed_burst(const ParsedResponse& response, Now now) {
  if (!rules_.burst) {
    return;
  }
  const std::optional<double> remaining = number_at(rules_.burst->remaining, response);
  if (!remaining || *remaining >= 1) {
    return;
  }
  Milliseconds wait = rules_.window > Milliseconds{0} ? rules_.window : wait_unnamed;
  if (rules_.burst->reset) {
    if (const auto reset = number_at(*rules_.burst->reset, response)) {
      wait = wait_from(*reset, rules_.burst->unit, now.wall);
    }
  }
  quiet_until_ = std::max(quiet_until_, now.steady + wait);
}

void Pacer::heed_budget(const ParsedResponse& response, Now now) {
  if (!rules_.budget) {
    return;
  }
  const PaceRules::Budget& budget = *rules_.budget;
  const auto known = static_cast<double>(budget.limit_known);
  const double limit = number_at(budget.limit, response).value_or(known);
  std::optional<double> remaining = number_at(budget.remaining, response);
  if (budget.used) {
    const std::optional<double> used = number_at(*budget.used, response);
    remaining = used ? std::optional(limit - *used) : std::nullopt;
  }
  if (remaining && limit > 0 && *remaining < limit * budget.reserve) {
    quiet_until_ = std::max(quiet_until_, now.steady + std::min(budget.wait, wait_max));
  }
}

}  // namespace elit::crm
