#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "core/delivery/webhook.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/fetch/pager.hpp"
#include "core/fetch/row_order.hpp"
#include "storage/database.hpp"
#include "storage/status_reader.hpp"
#include "tests/bench/sample_data.hpp"
#include "tests/storage/faulted_work.hpp"
#include "tests/storage/store_fixture.hpp"

// In a program of its own with sqlite_memory_test.cpp: operator new is replaced for all of it.
namespace {

struct Allocations {
  bool counting = false;
  std::uint64_t count = 0;
  std::uint64_t fails_from = 0;
  std::uint64_t fails_before = 0;
};

constinit Allocations allocations;

bool refuses() {
  if (!allocations.counting) {
    return false;
  }
  const std::uint64_t number = allocations.count++;
  return number >= allocations.fails_from && number < allocations.fails_before;
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = refuses() ? nullptr : std::malloc(size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return refuses() ? nullptr : std::malloc(size);
}

// Not inlined: the compiler would warn that free does not match new.
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace elit::storage {
namespace {

// From the allocation with that number on, `length` of them fail.
FaultedWork::Series allocations_failing(std::uint64_t length) {
  return [length](std::uint64_t number) {
    FaultedWork::Fault fault;
    fault.order = [number, length](MemoryDisk&) { allocations = {true, 0, number, number + length}; };
    fault.recall = [number](MemoryDisk&) {
      allocations.counting = false;
      return allocations.count > number;
    };
    return fault;
  };
}

constexpr const char* user_id = "919800000000";
constexpr int page_size = 4;

HttpResponse answer_with(std::string body) {
  HttpResponse answer;
  answer.status = 200;
  answer.body = std::move(body);
  return answer;
}

// The vendor's answer to a request for that page of a list of ten rows.
HttpResponse vendor_page(int page) {
  std::string body = R"({"conversations":[)";
  for (int number = (page - 1) * page_size; number < std::min(10, page * page_size); ++number) {
    body += number % page_size == 0 ? "" : ",";
    body += R"({"timestamp":"2026/01/01 10:00:0)" + std::to_string(number) +
            R"(.000","message_type":"LIST","sender":"user","response":{"b":[1,2.5,"\u00e4"],"a":{"text":"order )" +
            std::to_string(number) + R"("}},"file":{"url":"https://media.example.com/1.jpg?s=1"}})";
  }
  return answer_with(body + "]}");
}

// What the daemon does from a list of users to a delivered batch, with the codecs, the pager and the store.
class Passage {
 public:
  explicit Passage(MemoryDisk& disk) : store_(Store::open(disk)) {
    source_ = store_->register_source("support");
    audience_ = store_->register_audiences(source_, {{"feedback", "1"}}).front();
    sink_ = store_->register_sinks({{"crm", true}}).front();
  }
  void run() {
    const UserRow user = list();
    read(user);
    deliver();
    (void)store_->ledger(source_);
  }

 private:
  UserRow list() {
    const Result<elitbuzz::UsersAnswer> answer = elitbuzz::read_users(options_, answer_with(bench::sample_users(3)));
    EXPECT_TRUE(answer);
    store_->begin_group();
    store_->stage_listing(audience_, answer->users);
    store_->apply_listings(source_, {{audience_, true}}, now_);
    store_->commit_group();
    UserRow first = 0;
    store_->visit_users(source_, [&first](const ScheduledUser& each) { first = first == 0 ? each.row : first; });
    return first;
  }
  void read(UserRow user) {
    const UserState state = store_->load_user(user);
    PagingFacts facts;
    Pager::Limits limits;
    limits.page_size = page_size;
    Pager pager(limits, facts);
    WindowProgress window;
    window.kind = WindowKind::history;
    window.span = {now_ - Milliseconds{86'400'000}, now_};
    window.cover_to = window.span.to;
    // A window that an earlier run left begins again.
    if (!state.windows.empty()) {
      store_->discard_window(user, window.kind, std::nullopt);
    }
    for (Pager::Verdict verdict = Pager::Verdict::more; verdict != Pager::Verdict::complete;) {
      ASSERT_TRUE(verdict == Pager::Verdict::more || verdict == Pager::Verdict::check);
      const HttpRequest request = elitbuzz::conversations_request(options_, user_id, window.span.from, window.span.to,
                                                                  pager.page(), page_size, "key");
      EXPECT_FALSE(request.target.empty());
      Result<elitbuzz::ConversationsPage> page =
          elitbuzz::read_conversations(options_, user_id, pager.page(), vendor_page(pager.page()));
      ASSERT_TRUE(page);
      std::vector<Digest> digests;
      for (const Row& row : page->rows) {
        digests.push_back(row.digest);
      }
      const bool check = pager.checking();
      StagedPage staged{user, window, pager.page(), order_rows(std::move(page->rows), now_)};
      staged.window.pass = pager.pass();
      verdict = pager.on_page(std::move(digests), false, false);
      if (!check && !staged.rows.empty()) {
        store_->stage_page(staged);
      }
    }
    WindowCommit commit;
    commit.user = user;
    commit.kind = window.kind;
    commit.read_at = now_;
    commit.staged = true;
    commit.covered = window.span;
    store_->commit_window(commit);
    store_->record_fact(source_, "paging", to_text(facts));
  }
  void deliver() {
    for (OpenBatch& batch : store_->open_batches(sink_)) {
      send(batch.id, batch.messages);
    }
    std::vector<MessageId> ids;
    for (const PendingMessage& message : store_->pending_after(sink_, store_->scanned_to(sink_), 100)) {
      ids.push_back(message.id);
    }
    if (!ids.empty()) {
      send(store_->begin_batch(sink_, ids, now_), ids);
      store_->record_scanned_to(sink_, ids.back());
    }
  }
  void send(BatchId batch, const std::vector<MessageId>& ids) {
    const std::vector<DeliverableMessage> messages = store_->load_messages(ids);
    const HttpRequest request = webhook_request("/hook", {}, messages);
    EXPECT_FALSE(request.body.empty());
    const DeliveryAnswer answer = read_answer(answer_with("{}"), messages, now_);
    EXPECT_EQ(answer.whole, std::nullopt);
    BatchSettlement settlement;
    settlement.sink = sink_;
    settlement.batch = batch;
    settlement.at = now_;
    for (const MessageId id : ids) {
      settlement.outcomes.push_back(DeliveryOutcome{});
      settlement.outcomes.back().id = id;
    }
    store_->settle_batch(settlement);
  }

  SourceOptions options_ = bench::sample_source();
  Instant now_ = from_ms(day + 12 * 3'600'000);
  std::unique_ptr<Store> store_;
  SourceId source_ = 0;
  AudienceId audience_ = 0;
  SinkId sink_ = 0;
};

// The result of a passage does not depend on how often it was begun.
std::string result_on(MemoryDisk& disk) {
  const std::unique_ptr<Connection> database = open_for_reading(disk);
  Statement query = database->statement(
      "SELECT group_concat(line, char(10)) FROM (SELECT messages_v1.key || messages_v1.text || deliveries_v1.state AS "
      "line FROM messages_v1 JOIN deliveries_v1 USING (key) ORDER BY line)");
  query.bind().step();
  const std::int64_t covered = database->integer("SELECT sum(to_ms - from_ms) FROM coverage_v1");
  return query.text(0) + "\ncovered " + std::to_string(covered);
}

TEST(AllocationTest, MayFailFromTheAnswerToTheDeliveryWhichIsThenRepeated) {
  std::string expected;
  {
    MemoryDisk disk(1);
    Passage(disk).run();
    expected = result_on(disk);
    EXPECT_NE(expected.find("delivered"), std::string::npos) << expected;
  }
  MemoryDisk fresh(2);
  (void)Store::open(fresh);
  std::uint64_t failures = 0;
  for (std::uint64_t number = 0;; ++number) {
    MemoryDisk disk(fresh, number);
    allocations = {true, 0, number, number + 1 + number % 3 * 10};
    try {
      Passage(disk).run();
    } catch (const std::bad_alloc&) {
      ++failures;
    } catch (const StorageError&) {
      ++failures;
    }
    allocations.counting = false;
    if (allocations.count <= number) {
      break;
    }
    Passage(disk).run();
    ASSERT_EQ(result_on(disk), expected) << "allocation " << number;
    EXPECT_EQ(read_status(disk).sinks.at(0).delivered, 10) << "allocation " << number;
  }
  std::cout << failures << " failures\n";
  EXPECT_GT(failures, 100U);
}

TEST(AllocationTest, MayFailOnceInEachStepOfTheStore) {
  FaultedWork work(10);
  EXPECT_EQ(work.run(allocations_failing(1), 5), "");
  std::cout << work.faults() << " faults\n";
  EXPECT_GT(work.faults(), 300U);
}

TEST(AllocationTest, MayFailForAWhileInAStepOfTheStore) {
  FaultedWork work(11);
  EXPECT_EQ(work.run(allocations_failing(30), 29), "");
  std::cout << work.faults() << " faults\n";
}

TEST(AllocationTest, MayFailWhileTheStoreIsOpened) {
  FaultedWork work(12);
  EXPECT_EQ(work.run_opening(allocations_failing(1), 1), "");
  std::cout << work.faults() << " faults\n";
}

}  // namespace
}  // namespace elit::storage
