#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "core/delivery/delivery.hpp"
#include "core/random.hpp"
#include "tests/core/delivery/delivery_rig.hpp"

namespace elit {
namespace {

// What an answer may say about one message.
constexpr std::array message_verdicts{Verdict::delivered,          Verdict::rejected, Verdict::retry,
                                      Verdict::unmentioned,        Verdict::unknown,  Verdict::not_sent,
                                      Verdict::rejected_in_company};

// What it may say about the batch beside them.
constexpr std::array<std::optional<Verdict>, 5> whole_verdicts{std::nullopt, Verdict::retry, Verdict::throttled,
                                                               Verdict::unauthorized, Verdict::misconfigured};

// A peer that changes its behaviour, driven by one seed. It knows what was delivered; a message that comes twice or too
// early fails the test.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed), rig_(settings()) {}

  void turn() {
    if (random_.below(4) == 0) {
      arrive();
    }
    if (random_.below(200) == 0) {
      mood_ = random_.below(10);
    }
    if (!flying_.empty() && (random_.below(2) == 0 || flying_.size() == 4)) {
      land();
    }
    if (auto send = rig_.step()) {
      check_send(*send);
      flying_.push_back(*send);
    } else if (random_.below(3) == 0) {
      const Milliseconds rest{static_cast<Milliseconds::rep>(random_.below(3'000))};
      rig_.pass(rest);
    }
  }

  void finish() {
    mood_ = 0;
    for (int i = 0; i < 200'000 && !(rig_.summary().settled && flying_.empty()); ++i) {
      if (!flying_.empty()) {
        land();
      } else if (auto send = rig_.step()) {
        check_send(*send);
        flying_.push_back(*send);
      } else if (rig_.wake_up) {
        rig_.pass(*rig_.wake_up - rig_.now.steady);
      }
    }
    EXPECT_TRUE(rig_.summary().settled);
    for (const auto& [id, message] : rig_.messages) {
      EXPECT_NE(rig_.state(id), DeliveryState::pending) << id;
    }
    EXPECT_GT(delivered_, last_ * 3 / 10);
  }

 private:
  static DeliverySettings settings() {
    DeliverySettings made = delivery_settings(8);
    made.batch.bytes = 300;
    made.retry.max = std::chrono::minutes{1};
    made.dead_letters.pause_after = 5;
    return made;
  }

  void arrive() {
    const auto count = random_.below(12);
    for (std::uint64_t i = 0; i < count; ++i) {
      rig_.store(++last_, static_cast<DeliveryUserId>(random_.below(30)), static_cast<std::int64_t>(random_.below(90)));
    }
  }

  void check_send(const SendBatch& send) {
    EXPECT_GE(rig_.now.steady, quiet_until_) << "a request before Retry-After";
    EXPECT_LT(flying_.size(), 4U);
    EXPECT_TRUE(std::is_sorted(send.messages.begin(), send.messages.end()));
    EXPECT_LE(send.messages.size(), 8U);
    for (const auto& other : flying_) {
      for (const auto id : other.messages) {
        for (const auto mine : send.messages) {
          EXPECT_NE(rig_.messages[id].user, rig_.messages[mine].user) << "a user is under way twice";
        }
      }
    }
    const auto [known, fresh] = sets_.emplace(send.batch, send.messages);
    EXPECT_EQ(known->second, send.messages) << "a repeat of another set";
    for (const auto id : send.messages) {
      check_order(id, send);
    }
  }

  // Everything earlier of the user is settled or in the same request.
  void check_order(DeliveryMessageId id, const SendBatch& send) {
    const DeliveryUserId user = rig_.messages[id].user;
    for (auto earlier = rig_.messages.begin(); earlier->first < id; ++earlier) {
      if (earlier->second.user == user && rig_.state(earlier->first) == DeliveryState::pending) {
        const bool together = std::binary_search(send.messages.begin(), send.messages.end(), earlier->first);
        EXPECT_TRUE(together) << id << " overtakes " << earlier->first;
      }
    }
  }

  void land() {
    const auto place = flying_.begin() + static_cast<std::ptrdiff_t>(random_.below(flying_.size()));
    const SendBatch send = *place;
    flying_.erase(place);
    const DeliveryAnswer given = answer(send);
    if (given.retry_after) {
      quiet_until_ = std::max(quiet_until_, rig_.now.steady + *given.retry_after);
    }
    rig_.answer(send, given);
    for (const auto id : send.messages) {
      if (rig_.state(id) == DeliveryState::delivered) {
        EXPECT_TRUE(accepted_.insert(id).second) << id << " is delivered twice";
        ++delivered_;
      }
    }
  }

  DeliveryAnswer answer(const SendBatch& send) {
    switch (mood_) {
      case 1:
        return DeliveryRig::whole(Verdict::retry);
      case 2:
        return DeliveryRig::whole(Verdict::throttled, Milliseconds{static_cast<int>(random_.below(20'000))});
      case 3:
        rig_.secret_changes = random_.below(2) == 0;
        return DeliveryRig::whole(Verdict::unauthorized);
      case 4:
        return send.messages.size() > 2 ? DeliveryRig::whole(Verdict::too_large) : DeliveryRig::accepted(send);
      case 5:
        return has_culprit(send) ? DeliveryRig::whole(Verdict::rejected_in_company) : DeliveryRig::accepted(send);
      case 6:
        return DeliveryRig::whole(Verdict::rejected_in_company);
      case 7:
        return DeliveryRig::whole(Verdict::misconfigured);
      case 8: {
        std::vector<Verdict> verdicts;
        for (std::size_t i = 0; i < send.messages.size(); ++i) {
          verdicts.push_back(message_verdicts.at(random_.below(4)));
        }
        return DeliveryRig::each(verdicts);
      }
      case 9:
        return judged(send);
      default:
        return random_.below(30) == 0 ? DeliveryRig::whole(Verdict::retry) : DeliveryRig::accepted(send);
    }
  }

  // A verdict for each message, beside any verdict for the batch.
  DeliveryAnswer judged(const SendBatch& send) {
    std::vector<Verdict> verdicts;
    std::set<DeliveryUserId> ended;
    for (const auto id : send.messages) {
      const DeliveryUserId user = rig_.messages[id].user;
      const auto verdict = message_verdicts.at(random_.below(7));
      verdicts.push_back(ended.contains(user) ? Verdict::not_sent : verdict);
      if (verdicts.back() == Verdict::not_sent) {
        ended.insert(user);
      }
    }
    return DeliveryRig::each(verdicts, whole_verdicts.at(random_.below(5)));
  }

  bool has_culprit(const SendBatch& send) const {
    return std::any_of(send.messages.begin(), send.messages.end(), [](auto id) { return id % 17 == 0; });
  }

  Random random_;
  DeliveryRig rig_;
  std::uint64_t mood_ = 0;
  DeliveryMessageId last_ = 0;
  std::int64_t delivered_ = 0;
  SteadyTime quiet_until_ = SteadyTime::min();
  std::vector<SendBatch> flying_;
  std::map<BatchHandle, std::vector<DeliveryMessageId>> sets_;
  std::set<DeliveryMessageId> accepted_;
};

TEST(DeliveryModelTest, KeepsItsPromisesThroughAnything) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Model model(seed);
    for (int i = 0; i < 4'000; ++i) {
      model.turn();
    }
    model.finish();
    if (testing::Test::HasFailure()) {
      break;
    }
  }
}

}  // namespace
}  // namespace elit
