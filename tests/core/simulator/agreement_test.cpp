// The product's own codecs between the simulated API and the simulated CRM: each half reads what the other writes, and
// the ledger balances.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/delivery/webhook.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/simulator/ledger.hpp"
#include "tests/core/simulator/simulator_calls.hpp"

namespace elit::simulator {
namespace {

using Switches = std::vector<std::pair<std::string, std::string>>;

// Moves everything from the API to the CRM, in the simplest way that is right while no message arrives.
class SimulatedRun {
 public:
  explicit SimulatedRun(const Switches& switches) : simulator_(options(switches)) {
    source_.name = "support";
    source_.customer_id = "4660";
    source_.bot_key = "6bc26c50902b4838";
  }

  Ledger run() {
    const Audience audience{"user.channel", "whatsapp"};
    const auto users = elitbuzz::read_users(
        source_,
        simulator_.answer(elitbuzz::users_request(source_, audience, std::nullopt, "the-key"), start_of_tests).answer);
    EXPECT_TRUE(users) << (users ? "" : users.error().detail);
    for (const ListedUser& user : users ? users->users : std::vector<ListedUser>{}) {
      deliver(user, read_all(user.user_id));
    }
    return take_ledger(simulator_.world(), simulator_.api(), simulator_.crm(), {}, start_of_tests);
  }

 private:
  static SimulatorOptions options(const Switches& switches) {
    SimulatorOptions options = quiet_options();
    options.world.odd_content = true;
    for (const auto& [key, value] : switches) {
      EXPECT_EQ(apply(dialect_settings(), options.dialect, key, value), std::nullopt);
    }
    return options;
  }

  std::vector<Row> read_all(const std::string& user_id) {
    std::vector<Row> rows;
    std::vector<Digest> before;
    for (int page_number = 1; page_number < 1000; ++page_number) {
      const HttpRequest request = elitbuzz::conversations_request(
          source_, user_id, start_of_tests - std::chrono::hours{100}, start_of_tests, page_number, 500, "the-key");
      const auto page = elitbuzz::read_conversations(source_, user_id, page_number,
                                                     simulator_.answer(request, start_of_tests).answer);
      EXPECT_TRUE(page) << (page ? "" : page.error().detail);
      if (!page || page->past_the_end || page->rows.empty()) {
        break;
      }
      std::vector<Digest> digests;
      for (const Row& row : page->rows) {
        digests.push_back(row.digest);
      }
      if (digests == before) {
        break;
      }
      before = std::move(digests);
      rows.insert(rows.end(), page->rows.begin(), page->rows.end());
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.instant < b.instant; });
    return rows;
  }

  void deliver(const ListedUser& user, const std::vector<Row>& rows) {
    std::map<Digest, Occurrence> occurrences;
    std::vector<OutgoingMessage> messages;
    for (const Row& row : rows) {
      OutgoingMessage message;
      message.key = message_key(row.digest, occurrences[row.digest]++);
      message.source = source_.name;
      message.user_id = user.user_id;
      message.instant = row.instant;
      message.direction = row.direction;
      message.sender = row.sender;
      message.type = row.type;
      message.text = row.text;
      message.media = row.media;
      message.raw = row.raw;
      message.user_element = user.element;
      messages.push_back(std::move(message));
    }
    const HttpRequest request = webhook_request("/crm/conversations", {}, messages);
    EXPECT_EQ(simulator_.answer(request, start_of_tests).answer.status, 200);
  }

  Simulator simulator_;
  SourceOptions source_;
};

class AgreementTest : public testing::TestWithParam<Switches> {};

TEST_P(AgreementTest, HoldsToTheLastMessage) {
  const Ledger ledger = SimulatedRun(GetParam()).run();
  EXPECT_TRUE(ledger.balanced()) << ledger_json(ledger);
  EXPECT_EQ(ledger.crm_received, ledger.messages_visible);
  EXPECT_EQ(ledger.users_matching, 6U);
  EXPECT_GT(ledger.messages_visible, 100U);
}

std::vector<Switches> dialects() {
  std::vector<Switches> all{{}};
  // Every value of these switches alone, on small pages.
  for (const std::string key : {"users_shape", "user_id_field", "user_id_kind", "conversations_shape", "row_id_field",
                                "timestamp", "media", "page_order", "rows_order", "past_the_end"}) {
    for (const Setting<Dialect>& row : dialect_settings()) {
      std::string values = row.key == key ? row.values + ", " : "";
      for (std::size_t comma = values.find(", "); comma != std::string::npos; comma = values.find(", ")) {
        all.push_back({{key, values.substr(0, comma)}, {"page_cap", "7"}});
        values.erase(0, comma + 2);
      }
    }
  }
  all.push_back({{"users_elements", "ids"}, {"users_shape", "array"}});
  all.push_back({{"status_envelope", "yes"}, {"random_member_order", "yes"}});
  all.push_back({{"start_inclusive", "no"}, {"end_inclusive", "no"}, {"live_chat_rows", "no"}});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Dialects, AgreementTest, testing::ValuesIn(dialects()));

}  // namespace
}  // namespace elit::simulator
