#include "core/delivery/verdict_order.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/check.hpp"

namespace elit {
namespace {

// A verdict, and whether the message waits by itself with it.
struct Judged {
  Verdict verdict = Verdict::delivered;
  bool waits = false;
};

// Gives `joined` to what stands between messages of its user that go again with that verdict; `first_too` begins such a
// span as well.
void join(const std::vector<WaitingMessage>& batch, Verdict joined, Verdict first_too, std::vector<Judged>& judged) {
  std::unordered_map<DeliveryUserId, std::size_t> last;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (judged[i].verdict == joined) {
      last[batch[i].user] = i;
    }
  }
  std::unordered_set<DeliveryUserId> begun;
  for (std::size_t i = 0; i < batch.size() && !last.empty(); ++i) {
    const auto end = last.find(batch[i].user);
    if (end == last.end() || i > end->second) {
      continue;
    }
    if (judged[i].verdict == joined || judged[i].verdict == first_too) {
      begun.insert(batch[i].user);
      judged[i].verdict = joined;
    } else if (judged[i].waits && begun.contains(batch[i].user)) {
      judged[i] = {joined, false};
    }
  }
}

void check_suffix(const std::vector<WaitingMessage>& batch, const std::vector<MessageAnswer>& answers) {
  std::unordered_set<DeliveryUserId> ended;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (answers[i].verdict == Verdict::not_sent) {
      ended.insert(batch[i].user);
    } else {
      check(!ended.contains(batch[i].user), "no message is sent before an earlier one of its user");
    }
  }
}

}  // namespace

std::vector<Verdict> verdicts_in_order(const std::vector<WaitingMessage>& batch,
                                       const std::vector<MessageAnswer>& answers, int rejections_max) {
  check(answers.size() == batch.size(), "an answer names an outcome for each message of its batch");
  check_suffix(batch, answers);
  const auto suspects = std::count_if(answers.begin(), answers.end(), [](const MessageAnswer& answer) {
    return answer.verdict == Verdict::rejected_in_company;
  });
  std::vector<Judged> judged;
  judged.reserve(answers.size());
  for (const MessageAnswer& answer : answers) {
    const bool culprit = suspects == 1 && answer.verdict == Verdict::rejected_in_company;
    const Verdict verdict = culprit ? Verdict::rejected : answer.verdict;
    const bool put_off = verdict == Verdict::rejected && rejections_max-- <= 0;
    judged.push_back({verdict, put_off || verdict == Verdict::retry || verdict == Verdict::unmentioned});
  }
  join(batch, Verdict::unknown, Verdict::rejected_in_company, judged);
  join(batch, Verdict::rejected_in_company, Verdict::rejected_in_company, judged);
  std::vector<Verdict> verdicts;
  verdicts.reserve(judged.size());
  for (const Judged& one : judged) {
    verdicts.push_back(one.verdict);
  }
  return verdicts;
}

}  // namespace elit
