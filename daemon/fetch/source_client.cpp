#include "daemon/fetch/source_client.hpp"

#include <algorithm>
#include <utility>

#include "core/text/time_text.hpp"

namespace elit::daemon {
namespace {

using boost::asio::awaitable;

RequestGate::Limits gate_limits(const LimitOptions& limits) {
  return {.requests_per_second = limits.requests_per_second, .concurrency = limits.concurrency};
}

}  // namespace

SourceClient::SourceClient(const SourceOptions& options, Parts parts)
    : options_(options),
      parts_(std::move(parts)),
      gate_(gate_limits(options.limits), Backoff(std::chrono::seconds{1}, std::chrono::minutes{2}), parts_.seed),
      patience_(parts_.budget),
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
      on_answered();
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
    } else {
      co_await wait_to_retry(answer.until - now);
    }
  }
  co_return false;
}

// True: this caller is the one that tries whether the pause is over.
awaitable<bool> SourceClient::pass_pause() {
  if (patience_.limited()) {
    gave_up_ = true;
    wake_.set();
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

void SourceClient::on_answered() {
  const bool was_down = gate_.down();
  gate_.on_success(parts_.timer->now().steady);
  failed_subject_.clear();
  throttle_reported_ = false;
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
  if (failure.kind == FailureKind::unauthorized) {
    gate_.on_abandoned();
    pause(failure);
    return;
  }
  const bool was_down = gate_.down();
  // One user whom the API cannot answer is no sign that the API is down, however often it is asked for.
  const bool same_user_again =
      failure.status != 0 && !subject.empty() && subject == std::exchange(failed_subject_, subject);
  if (same_user_again && failure.kind != FailureKind::throttled) {
    gate_.on_abandoned();
  } else {
    gate_.on_failure(failure, after.steady);
  }
  if (failure.kind == FailureKind::throttled) {
    if (!std::exchange(throttle_reported_, true)) {
      parts_.log->write(Event::throttled,
                        "the source asks us to slow down; every connection to it waits. " + failure.detail,
                        {{"source", options_.name}, {"status", failure.status}});
    }
    return;
  }
  patience_.spend(before.steady, after.steady);
  if (!patience_.allows(after.steady - before.steady)) {
    gave_up_ = true;  // The next attempt would take as long and end too late.
    wake_.set();
  }
  if (!was_down && gate_.down()) {
    parts_.log->write(Event::source_down,
                      "the source fails again and again; it is tried with growing pauses. " + failure.detail,
                      {{"source", options_.name}, {"status", failure.status}});
    report("down", failure.detail);
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

awaitable<bool> SourceClient::wait_to_retry(Milliseconds wait) {
  if (!patience_.allows(wait)) {
    gave_up_ = true;
    wake_.set();
    co_return false;
  }
  const SteadyTime from = parts_.timer->now().steady;
  const SteadyTime until = from + wait;
  for (SteadyTime now = from; now < until && !finished(); now = parts_.timer->now().steady) {
    co_await wake_.wait(until - now);
  }
  patience_.spend(from, parts_.timer->now().steady);
  co_return !finished();
}

void SourceClient::reload_secret() {
  const std::string before = secret_;
  const bool changed = read_secret() && secret_ != before;
  probe_.on_secret(changed && paused_, parts_.timer->now().steady);
  wake_.set();
}

void SourceClient::stop() {
  stopped_ = true;
  parts_.transport->close();
  wake_.set();
}

void SourceClient::report(const std::string& state, const std::string& reason) {
  if (state != state_) {
    state_ = state;
    parts_.on_state(state, reason);
  }
}

Failure SourceClient::ended() const {
  return Failure{.kind = FailureKind::transient,
                 .detail = stopped_ ? "stopped" : "the source did not recover within the time this run may wait",
                 .retry_after = std::nullopt,
                 .status = 0,
                 .answer_lost = false};
}

}  // namespace elit::daemon
