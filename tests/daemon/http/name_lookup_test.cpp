#include "daemon/http/name_lookup.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "tests/daemon/http/loop.hpp"

namespace elit::daemon {
namespace {

using Addresses = std::vector<boost::asio::ip::address>;

// A lookup that answers only when the test lets it.
struct Gate {
  std::promise<void> promise;
  std::shared_future<void> opened{promise.get_future().share()};
  std::atomic<int> asked = 0;
};

NameLookup::Ask waiting_for(std::shared_ptr<Gate> gate) {
  return [gate](const std::string&) -> Result<Addresses> {
    ++gate->asked;
    gate->opened.wait();
    return Addresses{boost::asio::ip::address_v4::loopback()};
  };
}

TEST(NameLookupTest, FindsThisMachine) {
  Loop loop;
  NameLookup lookup{loop.executor(), "localhost", &ask_system};
  const Result<Addresses> found = loop.run(lookup.addresses(Milliseconds{2000}));
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_TRUE(found->front().is_loopback());
}

TEST(NameLookupTest, SaysWhichNameIsNotKnown) {
  Loop loop;
  const auto unknown = [](const std::string&) -> Result<Addresses> {
    Failure failure;
    failure.detail = "no such name";
    return failure;
  };
  NameLookup lookup{loop.executor(), "nowhere.invalid", unknown};
  const Result<Addresses> found = loop.run(lookup.addresses(Milliseconds{2000}));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().detail, "lookup of nowhere.invalid: no such name");
  EXPECT_EQ(found.error().kind, FailureKind::transient);
}

TEST(NameLookupTest, GivesUpOnALookupThatHangs) {
  auto gate = std::make_shared<Gate>();
  Loop loop;
  NameLookup lookup{loop.executor(), "slow.example", waiting_for(gate)};
  const Result<Addresses> found = loop.run(lookup.addresses(Milliseconds{20}));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().detail, "lookup of slow.example: no answer within 20 ms");
  gate->promise.set_value();
}

TEST(NameLookupTest, AsksOnceForAllWhoWait) {
  auto gate = std::make_shared<Gate>();
  Loop loop;
  NameLookup lookup{loop.executor(), "slow.example", waiting_for(gate)};
  const auto first = loop.start(lookup.addresses(Milliseconds{2000}));
  const auto second = loop.start(lookup.addresses(Milliseconds{2000}));
  loop.io().poll();
  gate->promise.set_value();
  ASSERT_TRUE(loop.until([&] { return first->has_value() && second->has_value(); }));
  EXPECT_TRUE(**first);
  EXPECT_TRUE(**second);
  EXPECT_EQ(gate->asked, 1);
}

TEST(NameLookupTest, EndsItsWaitsWhenClosed) {
  auto gate = std::make_shared<Gate>();
  Loop loop;
  NameLookup lookup{loop.executor(), "slow.example", waiting_for(gate)};
  const auto waiting = loop.start(lookup.addresses(std::chrono::hours{1}));
  loop.io().poll();
  lookup.close();
  ASSERT_TRUE(loop.until([&] { return waiting->has_value(); }));
  EXPECT_FALSE(**waiting);
  gate->promise.set_value();
}

TEST(NameLookupTest, MayGoWhileItsThreadStillAsks) {
  auto gate = std::make_shared<Gate>();
  {
    Loop loop;
    NameLookup lookup{loop.executor(), "slow.example", waiting_for(gate)};
    const auto waiting = loop.start(lookup.addresses(Milliseconds{5}));
    loop.io().poll();
  }
  gate->promise.set_value();
}

}  // namespace
}  // namespace elit::daemon
