#include <memory>
#include <utility>
#include <variant>

#include "core/check.hpp"
#include "core/delivery/delivery.hpp"
#include "core/delivery/webhook.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/sample_data.hpp"

namespace elit::bench {
namespace {

constexpr std::size_t users = 1000;
constexpr const char* encoding = "encode the requests alone";

std::vector<OutgoingMessage> sample_messages(std::size_t count) {
  std::vector<OutgoingMessage> messages;
  std::int64_t id = 0;
  for (OrderedRow& ordered : sample_rows(0, count)) {
    Row& row = ordered.row;
    OutgoingMessage message;
    message.id = ++id;
    message.key = message_key(row.digest, 0);
    message.source = "support";
    message.user_id = std::to_string(919'800'000'000 + id % static_cast<std::int64_t>(users));
    message.instant = row.instant;
    message.direction = row.direction;
    message.sender = std::move(row.sender);
    message.type = std::move(row.type);
    message.text = std::move(row.text);
    message.media = std::move(row.media);
    message.raw = std::move(row.raw);
    message.user_element = R"({"channelUserId":"919812345678","user.language":"en","feedback":"1"})";
    messages.push_back(std::move(message));
  }
  return messages;
}

using Messages = std::shared_ptr<const std::vector<OutgoingMessage>>;

HttpResponse accepting_answer() {
  HttpResponse answer;
  answer.status = 200;
  return answer;
}

std::size_t encode_all(const Messages& messages) {
  std::size_t done = 0;
  constexpr std::size_t batch_size = 100;
  for (std::size_t first = 0; first < messages->size(); first += batch_size) {
    const auto begin = messages->begin() + static_cast<std::ptrdiff_t>(first);
    const std::size_t size = std::min(batch_size, messages->size() - first);
    const std::vector<OutgoingMessage> batch(begin, begin + static_cast<std::ptrdiff_t>(size));
    check(!webhook_request("/", {}, batch).body.empty(), "a request has a body");
    done += size;
  }
  return done;
}

// A sink's loop without waiting: every action is carried out at once, on lists in memory.
class Sink {
 public:
  explicit Sink(Messages messages) : messages_(std::move(messages)), machine_(DeliverySettings{}, 1) {
    machine_.start({}, 0, now_);
    machine_.hurry(true);
  }

  std::size_t run() {
    while (delivered_ < messages_->size()) {
      const DeliveryAction action = machine_.next(now_);
      if (const auto* scan = std::get_if<ScanPending>(&action)) {
        machine_.on_pending(pending_after(*scan), now_);
      } else if (std::holds_alternative<LoadHeldBack>(action)) {
        machine_.on_held_back({}, now_);
      } else if (const auto* send = std::get_if<SendBatch>(&action)) {
        deliver(*send);
      } else if (std::holds_alternative<WaitUntil>(action)) {
        break;  // nothing is known any more
      }
    }
    return delivered_;
  }

 private:
  [[nodiscard]] std::vector<PendingMessage> pending_after(const ScanPending& scan) const {
    std::vector<PendingMessage> pending;
    for (auto id = scan.after + 1; id <= static_cast<std::int64_t>(messages_->size()); ++id) {
      if (pending.size() == static_cast<std::size_t>(scan.limit)) {
        break;
      }
      PendingMessage message;
      message.id = id;
      message.user = id % static_cast<std::int64_t>(users);
      message.size_bytes = 600;
      pending.push_back(message);
    }
    return pending;
  }

  void deliver(const SendBatch& send) {
    std::vector<OutgoingMessage> batch;
    for (const DeliveryMessageId id : send.messages) {
      batch.push_back((*messages_)[static_cast<std::size_t>(id - 1)]);
    }
    machine_.on_begun(send.batch, ++batches_);
    check(!webhook_request("/", {}, batch).body.empty(), "a request has a body");
    const DeliveryAnswer answer = read_answer(accepting_answer(), batch, now_.wall);
    const DeliveryRecord record = machine_.on_answer(send.batch, answer, now_);
    delivered_ += std::get<BatchSettled>(record).outcomes.size();
    machine_.on_recorded(send.batch, {}, now_);
  }

  Messages messages_;
  Delivery machine_;
  Now now_{from_ms(1'767'268'800'000), SteadyTime{}};
  DeliveryBatchId batches_ = 0;
  std::size_t delivered_ = 0;
};

}  // namespace

void add_pipeline_cases(Harness& harness) {
  const std::size_t count = harness.scaled(50'000, 2'000);
  const Messages messages = std::make_shared<std::vector<OutgoingMessage>>(sample_messages(count));

  Case encode{encoding, "message", {}, count, {}, {}, {}};
  encode.run = [messages] { return encode_all(messages); };
  harness.add(std::move(encode));

  Case deliver{"decide, encode, read the answer, settle", "message", encoding, count, {}, {}, {}};
  deliver.run = [messages] { return Sink(messages).run(); };
  harness.add(std::move(deliver));
}

}  // namespace elit::bench
