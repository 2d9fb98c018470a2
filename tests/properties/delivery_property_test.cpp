// The delivery machine of a sink, between a peer that changes its behaviour and a store that is slow and may crash.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/delivery/delivery.hpp"
#include "tests/properties/delivery_world.hpp"
#include "tests/properties/for_all.hpp"

namespace elit::properties {
namespace {

using Ids = std::vector<DeliveryMessageId>;

// What an answer may say about one message.
constexpr std::array message_verdicts{Verdict::delivered,          Verdict::rejected, Verdict::retry,
                                      Verdict::unmentioned,        Verdict::unknown,  Verdict::not_sent,
                                      Verdict::rejected_in_company};

DeliverySettings settings_from(Choices& choices) {
  DeliverySettings settings;
  settings.batch.messages = choices.one_of({3, 1, 2, 8});
  settings.batch.bytes = choices.one_of({1'000, 100, 30});
  settings.batch.wait = Milliseconds{choices.one_of({0, 1'000})};
  settings.concurrency = choices.number(1, 4);
  settings.retry.first = Milliseconds{choices.one_of({1'000, 10})};
  settings.retry.max = Milliseconds{choices.one_of({60'000, 1'000})};
  settings.retry.give_up_after = Milliseconds{choices.one_of({0, 0, 5'000})};
  settings.dead_letters.pause_after = choices.one_of({100, 1, 2, 5});
  choices.note([&] {
    return "batches of " + std::to_string(settings.batch.messages) + " and " + std::to_string(settings.batch.bytes) +
           " bytes, " + std::to_string(settings.concurrency) + " at a time, pause after " +
           std::to_string(settings.dead_letters.pause_after) + ", give up after " +
           std::to_string(settings.retry.give_up_after.count());
  });
  return settings;
}

enum class Mood {
  accepting,
  transient,
  losing,
  throttling,
  unauthorized,
  misconfigured,
  too_large,
  refusing,
  choosing,
  judging
};
constexpr int moods = 10;

// The peer. It knows what it accepted under which key, and fails the case when a message comes twice, when a request
// comes too early, or when too much comes at once.
class Story {
 public:
  explicit Story(Choices& choices) : choices_(choices), settings_(settings_from(choices)), world_(settings_) {
    world_.decided = [this](const SendBatch&) {
      EXPECT_GE(world_.now.steady, quiet_until_) << "a request before Retry-After";
    };
    world_.sent = [this](const SendBatch& send) { on_sent(send); };
    // A set that failed again and again is taken apart, also if it may have been accepted.
    world_.taken_apart = [this](const SplitBatch& split) {
      for (const BatchSplit& part : split.splits) {
        split_.insert(part.messages.begin(), part.messages.end());
      }
    };
  }

  void turn() {
    switch (choices_.below(10)) {
      case 0:
      case 1:
        arrive();
        break;
      case 2:
        mood_ = static_cast<Mood>(choices_.below(moods));
        break;
      case 3:
      case 4:
        world_.pass(Milliseconds{choices_.one_of({1, 500, 5'000, 30'000})});
        break;
      case 5:
        if (choices_.chance(3)) {
          crash();
        }
        break;
      case 6:
        requeue();
        break;
      default:
        if (!flying_.empty()) {
          land();
        }
        break;
    }
    world_.run();
    if (choices_.chance(2)) {
      world_.write_one();
    }
  }

  // The peer works again. All messages become final; those of users that it does not put off become final within
  // `soon`.
  void finish() {
    mood_ = Mood::accepting;
    put_off_ = choices_.chance(3) && batches_are_of_one_user();
    choices_.note([this] { return std::string("the peer is well") + (put_off_ ? " but for user 0" : ""); });
    const SteadyTime end = world_.now.steady + soon;
    work_until([this] { return all_final(put_off_ ? 1 : 0); }, end);
    put_off_ = false;
    work_until([this] { return all_final(0) && world_.machine->summary(world_.now).settled; },
               world_.now.steady + soon);
    for (const auto& [id, outcome] : world_.tables.outcomes) {
      const bool may_be_dead = refused_.contains(id) || settings_.retry.give_up_after > Milliseconds{0};
      EXPECT_TRUE(outcome.state == DeliveryState::delivered || may_be_dead) << id << " died of nothing";
      EXPECT_TRUE(outcome.state != DeliveryState::delivered || accepted_.contains(id)) << id << " was never accepted";
    }
  }

 private:
  // Longer than the longest Retry-After, the longest back-off and the longest distance of probes together.
  static constexpr Milliseconds soon{std::chrono::minutes{30}};

  void work_until(const std::function<bool()>& done, SteadyTime end) {
    for (int steps = 0; !done(); ++steps) {
      world_.run();
      if (world_.write_one()) {
        continue;
      }
      if (!flying_.empty()) {
        land();
        continue;
      }
      if (!world_.wake_up || *world_.wake_up > end || steps > 5'000) {
        const bool over = done();
        EXPECT_TRUE(over) << "a message waits forever; " << (world_.wake_up ? "woken too late" : "nothing wakes it");
        return;
      }
      world_.pass(*world_.wake_up - world_.now.steady);
    }
  }

  // A part of a split batch waits as a whole while one of its messages waits for an earlier one that is put off.
  [[nodiscard]] bool batches_are_of_one_user() const {
    return std::all_of(world_.tables.batches.begin(), world_.tables.batches.end(), [](const auto& batch) {
      const std::vector<DeliveryUserId>& users = batch.second.users;
      return std::count(users.begin(), users.end(), users.front()) == std::ssize(users);
    });
  }

  [[nodiscard]] bool all_final(DeliveryUserId from_user) const {
    return std::all_of(world_.tables.messages.begin(), world_.tables.messages.end(), [&](const auto& message) {
      return message.second.user < from_user || world_.tables.is_final(message.first);
    });
  }

  void arrive() {
    for (int count = choices_.number(1, 4); count > 0; --count) {
      const DeliveryUserId user = choices_.number(0, 3);
      choices_.note([&] { return "a message of user " + std::to_string(user); });
      world_.arrive(user, choices_.one_of({10, 25, 200}));
    }
  }

  void crash() {
    choices_.note([] { return "crash"; });
    for (const SendBatch& send : flying_) {
      if (choices_.chance(2)) {
        static_cast<void>(each(send, false));  // its answer is lost
      }
    }
    flying_.clear();
    world_.crash();
    // A Retry-After that was not recorded before the crash is lost.
    quiet_until_ = SteadyTime::min();
    for (const auto& [id, batch] : world_.tables.batches) {
      if (batch.not_before) {
        quiet_until_ = std::max(quiet_until_, world_.now.steady + (*batch.not_before - world_.now.wall));
      }
    }
  }

  // A dead message is queued again between two starts.
  void requeue() {
    for (const auto& [id, outcome] : world_.tables.outcomes) {
      if (outcome.state == DeliveryState::dead && choices_.chance(2)) {
        choices_.note([id = id] { return "again: " + std::to_string(id); });
        requeued_.insert(id);
        while (world_.write_one()) {
        }
        crash();
        world_.tables.requeue(id);
        return;
      }
    }
  }

  void on_sent(const SendBatch& send) {
    choices_.note([&] { return "sent: " + testing::PrintToString(send.messages); });
    EXPECT_LT(flying_.size(), static_cast<std::size_t>(settings_.concurrency));
    EXPECT_FALSE(send.messages.empty());
    EXPECT_TRUE(std::is_sorted(send.messages.begin(), send.messages.end()));
    EXPECT_LE(send.messages.size(), static_cast<std::size_t>(settings_.batch.messages));
    std::int64_t size = 0;
    for (const DeliveryMessageId id : send.messages) {
      size += world_.tables.messages.at(id).size_bytes;
      check_order(id, send.messages);
      const auto accepted = accepted_.find(id);
      EXPECT_TRUE(accepted == accepted_.end() || accepted->second == send.messages || split_.contains(id) ||
                  requeued_.contains(id))
          << id << " was accepted under another key";
      EXPECT_TRUE(accepted == accepted_.end() || send.lost_before || requeued_.contains(id))
          << id << " goes again as if it could not have been accepted";
    }
    EXPECT_TRUE(send.messages.size() == 1 || size <= settings_.batch.bytes);
    flying_.push_back(send);
  }

  // Every earlier message of the user is final or is in the same batch. Messages that were queued again have no fixed
  // order.
  void check_order(DeliveryMessageId id, const Ids& together) {
    const DeliveryUserId user = world_.tables.messages.at(id).user;
    for (const auto& [earlier, message] : world_.tables.messages) {
      if (earlier < id && message.user == user && !requeued_.contains(earlier) && !requeued_.contains(id)) {
        EXPECT_TRUE(world_.tables.is_final(earlier) || std::binary_search(together.begin(), together.end(), earlier))
            << id << " overtakes " << earlier;
      }
    }
    for (const SendBatch& other : flying_) {
      for (const DeliveryMessageId under_way : other.messages) {
        EXPECT_NE(world_.tables.messages.at(under_way).user, user) << "a user is under way twice";
      }
    }
  }

  void land() {
    const auto place = flying_.begin() + static_cast<std::ptrdiff_t>(choices_.below(flying_.size()));
    const SendBatch send = *place;
    flying_.erase(place);
    const DeliveryAnswer given = answer_to(send);
    choices_.note([&] { return "answered: " + testing::PrintToString(send.messages) + " " + text_of(given); });
    if (given.retry_after) {
      quiet_until_ = std::max(quiet_until_, world_.now.steady + *given.retry_after);
    }
    world_.answer(send, given);
  }

  static std::string text_of(const DeliveryAnswer& answer) {
    std::string text = answer.whole ? std::to_string(static_cast<int>(*answer.whole)) + ":" : "answered";
    for (const MessageAnswer& message : answer.messages) {
      text += " " + std::to_string(static_cast<int>(message.verdict));
    }
    return text;
  }

  DeliveryAnswer whole(std::optional<Verdict> verdict) {
    DeliveryAnswer given;
    given.whole = verdict;
    given.detail = given.reason = "why";
    if (choices_.chance(4)) {
      given.retry_after = Milliseconds{choices_.number(0, 20'000)};
    }
    return given;
  }

  DeliveryAnswer each(const SendBatch& send, bool chosen) {
    const bool taken_apart = std::any_of(send.messages.begin(), send.messages.end(),
                                         [this](DeliveryMessageId id) { return split_.contains(id); });
    const auto judged = judged_.find(send.messages);
    if (send.lost_before && judged != judged_.end() && !taken_apart) {
      return judged->second;
    }
    DeliveryAnswer& given = judged_[send.messages];
    given = DeliveryAnswer();
    given.whole.reset();
    for (const DeliveryMessageId id : send.messages) {
      auto verdict = chosen ? message_verdicts.at(choices_.below(4)) : Verdict::delivered;
      const bool put_off = put_off_ && world_.tables.messages.at(id).user == 0;
      verdict = put_off ? Verdict::retry : verdict;
      verdict = accepted_.contains(id) ? Verdict::delivered : verdict;  // It was taken already.
      if (verdict == Verdict::delivered) {
        accepted_[id] = send.messages;
      } else if (verdict == Verdict::rejected) {
        refused_.insert(id);
      }
      given.messages.push_back({verdict, {}, verdict == Verdict::delivered ? "" : "why"});
    }
    return given;
  }

  // A verdict for each message, beside any verdict for the batch. A message with the verdict `unknown` may have been
  // accepted.
  DeliveryAnswer judge(const SendBatch& send) {
    DeliveryAnswer given = whole(choices_.one_of<std::optional<Verdict>>(
        {std::nullopt, Verdict::retry, Verdict::throttled, Verdict::unauthorized, Verdict::misconfigured}));
    world_.secret_changes = world_.secret_changes || given.whole == Verdict::unauthorized;
    judged_.erase(send.messages);
    std::set<DeliveryUserId> ended;
    Ids suspects;
    for (const DeliveryMessageId id : send.messages) {
      const DeliveryUserId user = world_.tables.messages.at(id).user;
      auto verdict = ended.contains(user) ? Verdict::not_sent : message_verdicts.at(choices_.below(7));
      const bool open = verdict == Verdict::unknown || verdict == Verdict::not_sent;
      verdict = accepted_.contains(id) && !open ? Verdict::delivered : verdict;
      if (verdict == Verdict::delivered || (verdict == Verdict::unknown && choices_.chance(2))) {
        accepted_[id] = send.messages;
        split_.insert(id);
      } else if (verdict == Verdict::rejected) {
        refused_.insert(id);
      } else if (verdict == Verdict::not_sent) {
        ended.insert(user);
      } else if (verdict == Verdict::rejected_in_company) {
        suspects.push_back(id);
      }
      given.messages.push_back({verdict, {}, verdict == Verdict::delivered ? "" : "why"});
    }
    if (suspects.size() == 1) {
      refused_.insert(suspects.front());
    }
    return given;
  }

  DeliveryAnswer answer_to(const SendBatch& send) {
    // A peer gives a repeated set the same verdicts as before, or no answer.
    const bool harsh =
        mood_ == Mood::too_large || mood_ == Mood::refusing || mood_ == Mood::choosing || mood_ == Mood::judging;
    const bool repeated = send.lost_before && judged_.contains(send.messages);
    switch (repeated && harsh ? Mood::accepting : mood_) {
      case Mood::transient:
        return whole(Verdict::retry);
      case Mood::losing: {
        DeliveryAnswer given = whole(Verdict::unknown);
        static_cast<void>(each(send, false));
        return given;
      }
      case Mood::throttling:
        return whole(Verdict::throttled);
      case Mood::unauthorized:
        world_.secret_changes = choices_.chance(3);
        return whole(Verdict::unauthorized);
      case Mood::misconfigured:
        return whole(Verdict::misconfigured);
      case Mood::too_large:
        if (send.messages.size() <= 2 && !choices_.chance(4)) {
          return each(send, false);
        }
        note_refusal(send);
        return whole(Verdict::too_large);
      case Mood::refusing:
        note_refusal(send);
        return whole(Verdict::rejected_in_company);
      case Mood::choosing:
        return each(send, true);
      case Mood::judging:
        return judge(send);
      case Mood::accepting:
        break;
    }
    return each(send, false);
  }

  void note_refusal(const SendBatch& send) {
    if (send.messages.size() == 1) {
      refused_.insert(send.messages.front());
    }
  }

  Choices& choices_;
  DeliverySettings settings_;
  DeliveryWorld world_;
  Mood mood_ = Mood::accepting;
  bool put_off_ = false;  // the messages of user 0
  SteadyTime quiet_until_ = SteadyTime::min();
  std::vector<SendBatch> flying_;
  std::map<DeliveryMessageId, Ids> accepted_;  // and the set they were in, which is what its key is made of
  std::set<DeliveryMessageId> split_;          // taken with an answer that may have split the set
  std::map<Ids, DeliveryAnswer> judged_;
  std::set<DeliveryMessageId> refused_;
  std::set<DeliveryMessageId> requeued_;
};

TEST(DeliveryPropertyTest, NothingIsLostNothingSettledTwiceAndNobodyWaitsForEver) {
  for_all([](Choices& choices) {
    Story story(choices);
    while (choices.more(25)) {
      story.turn();
    }
    story.finish();
  });
}

}  // namespace
}  // namespace elit::properties
