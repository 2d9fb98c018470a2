#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/crm/refused_fields.hpp"
#include "core/crm/reply_reader.hpp"
#include "core/crm/request_form.hpp"
#include "core/crm/sink_design.hpp"
#include "core/crm/work.hpp"
#include "core/delivery/delivery_answer.hpp"
#include "core/delivery/remote_record.hpp"
#include "core/failure.hpp"

namespace elit::crm {

using RecordKey = std::pair<DeliveryUserId, std::string>;  // user and key of a RemoteRecord

// How one attempt to deliver a batch ended.
struct ExchangeResult {
  DeliveryAnswer answer;
  std::vector<RemoteRecord> records;        // what the CRM is known to hold now; store it before the outcomes
  std::optional<boost::json::object> sink;  // the result of the steps of the sink; absent: they are not finished
  std::vector<RecordKey> absent;            // unsure records that were looked up now and not found
  std::vector<RefusedFields> refused;       // of contacts that were written without these fields
};

// One attempt to deliver one batch to a CRM: first the contacts, then their activities, in the steps of the preset. It
// does no I/O: the caller sends the request of next() and passes the response to on_answer().
//
//  - An item that a response does not mention is unknown, never done. A request that is refused without naming an item
//    is sent again in halves, so that one bad row does not stop its neighbours.
//  - A request that fails concerns its items only: the others go on, and a look-up is repeated once, after them. The
//    second failure in a row ends the attempt.
//  - What an earlier attempt may have written is created again only after the CRM was asked twice for it, in two
//    attempts, and held it neither time.
//  - What an earlier attempt may have written stays unknown until it is found, written or refused: a message that is
//    tried again by itself is not looked for.
//  - After an item that was not done, nothing later of its user is sent in another request.
//  - What was confirmed earlier and is still the same is not written again. What was created but not finished goes on
//    where it stopped, by its id.
//  - If the CRM does not find the record of an id that an earlier attempt stored, the id is forgotten, and the next
//    attempt looks for the record or creates it. An id of this attempt that is not found is judged as refused, or tried
//    again if a look-up gave it.
//  - A contact that others made, or that took the place of ours, gets values only where it has none.
//  - A contact that is refused is written without the fields that the refusal names or, if it names none, without each
//    one and at last without all of them. Fields that hold the contact's key stay. The fields count as written: they
//    are tried again when their values change.
//  - A contact that is refused all the same leaves its activities waiting. If an activity is refused and its contact
//  was only confirmed
//    earlier, the contact may have been removed from the CRM: its record is kept without id and digest, so that the
//    next attempt confirms it again, and it is looked for wherever the preset looks for unsure ones.
class Exchange {
 public:
  struct Task {
    Work work;
    std::vector<RemoteRecord> known;          // of the work's contacts and activities
    std::size_t messages = 0;                 // in the batch
    std::optional<boost::json::object> sink;  // what the steps of the sink found before; absent: they come first
    bool unsure = false;                      // an earlier attempt of this batch may have been carried out
    std::set<RecordKey> absent;               // records that were looked for after that and not found
    std::int64_t bytes_max = 0;               // of one body; 0: no limit
    Instant now;                              // for `late` of activities
  };

  // A saved value of the RemoteRecord of a contact that others made: "phone", "email", or "merge" if it took the place
  // of ours.
  static constexpr const char* adopted_by = "adopted";

  // `design` outlives the exchange.
  Exchange(const SinkDesign& design, Task task);

  // The next request, built at each call; absent: it is over, see result().
  [[nodiscard]] std::optional<CrmRequest> next(const CredentialValues& values);

  // The response to the request of the last next(). False: the credential was refused and nothing else; next() gives
  // the same request again, to be sent with a new token, or refuse_credential() ends the attempt.
  [[nodiscard]] bool on_answer(const ParsedResponse& response, Instant now);
  void on_failure(const Failure& failure);
  // Instead of a response, to show what would be sent: as if nothing had been there before and everything was accepted.
  // Ids and saved values are their names in brackets.
  void assume_done();
  void refuse_credential(const std::string& detail);
  // The token endpoint failed, so nothing can be sent: `verdict` is throttled, retry, unauthorized or misconfigured.
  void give_up(Verdict verdict, const std::string& detail, std::optional<Milliseconds> wait);

  // Requires: next() gave nothing, or the attempt was given up.
  [[nodiscard]] ExchangeResult result();

 private:
  // The steps that are carried out now. Earlier phases are settled.
  enum class Phase { sink, contacts, activities, over };
  // What earlier attempts did for an item.
  enum class Knowledge {
    none,               // nothing is known
    confirmed_earlier,  // one wrote it with the same content, and the CRM confirmed it
    maybe_written,      // one may have written it; no response of this attempt has shown whether
    absent,             // one may have written it, but the CRM does not hold it
    told,               // one may have written it; a response of this attempt has shown whether
  };
  // What this attempt did for an item.
  enum class Progress {
    open,
    skipped,   // there is nothing to do for it
    written,   // a request has written it, or a part of it; later steps may follow
    referred,  // a step left it to a later one
    retry,
    rejected,
    unknown,
    not_sent,
  };
  // The first refusal of a contact, and what is tried since.
  struct Refusal {
    std::string error;
    std::string code;
    bool by_status = false;
    boost::json::object fields;  // all of them
    FieldOmission omission;
  };
  struct Item {
    StepItem kind = StepItem::contact;
    const Activity* activity = nullptr;  // of an activity
    std::size_t contact = 0;             // its place among the contacts, or that of its contact
    DeliveryUserId user = 0;
    std::string key;            // of its RemoteRecord
    boost::json::value values;  // an object: its values in placeholders
    std::string digest;         // of the content to be written
    std::string remote_id;
    std::map<std::string, std::string> saved;
    bool updatable = false;   // its record was known before this attempt, or was found by it
    bool remembered = false;  // its id comes from an earlier attempt
    bool forgotten = false;   // the CRM did not find that id
    std::string former_id;    // that an earlier attempt forgot; empty: none
    bool dirty = false;       // the state does not have the latest knowledge of it
    Knowledge knowledge = Knowledge::none;
    Progress progress = Progress::open;  // open or written at the end: done
    std::string error;
    bool suspect = false;            // a request about it failed, and that ended the attempt
    bool by_status = false;          // rejected: by the status of a response that no rule speaks of
    bool repeated = false;           // a look-up for it failed and was put at the end
    std::optional<Refusal> refusal;  // of a contact

    // Its contact was made by others, so only its empty fields are written.
    [[nodiscard]] bool adopted() const { return saved.contains(adopted_by); }
    [[nodiscard]] bool may_go_on() const {
      return progress == Progress::open || progress == Progress::written || progress == Progress::referred;
    }
    [[nodiscard]] bool failed() const { return !may_go_on() && progress != Progress::skipped; }
    void fail(Progress how, const std::string& why) {
      progress = how;
      error = why;
    }
  };
  using Places = std::vector<std::size_t>;  // of items
  // A saved value of a RemoteRecord: the id of a record that was not found.
  static constexpr const char* former_id_of = "former_id";

  // The items and the steps.
  void take_sink();
  void take_contacts();
  void take_activities();
  [[nodiscard]] boost::json::value late_text(const Activity& activity) const;
  void recall(Item& item) const;
  // `current`: the fields that the CRM holds, where they were read; with `sparing` all of them stay.
  [[nodiscard]] boost::json::object fields_of(const boost::json::value& contact, const boost::json::object* current,
                                              bool sparing) const;
  [[nodiscard]] const Step& step() const { return design_.preset.steps[next_step_ - 1]; }
  [[nodiscard]] static Phase phase_of(StepItem item);
  [[nodiscard]] std::vector<Item>& items();
  [[nodiscard]] bool wants(const Step& step, const Item& item) const;
  [[nodiscard]] bool suits_kind(const Step& step, const Item& item) const;
  [[nodiscard]] bool begin_step();
  [[nodiscard]] bool enter(Phase phase);
  void settle_contacts();
  [[nodiscard]] bool choose_chunk();
  void fill_chunk(const Places& places);
  void hold_those_that_wait(Places& places);
  void halve(const Places& places);

  // Building a request.
  [[nodiscard]] Scope scope_of(const Item& item, const Scope& outer) const;
  [[nodiscard]] Scope own_scope() const;
  [[nodiscard]] Items scopes_of_chunk(const Scope& outer);
  [[nodiscard]] CrmRequest make_request(const CredentialValues& values);

  // Applying responses to the items.
  void apply_whole(const ResponseReading& reading);
  void apply_items(const std::vector<ItemReading>& readings);
  void apply_items(const std::vector<Finding>& findings);
  void apply_item(Item& item, const ItemReading& reading);
  void apply_finding(Item& item, const Finding& finding);
  void take_found(Item& item, const Finding& finding);
  void take_current(Item& item, const Finding& finding);
  void refer(Item& item, const std::string& error);
  void miss(Item& item, const std::string& error);
  [[nodiscard]] bool lacks_only_its_value(const std::string& field) const;
  void adopt(Item& item, const std::string& remote_id, const std::map<std::string, std::string>& saved) const;
  void refuse_chunk(const ResponseReading& reading);
  // After a refusal. True: the contact goes again with fewer fields.
  [[nodiscard]] bool leaves_fields_out(Item& item, const std::string& error, const std::string& code, bool by_status,
                                       const std::vector<std::string>& texts);
  void end_chunk(Verdict verdict, const std::string& error);
  void fail_chunk(Verdict verdict, const std::string& detail, const std::string& reason);
  [[nodiscard]] bool repeats_chunk();
  void stop(Verdict verdict, const std::string& detail, const std::string& reason);
  void wait_for(std::optional<Milliseconds> wait);

  // The result of the attempt.
  [[nodiscard]] bool is_done(const std::vector<Item>& items, std::size_t place) const;
  [[nodiscard]] bool was_only_confirmed_earlier(const Item& activity) const;
  [[nodiscard]] MessageAnswer answer_for(std::size_t place) const;
  [[nodiscard]] bool is_unsure(const Item& item) const;
  [[nodiscard]] std::vector<MessageAnswer> message_answers() const;
  [[nodiscard]] static RemoteRecord forgotten_record(const Item& item);
  [[nodiscard]] std::vector<RemoteRecord> records() const;
  [[nodiscard]] std::vector<RefusedFields> refused_fields() const;

  const SinkDesign& design_;
  Task task_;
  boost::json::value config_;
  boost::json::value mapping_;
  std::vector<Item> sink_;  // one
  std::vector<Item> contacts_;
  std::vector<Item> activities_;
  Phase phase_ = Phase::sink;
  std::size_t next_step_ = 0;              // the current step is the one before
  std::deque<Places> queue_;               // of the current step, in the order of sending
  Places chunk_;                           // the items of the running request
  std::optional<DeliveryAnswer> trouble_;  // what ended the attempt early
  std::optional<Milliseconds> wait_;
  std::vector<RecordKey> absent_;
  std::vector<Item*> put_off_;  // that the first of the failed requests in a row was about
  std::string failure_;         // of the latest request that failed, for the log
  int failures_ = 0;            // requests in a row
  bool any_answer_ = false;     // one that is about items came
  bool may_arrive_ = false;     // a write got no answer at all
  int hopeless_ = 0;            // contacts that were refused without their fields, too
};

}  // namespace elit::crm
