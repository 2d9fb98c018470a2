#include "tests/sim/attempts.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <string_view>

#include "core/simulator/request_target.hpp"

namespace elit::sim {
namespace {

constexpr int failures_while_others_pass = 2;
constexpr int failures_alone = 3;
constexpr std::size_t key_length = 32;

// The keys of the messages in the body of a generic sink. Quotes inside texts are escaped, so only members match.
std::vector<std::string> keys_in(std::string_view body) {
  constexpr std::string_view member = R"("key":")";
  std::vector<std::string> keys;
  for (std::size_t at = body.find(member); at != std::string_view::npos; at = body.find(member, at + 1)) {
    keys.emplace_back(body.substr(at + member.size(), key_length));
  }
  return keys;
}

std::set<std::string> refused_in(std::string_view body) {
  constexpr std::string_view error = R"(","status":"error")";
  std::set<std::string> keys;
  for (std::size_t at = body.find(error, key_length); at != std::string_view::npos; at = body.find(error, at + 1)) {
    keys.emplace(body.substr(at - key_length, key_length));
  }
  return keys;
}

bool is_json(const std::string& body) {
  boost::system::error_code error;
  static_cast<void>(boost::json::parse(body, error));
  return !error;
}

}  // namespace

void Attempts::on_sent(std::uint64_t number, const HttpRequest& request) {
  Attempt& attempt = attempts_[number];
  attempt.idempotency_key = simulator::find_header(request, "Idempotency-Key").value_or("");
  attempt.sent = ++events_;
  for (std::string& key : keys_in(request.body)) {
    of_message_[std::move(key)].push_back(number);
  }
}

void Attempts::on_ended(std::uint64_t number, const Result<HttpResponse>& result) {
  const auto found = attempts_.find(number);
  if (found == attempts_.end()) {
    return;
  }
  Attempt& attempt = found->second;
  attempt.ended = ++events_;
  if (!result) {
    attempt.end = result.error().answer_lost || result.error().kind == FailureKind::malformed ? End::lost : End::failed;
  } else if (result->status < 300) {
    attempt.end = is_json(result->body) ? End::accepted : End::lost;
    attempt.refused = refused_in(result->body);
  } else {
    const int status = result->status;
    attempt.end = status == 400 || status == 413 || status == 422 ? End::refused : End::failed;
  }
}

bool Attempts::happened(End end, std::uint64_t since, std::uint64_t until) const {
  return std::any_of(attempts_.begin(), attempts_.end(), [=](const auto& numbered) {
    const Attempt& attempt = numbered.second;
    return attempt.end == end && attempt.ended > since && attempt.ended < until;
  });
}

std::string Attempts::judge_change(const Attempt& held, int failures, const Attempt& next) const {
  const bool others_passed = happened(End::accepted, held.sent, next.sent);
  if (failures >= failures_alone || (others_passed && failures >= failures_while_others_pass)) {
    return {};
  }
  return "came under another Idempotency-Key after " + std::to_string(failures) + " failed attempts" +
         (others_passed ? "" : " while nothing else was accepted");
}

std::string Attempts::complaint(const std::string& message) const {
  const auto found = of_message_.find(message);
  if (found == of_message_.end()) {
    return {};
  }
  const Attempt* held = nullptr;  // the first after which the receiver may hold the message
  const Attempt* before = nullptr;
  int failures = 0;
  for (const std::uint64_t number : found->second) {
    const Attempt& attempt = attempts_.at(number);
    if (held != nullptr && before->idempotency_key != attempt.idempotency_key) {
      return judge_change(*held, failures, attempt);  // The parts of a set need one failure each.
    }
    const bool accepted = attempt.end == End::accepted && !attempt.refused.contains(message);
    if (held == nullptr && (accepted || attempt.end == End::lost)) {
      held = &attempt;
    }
    failures += held != nullptr && !accepted ? 1 : 0;
    if (attempt.end == End::refused) {
      held = nullptr;
      failures = 0;
    }
    before = &attempt;
  }
  return {};
}

}  // namespace elit::sim
