#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/crm/reply_reader.hpp"
#include "core/crm/request_form.hpp"
#include "core/crm/sink_design.hpp"
#include "core/crm/work.hpp"
#include "core/delivery/delivery_answer.hpp"
#include "core/delivery/remote_record.hpp"
#include "core/failure.hpp"

namespace elit::crm {

// How one attempt to deliver a batch ended.
struct ExchangeResult {
  DeliveryAnswer answer;
  std::vector<RemoteRecord> records;  // what the CRM is known to hold now; to be kept before the answer is recorded
  std::optional<boost::json::object> sink;  // what the steps of the sink found; absent: they are not over
};

// One attempt to deliver one batch to a CRM: the contacts first, then their activities, step by step as the preset
// says. Pure: it gives requests and is told what came back.
//
//  - An item that an answer does not speak of is unknown, never done; one bad row does not stop its neighbours: a
//    request that is refused without saying for whom is sent again in halves.
//  - What an earlier attempt may have written stays unknown until it is found, written or refused: a message that is
//    tried again by itself is not looked for.
//  - After an item that was not done, nothing later of its user is sent in another request.
//  - What was confirmed before and is still the same is not written again; what was created but not finished is taken
//    up where it stopped, by its id.
//  - A contact that is refused leaves its activities waiting. An activity that is refused although its contact was only
//    remembered is tried once more with the contact confirmed anew, which may have been removed from the CRM: its
//    record is kept without id and digest, and it is looked for wherever the preset looks for unsure ones.
class Exchange {
 public:
  struct Task {
    Work work;
    std::vector<RemoteRecord> known;          // of the work's contacts and activities
    std::size_t messages = 0;                 // in the batch
    std::optional<boost::json::object> sink;  // what the steps of the sink found before; absent: they come first
    bool unsure = false;                      // an earlier attempt of this batch may have been carried out
    std::int64_t bytes_max = 0;               // of one body; 0: no limit
  };

  // `design` outlives the exchange.
  Exchange(const SinkDesign& design, Task task);

  // The next request, made anew at each call; absent: it is over, see result().
  [[nodiscard]] std::optional<CrmRequest> next(const CredentialValues& values);

  // What came back for the request of the last next(). False: the credential was refused and nothing else; next() gives
  // the same request again, to be sent with a new token, or refuse_credential() ends the attempt.
  [[nodiscard]] bool on_answer(const HttpResponse& answer, Instant now);
  void on_failure(const Failure& failure);
  // Instead of an answer, to show what would be sent: as if nothing had been there before and everything was accepted.
  // Ids and saved values are their names in brackets.
  void assume_done();
  void refuse_credential(const std::string& detail);
  // The token endpoint failed, so nothing can be sent: `verdict` is throttled, transient, unauthorized or
  // misconfigured.
  void give_up(Verdict verdict, const std::string& detail, std::optional<Milliseconds> wait);

  // Requires: next() gave nothing, or the attempt was given up.
  [[nodiscard]] ExchangeResult result();

 private:
  enum class Fate { open, retry, rejected, unknown, not_sent };
  struct Item {
    StepItem kind = StepItem::contact;
    const Activity* activity = nullptr;  // of an activity
    std::size_t contact = 0;             // its place among the contacts, or that of its contact
    DeliveryUserId user = 0;
    std::string key;            // of its RemoteRecord
    boost::json::value values;  // an object: what placeholders see
    std::string digest;         // of what is to be written
    std::string remote_id;
    std::map<std::string, std::string> saved;
    bool unsure = false;        // an earlier attempt may have written it
    bool doubtful = false;      // the same, and no answer of this attempt has told
    bool known_before = false;  // its record was known before this attempt, or was found by it
    bool remembered = false;    // confirmed before, and still the same
    bool skip = false;          // nothing is to be done for it
    bool written = false;       // a request of this attempt has written it, or a part of it
    bool learnt = false;        // something is known of it that the state does not know yet
    Fate fate = Fate::open;     // open at the end: done
    std::string error;
  };
  using Places = std::vector<std::size_t>;  // of items

  // What is to be done (exchange.cpp).
  void take_sink();
  void take_contacts();
  void take_activities();
  void recall(Item& item) const;
  [[nodiscard]] boost::json::object fields_of(const boost::json::value& contact,
                                              const boost::json::object* current) const;
  [[nodiscard]] const Step& step() const { return design_.preset.steps[step_]; }
  [[nodiscard]] std::vector<Item>& items();
  [[nodiscard]] bool wants(const Step& step, const Item& item) const;
  [[nodiscard]] bool begin_step();
  [[nodiscard]] bool pass_stage(StepItem next);
  void settle_contacts();
  [[nodiscard]] bool choose_chunk();
  void fill_chunk(const Places& places);
  void hold_those_that_wait(Places& places);
  void halve(const Places& places);

  // How a request is put together (exchange_request.cpp).
  [[nodiscard]] Scope scope_of(const Item& item, const Scope& outer) const;
  [[nodiscard]] Scope own_scope() const;
  [[nodiscard]] Items scopes_of_chunk(const Scope& outer);
  [[nodiscard]] CrmRequest make_request(const CredentialValues& values);

  // What answers mean for the items (exchange_answers.cpp).
  void apply(const Reading& reading);
  void apply(const FindReading& reading);
  void apply_item(Item& item, const ItemReading& reading);
  void apply_finding(Item& item, const Finding& finding);
  void apply_whole(Verdict verdict, const std::string& detail, const std::string& reason, const std::string& remote_id);
  void adopt(Item& item, const std::string& remote_id, const std::map<std::string, std::string>& saved) const;
  void refuse_chunk(const std::string& reason);
  void end_chunk(Fate fate, const std::string& error);
  void stop(Verdict verdict, const std::string& detail, const std::string& reason);
  void wait_for(std::optional<Milliseconds> wait);

  // What the attempt came to (exchange_result.cpp).
  [[nodiscard]] bool is_done(const std::vector<Item>& items, std::size_t place, bool contacts_over) const;
  [[nodiscard]] bool was_only_remembered(const Item& activity) const;
  [[nodiscard]] MessageAnswer answer_for(std::size_t place, bool contacts_over) const;
  [[nodiscard]] std::vector<MessageAnswer> message_answers(bool contacts_over) const;
  [[nodiscard]] std::vector<RemoteRecord> records(bool contacts_over) const;

  const SinkDesign& design_;
  Task task_;
  boost::json::value config_;
  boost::json::value mapping_;
  std::vector<Item> sink_;  // one
  std::vector<Item> contacts_;
  std::vector<Item> activities_;
  std::size_t step_ = 0;
  bool step_begun_ = false;
  bool sink_settled_ = false;
  bool contacts_settled_ = false;
  bool finished_ = false;
  std::deque<Places> queue_;               // of the present step, in the order of sending
  Places chunk_;                           // the items of the request under way
  std::optional<DeliveryAnswer> trouble_;  // what ended the attempt early
  std::optional<Milliseconds> wait_;
};

}  // namespace elit::crm
