#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/delivery/delivery.hpp"
#include "storage/memory_disk/memory_disk.hpp"
#include "tests/storage/store_fixture.hpp"

// Runs the product's own Delivery and Store, on a disk in memory, through every order of arrivals, answers and crashes
// with three messages of two users, batches of two and two requests at once. A path is a list of choices. Every path
// starts at the beginning, because neither part can be copied in the middle. After a crash only the disk and the CRM
// count, so the test continues only once from each pair of them.
namespace elit::model {
namespace {

using storage::BatchId;
using storage::MemoryDisk;
using storage::Store;

// The number of faults on a path.
constexpr int failures_max = 1;
constexpr int crashes_max = 1;

// Hands out the choices of a path, and goes to the next path.
class Choices {
 public:
  std::size_t choose(std::size_t count) {
    if (at_ == taken_.size()) {
      taken_.push_back({0, count});
    }
    return taken_[at_++].first;
  }
  // Whether the path has a step that no earlier path had.
  [[nodiscard]] bool is_new() const { return at_ >= taken_.size(); }
  bool next_path() {
    at_ = 0;
    while (!taken_.empty() && taken_.back().first + 1 == taken_.back().second) {
      taken_.pop_back();
    }
    if (taken_.empty()) {
      return false;
    }
    ++taken_.back().first;
    return true;
  }

 private:
  std::vector<std::pair<std::size_t, std::size_t>> taken_;  // the choice, and how many there were
  std::size_t at_ = 0;
};

// The CRM answers a key it knows as it did before.
class Crm {
 public:
  using Set = std::vector<DeliveryMessageId>;

  // Takes the first `count` messages of the set; returns how many are taken.
  std::size_t take(const Set& set, std::size_t count) {
    const auto [known, fresh] = answers_.emplace(set, count);
    if (fresh) {
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_TRUE(messages_.insert(set[i]).second) << "the CRM has message " << set[i] << " twice";
        order_.push_back(set[i]);
      }
    }
    return known->second;
  }
  [[nodiscard]] bool knows(const Set& set) const { return answers_.contains(set); }
  [[nodiscard]] const std::vector<DeliveryMessageId>& order() const { return order_; }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [set, count] : answers_) {
      for (const auto id : set) {
        text += std::to_string(id) + " ";
      }
      text += ": " + std::to_string(count) + "; ";
    }
    return text;
  }

 private:
  std::map<Set, std::size_t> answers_;
  std::set<DeliveryMessageId> messages_;
  std::vector<DeliveryMessageId> order_;
};

DeliverySettings settings() {
  DeliverySettings made;
  made.batch.messages = 2;
  made.batch.wait = Milliseconds{0};
  made.concurrency = 2;
  return made;
}

// The state at the beginning of every path.
class Beginning {
 public:
  Beginning() : disk_(1) {
    const auto store = Store::open(disk_);
    const storage::SourceId source = store->register_source("support");
    const storage::AudienceId audience = store->register_audiences(source, {{"feedback", "1"}}).front();
    store->stage_listing(audience, {{"1", "{}"}, {"2", "{}"}});
    users_ = store->apply_listings(source, {{audience, false}}, from_ms(storage::day)).arrived;
    source_ = source;
    sink_ = store->register_sinks({{"crm", true}}).front();
  }
  [[nodiscard]] std::unique_ptr<MemoryDisk> disk() const { return std::make_unique<MemoryDisk>(disk_, 1); }
  // Of the three messages.
  [[nodiscard]] storage::UserRow user_of(std::size_t message) const { return users_[message == 1 ? 1 : 0]; }
  [[nodiscard]] storage::SourceId source() const { return source_; }
  [[nodiscard]] storage::SinkId sink() const { return sink_; }

 private:
  MemoryDisk disk_;
  std::vector<storage::UserRow> users_;
  storage::SourceId source_ = 0;
  storage::SinkId sink_ = 0;
};

constexpr std::size_t messages = 3;

class Path {
 public:
  Path(const Beginning& beginning, Choices& choices, std::set<std::string>& crashed)
      : beginning_(beginning), choices_(choices), crashed_(crashed), disk_(beginning.disk()) {
    start();
  }

  void walk() {
    for (int turns = 0; step(); ++turns) {
      ASSERT_LT(turns, 200) << "the path has no end";
    }
  }
  [[nodiscard]] bool cut_short() const { return cut_short_; }

 private:
  struct Request {
    SendBatch send;
    BatchId batch = 0;
  };
  struct Event {
    void (Path::*happen)(std::size_t);
    std::size_t request;
  };

  void start() {
    store_ = Store::open(*disk_);
    machine_ = std::make_unique<Delivery>(settings(), 1);
    machine_->start(store_->open_batches(beginning_.sink()), store_->scanned_to(beginning_.sink()), now_);
  }

  // One of the possible events; false at the end.
  bool step() {
    run_machine();
    if (stored_ == messages && requests_.empty() && machine_->summary(now_).settled) {
      expect_balance();
      return false;
    }
    std::vector<Event> events;
    if (stored_ < messages) {
      events.push_back({&Path::store_message, 0});
    } else if (requests_.empty() || waits_) {
      events.push_back({&Path::pass_time, 0});
    }
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      events.push_back({&Path::accept, i});
      if (failures_ < failures_max) {
        events.push_back({&Path::lose_request, i});
        events.push_back({&Path::lose_answer, i});
        events.push_back({&Path::throttle, i});
        if (requests_[i].send.messages.size() > 1) {
          events.push_back({&Path::accept_in_part, i});
          if (!crm_.knows(requests_[i].send.messages)) {
            events.push_back({&Path::refuse_as_too_large, i});
          }
        }
      }
    }
    if (crashes_ < crashes_max) {
      events.push_back({&Path::crash, 0});
    }
    const Event event = events[choices_.choose(events.size())];
    (this->*event.happen)(event.request);
    return !cut_short_;
  }

  // Every step that needs no answer from outside.
  void run_machine() {
    for (;;) {
      DeliveryAction action = machine_->next(now_);
      if (const auto* wait = std::get_if<WaitUntil>(&action)) {
        waits_ = wait->time;
        return;
      }
      if (auto* send = std::get_if<SendBatch>(&action)) {
        begin(std::move(*send));
      } else if (const auto* scan = std::get_if<ScanPending>(&action)) {
        machine_->on_pending(store_->pending_after(beginning_.sink(), scan->after, scan->limit), now_);
      } else if (const auto* load = std::get_if<LoadHeldBack>(&action)) {
        machine_->on_held_back(store_->held_back(beginning_.sink(), load->limit, load->after), now_);
      } else if (const auto* hold = std::get_if<HoldBack>(&action)) {
        store_->hold_back(beginning_.sink(), hold->messages, now_.wall);
      } else if (const auto* scanned = std::get_if<RecordScanned>(&action)) {
        store_->record_scanned_to(beginning_.sink(), scanned->to);
      } else if (const auto* split = std::get_if<SplitBatch>(&action)) {
        const auto ids = store_->settle_batch({beginning_.sink(), split->stored, now_.wall, {}, split->splits});
        machine_->on_split(split->batch, ids, now_);
      } else {
        machine_->on_secret(false, now_);
      }
    }
  }

  void begin(SendBatch send) {
    Request request;
    if (send.stored) {
      request.batch = *send.stored;
      store_->begin_attempt(request.batch, now_.wall);
    } else {
      request.batch = store_->begin_batch(beginning_.sink(), send.messages, now_.wall);
      machine_->on_begun(send.batch, request.batch);
    }
    request.send = std::move(send);
    requests_.push_back(std::move(request));
  }

  // --- Events.
  void store_message(std::size_t /*unused*/) {
    const auto at = static_cast<std::int64_t>(stored_);
    store_->commit_window(storage::rows_read(beginning_.user_of(stored_), {storage::row_at(at)}));
    ++stored_;
    machine_->on_arrivals();
  }
  void pass_time(std::size_t /*unused*/) {
    ASSERT_TRUE(waits_) << "something waits forever";
    const Milliseconds time = std::max(Milliseconds{0}, *waits_ - now_.steady);
    now_.steady += time;
    now_.wall += time;
  }
  void accept(std::size_t request) { answer(request, take(request, all_of(request))); }
  void accept_in_part(std::size_t request) {
    ++failures_;
    answer(request, take(request, 1));
  }
  void lose_request(std::size_t request) {
    ++failures_;
    lost(request);
  }
  void lose_answer(std::size_t request) {
    static_cast<void>(take(request, all_of(request)));
    ++failures_;
    lost(request);
  }
  void throttle(std::size_t request) {
    ++failures_;
    answer_whole(request, Verdict::throttled);
  }
  void refuse_as_too_large(std::size_t request) {
    ++failures_;
    answer_whole(request, Verdict::too_large);
  }

  // The requests on their way arrive or do not.
  void crash(std::size_t /*unused*/) {
    ++crashes_;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      if (choices_.choose(2) == 1) {
        static_cast<void>(take(i, all_of(i)));
      }
    }
    requests_.clear();
    machine_.reset();
    store_.reset();
    disk_->revive();
    start();
    // A path ends at a state of disk and CRM that an earlier path has reached.
    if (choices_.is_new() && !crashed_.insert(what_is_left()).second) {
      cut_short_ = true;
    }
  }

  // --- What the CRM does and answers.
  [[nodiscard]] std::size_t all_of(std::size_t request) const { return requests_[request].send.messages.size(); }

  std::size_t take(std::size_t request, std::size_t count) {
    const std::size_t taken = crm_.take(requests_[request].send.messages, count);
    for (auto one = crm_.order().begin(); one != crm_.order().end(); ++one) {
      for (DeliveryMessageId earlier = 1; earlier < *one; ++earlier) {
        const bool same_user = beginning_.user_of(static_cast<std::size_t>(earlier) - 1) ==
                               beginning_.user_of(static_cast<std::size_t>(*one) - 1);
        EXPECT_TRUE(!same_user || std::find(crm_.order().begin(), one, earlier) != one)
            << "the CRM got message " << *one << " before message " << earlier;
      }
    }
    return taken;
  }
  void answer(std::size_t request, std::size_t taken) {
    DeliveryAnswer given;
    given.whole.reset();
    given.messages.resize(all_of(request));
    for (std::size_t i = taken; i < given.messages.size(); ++i) {
      given.messages[i].verdict = Verdict::retry;
      given.messages[i].error = "busy";
    }
    hear(request, given);
  }
  void lost(std::size_t request) { answer_whole(request, Verdict::unknown); }
  void answer_whole(std::size_t request, Verdict verdict) {
    DeliveryAnswer given;
    given.whole = verdict;
    given.reason = given.detail = "why";
    hear(request, given);
  }

  void hear(std::size_t place, const DeliveryAnswer& given) {
    const Request request = requests_[place];
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(place));
    const DeliveryRecord record = machine_->on_answer(request.send.batch, given, now_);
    std::vector<BatchId> splits;
    if (const auto* failed = std::get_if<AttemptFailure>(&record)) {
      store_->record_attempt_failure(request.batch, failed->error, failed->answer_lost, failed->charged,
                                     failed->not_before, now_.wall);
    } else {
      const auto& settled = std::get<BatchSettled>(record);
      splits = store_->settle_batch({beginning_.sink(), request.batch, now_.wall, settled.outcomes, settled.splits});
    }
    machine_->on_recorded(request.send.batch, splits, now_);
  }

  // --- Properties.
  void expect_balance() {
    const storage::Ledger ledger = store_->ledger(beginning_.source());
    EXPECT_EQ(ledger.stored, static_cast<std::int64_t>(messages));
    EXPECT_EQ(ledger.sinks.at(0).delivered, ledger.stored);
    EXPECT_EQ(ledger.sinks.at(0).pending, 0);
    EXPECT_EQ(crm_.order().size(), messages);
  }

  std::string what_is_left() {
    std::string text = std::to_string(stored_) + "/" + std::to_string(failures_) + "/" + std::to_string(crashes_) +
                       "|" + crm_.text() + "|";
    for (const char* sql : {"SELECT message, state, attempts FROM deliveries ORDER BY message",
                            "SELECT message, batch, sink FROM batch_messages ORDER BY message",
                            "SELECT id, attempts, answer_lost FROM batches ORDER BY id",
                            "SELECT id, scanned_to, history_start FROM sinks"}) {
      storage::Statement query = storage::StorePeek::connection(*store_).statement(sql);
      query.bind();
      while (query.step()) {
        text += std::to_string(query.integer(0)) + "," + std::to_string(query.integer(1)) + "," +
                std::to_string(query.integer(2)) + ";";
      }
      text += "|";
    }
    return text;
  }

  const Beginning& beginning_;
  Choices& choices_;
  std::set<std::string>& crashed_;
  std::unique_ptr<MemoryDisk> disk_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Delivery> machine_;
  Crm crm_;
  Now now_{from_ms(storage::day + 1'000'000), SteadyTime{Milliseconds{5'000}}};
  std::optional<SteadyTime> waits_;
  std::vector<Request> requests_;
  std::size_t stored_ = 0;
  int failures_ = 0;
  int crashes_ = 0;
  bool cut_short_ = false;
};

TEST(RealPartsTest, DeliverEverythingOnceAndInOrderOnEveryPath) {
  const Beginning beginning;
  Choices choices;
  std::set<std::string> crashed;
  std::size_t ends = 0;
  std::size_t repeated = 0;
  do {
    Path path(beginning, choices, crashed);
    path.walk();
    ++(path.cut_short() ? repeated : ends);
  } while (!HasFailure() && choices.next_path());
  std::cout << "Delivery and Store: " << ends << " paths to the end, " << crashed.size() << " states after a crash, "
            << repeated << " paths to one that was met before\n";
  EXPECT_GT(ends, 500U);
}

}  // namespace
}  // namespace elit::model
