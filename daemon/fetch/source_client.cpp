#include "daemon/fetch/source_client.hpp"

#include <algorithm>
#include <utility>

#include "core/text/time_text.hpp"

namespace elit::daemon {
namespace {

using boost::asio::awaitable;

constexpr Milliseconds backoff_down_first = std::chrono::seconds{1};
constexpr Milliseconds backoff_down_max = std::chrono::seconds{15};  // so soon at most a recovery is noticed
constexpr Milliseconds backoff_throttled_first{200};
constexpr Milliseconds backoff_throttled_max = std::chrono::seconds{30};

// A source that is throttled for so long is shown as such.
constexpr Milliseconds throttled_long = std::chrono::seconds{10};
constexpr Milliseconds throttled_event_interval = std::chrono::minutes{1};

RequestGate::Limits gate_limits(const LimitOptions& limits) {
  return {.requests_per_second = limits.requests_per_second, .concurrency = limits.concurrency};
}

}  // namespace

SourceClient::SourceClient(const SourceOptions& options, Parts parts)
    : options_(options),
      parts_(std::move(parts)),
      gate_(gate_limits(options.limits),
            RequestGate::RetryWaits{Backoff(backoff_down_first, backoff_down_max),
                                    Backoff(backoff_throttled_first, backoff_throttled_max)},
            parts_.seed),
      budget_(parts_.budget),
      wake_(parts_.executor) {}

awaitable<Result<elitbuzz::UsersAnswer>> SourceClient::list_users(Audience audience, std::optional<int> page) {
  std::function<HttpRequest(const std::string&)> make = [this, audience, page](const std::string& key) {
    return elitbuzz::users_request(options_, audience, page, key);
  };
  std::function<Result<elitbuzz::UsersAnswer>(const HttpResponse&)> read = [this](const HttpResponse& answer) {
    return elitbuzz::read_users(options_, answer);
  };
  co_return co_await exchange<elitbuzz::UsersAnswer>("", std::move(make), std::move(read));
}

awaitable<Result<elitbuzz::ConversationsPage>> SourceClient::read_page(std::string user_id, Interval span, int page) {
  const Instant start = std::max(earliest_instant, span.from - Milliseconds{1});
  const Instant end = span.to + Milliseconds{1};
  std::function<HttpRequest(const std::string&)> make = [this, user_id, start, end, page](const std::string& key) {
    return elitbuzz::conversations_request(options_, user_id, start, end, page, options_.limits.page_size, key);
  };
  std::function<Result<elitbuzz::ConversationsPage>(const HttpResponse&)> read = [this, user_id,
                                                                                  page](const HttpResponse& answer) {
    return elitbuzz::read_conversations(options_, user_id, page, answer);
  };
  co_return co_await exchange<elitbuzz::ConversationsPage>(user_id, std::move(make), std::move(read));
}

template <class Answer>
awaitable<Result<Answer>> SourceClient::exchange(std::string subject,
                                                 std::function<HttpRequest(const std::string&)> make,
                                                 std::function<Result<Answer>(const HttpResponse&)> read) {
  for (;;) {
    const bool may_go = co_await pass_gate();
    if (!may_go) {
      co_return ended();
    }
    const std::string secret = secret_;
    HttpRequest request = make(secret);
    const Now before = parts_.timer->now();
    const auto under_way = under_way_.insert(before.steady);
    Result<HttpResponse> answer = co_await parts_.transport->send(std::move(request));
    under_way_.erase(under_way);
    const Now after = parts_.timer->now();
    wake_.set();
    if (stopped_) {
      gate_.on_abandoned();
      co_return ended();
    }
    Result<Answer> result = answer.has_error() ? Result<Answer>(answer.error()) : read(*answer);
    if (answer.has_value()) {
      observe_date(*answer, before, after);
    }
    if (result.has_value() || result.error().kind == FailureKind::rejected) {
      on_answered(before);
      co_return result;
    }
    Failure failure = result.error();
    if (failure.kind == FailureKind::unauthorized && secret != secret_) {
      gate_.on_abandoned();  // What is refused is the key of before a reload.
      probing_ = false;
      continue;
    }
    const auto wish = answer.has_value() ? answer->header("Retry-After") : std::nullopt;
    if (wish && !failure.retry_after) {
      failure.retry_after = parse_retry_after(*wish, after.wall + skew_.value());
    }
    on_trouble(failure, subject, before, after);
    if (failure.kind == FailureKind::transient || failure.kind == FailureKind::malformed) {
      co_return failure;
    }
  }
}

awaitable<bool> SourceClient::pass_gate() {
  while (!finished()) {
    if (paused_) {
      const bool probe = co_await pass_pause();
      if (!probe) {
        continue;
      }
    }
    if (secret_.empty() && !read_secret()) {
      continue;
    }
    const SteadyTime now = parts_.timer->now().steady;
    const RequestGate::Answer answer = gate_.ask(now);
    if (answer.hold == RequestGate::Hold::none) {
      co_return true;
    }
    probing_ = false;
    if (answer.hold == RequestGate::Hold::slots) {
      co_await wake_.wait();
    } else if (answer.hold == RequestGate::Hold::pace) {
      co_await wake_.wait(answer.until - now);
    } else if (may_wait(answer.until - now)) {
      co_await wake_.wait(answer.until - now);  // A reload ends the wait.
      budget_.spend(now, parts_.timer->now().steady);
    }
  }
  co_return false;
}

// True: this caller is the one that tries whether the pause is over.
awaitable<bool> SourceClient::pass_pause() {
  if (budget_.limited()) {
    give_up();
    co_return false;
  }
  const SteadyTime now = parts_.timer->now().steady;
  if (!probing_ && now >= probe_.probe_at()) {
    probing_ = true;
    co_return true;
  }
  if (now >= probe_.secret_at()) {
    reload_secret();
    co_return false;
  }
  const SteadyTime wake = std::min(probing_ ? SteadyTime::max() : probe_.probe_at(), probe_.secret_at());
  co_await wake_.wait(std::max(Milliseconds{1}, wake - now));
  co_return false;
}

bool SourceClient::read_secret() {
  Result<std::string> secret = parts_.secrets(options_.api_key);
  if (secret.has_error()) {
    pause(secret.error());
    return false;
  }
  if (*secret != secret_) {
    parts_.log->add_secret(*secret);
    secret_ = std::move(*secret);
  }
  return true;
}

void SourceClient::pause(const Failure& failure) {
  last_failure_ = failure.detail;
  const SteadyTime now = parts_.timer->now().steady;
  probing_ = false;
  if (paused_) {
    probe_.on_refused(now);
  } else {
    paused_ = true;
    probe_.begin(now);
    parts_.log->write(
        Event::source_paused,
        "the source refuses our credential and is paused; nothing is lost. Put the right key in place: it "
        "is read again every few seconds. " +
            failure.detail,
        {{"source", options_.name}, {"status", failure.status}});
    report("paused: credential", failure.detail);
  }
  wake_.set();
}

void SourceClient::on_answered(Now sent) {
  const bool was_down = gate_.down();
  gate_.on_success(sent.steady, parts_.timer->now().steady);
  failed_subject_.clear();
  last_failure_.clear();
  if (paused_) {
    paused_ = false;
    probing_ = false;
    parts_.log->write(Event::source_resumed, "the source accepts our credential again; work goes on where it stopped",
                      {{"source", options_.name}});
    wake_.set();
  }
  if (was_down) {
    parts_.log->write(Event::source_up, "the source answers again", {{"source", options_.name}});
  }
  report("running", "");
}

void SourceClient::on_trouble(const Failure& failure, const std::string& subject, Now before, Now after) {
  probing_ = false;
  last_failure_ = failure.detail;
  if (failure.kind == FailureKind::unauthorized) {
    gate_.on_abandoned();
    pause(failure);
    return;
  }
  const bool was_down = gate_.down();
  // One user whom the API cannot answer is no sign that the API is down, however often it is asked for.
  const bool same_user_again =
      failure.status != 0 && !subject.empty() && subject == std::exchange(failed_subject_, subject);
  if (same_user_again && failure.kind != FailureKind::throttled && !failure.retry_after) {
    gate_.on_abandoned();
  } else {
    gate_.on_failure(failure, before.steady, after.steady);
  }
  if (gate_.throttling() && (failure.kind == FailureKind::throttled || failure.retry_after)) {
    report_throttling(failure, after);
  }
  if (failure.kind == FailureKind::throttled) {
    return;
  }
  budget_.spend(before.steady, after.steady);
  if (!budget_.allows(after.steady - before.steady)) {
    give_up();  // The next attempt would take as long and end too late.
  }
  if (!was_down && gate_.down()) {
    parts_.log->write(
        Event::source_down,
        "the source does not answer; it is asked again every few seconds, and nothing is lost. " + failure.detail,
        {{"source", options_.name}, {"status", failure.status}});
  }
  if (gate_.down()) {
    report("down", failure.detail);
  }
}

void SourceClient::report_throttling(const Failure& failure, Now now) {
  const RequestGate::Throttling throttling = *gate_.throttling();
  const Milliseconds wait = throttling.until - now.steady;
  const std::string until = to_rfc3339(std::chrono::ceil<std::chrono::seconds>(now.wall + wait));
  const bool is_long = wait >= throttled_long;
  const bool is_due = !throttle_reported_ || now.steady - *throttle_reported_ >= throttled_event_interval;
  if (is_due || (is_long && state_ != "throttled")) {
    throttle_reported_ = now.steady;
    parts_.log->write(
        Event::throttled,
        "the source asks us to slow down; every connection to it waits until " + until +
            (wait > RequestGate::wish_trusted ? ", and single requests try before. " : ". ") + failure.detail,
        {{"source", options_.name}, {"status", failure.status}, {"until", until}, {"wait_ms", wait.count()}});
  }
  if (!gate_.down() && (is_long || now.steady - throttling.since >= throttled_long)) {
    report("throttled", "asked to wait until " + until + "; a reload tries at once. " + failure.detail);
  }
}

void SourceClient::observe_date(const HttpResponse& answer, Now before, Now after) {
  const auto text = answer.header("Date");
  const std::optional<Instant> date = text ? parse_http_date(*text) : std::nullopt;
  if (!date) {
    return;
  }
  skew_.observe(*date, before.wall, after.wall);
  if (const std::optional<Milliseconds> skew = skew_.take_warning()) {
    parts_.log->write(
        Event::clock_skew,
        "the clock of the source differs from ours; the conservative side is taken. Check NTP on this host",
        {{"source", options_.name}, {"skew_ms", skew->count()}});
  }
}

bool SourceClient::may_wait(Milliseconds wait) {
  if (!budget_.allows(wait)) {
    give_up();
  }
  return !gave_up_;
}

void SourceClient::give_up() {
  why_gave_up_ = ended().detail;
  gave_up_ = true;
  wake_.set();
}

awaitable<bool> SourceClient::wait_to_retry(Milliseconds wait) {
  if (!may_wait(wait)) {
    co_return false;
  }
  const SteadyTime from = parts_.timer->now().steady;
  const SteadyTime until = from + wait;
  for (SteadyTime now = from; now < until && !finished(); now = parts_.timer->now().steady) {
    co_await wake_.wait(until - now);
  }
  budget_.spend(from, parts_.timer->now().steady);
  co_return !finished();
}

void SourceClient::reload_secret() {
  const std::string before = secret_;
  const bool changed = read_secret() && secret_ != before;
  probe_.on_secret(changed && paused_, parts_.timer->now().steady);
  wake_.set();
}

void SourceClient::reload() {
  reload_secret();
  gate_.try_at_once();
}

void SourceClient::stop() {
  stopped_ = true;
  parts_.transport->close();
  wake_.set();
}

void SourceClient::report(const std::string& state, const std::string& reason) {
  if (state != state_ || reason != reason_) {
    state_ = state;
    reason_ = reason;
    parts_.on_state(state, reason);
  }
}

Failure SourceClient::ended() const {
  Failure failure;
  failure.detail = stopped_                ? "stopped"
                   : last_failure_.empty() ? "the source did not recover within the time this run may wait (sync.wait)"
                   : paused_               ? last_failure_
                                           : last_failure_ +
                                   "; it did not recover within the time this run may wait "
                                   "(sync.wait)";
  return failure;
}

}  // namespace elit::daemon
