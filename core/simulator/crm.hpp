#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/http_message.hpp"
#include "core/simulator/faults.hpp"
#include "core/simulator/reply.hpp"

namespace elit::simulator {

// A message as it first arrived at the CRM.
struct Received {
  std::string key;
  std::string source;
  std::string user_id;
  std::string timestamp;  // as sent; empty for null
  std::string type;
  std::string content;  // comparable_content() of the row's response
  std::string idempotency_key;
  Instant arrived;
  std::uint64_t request = 0;    // the number of the request it came with
  bool refused_before = false;  // it got an error earlier, so others may have overtaken it
};

struct CrmCounts {
  std::uint64_t requests = 0;
  std::uint64_t repeats_same_key = 0;   // messages that came again under an Idempotency-Key they had before
  std::uint64_t repeats_other_key = 0;  // messages that came again under a new one
  std::uint64_t invalid_requests = 0;   // against the promises of the generic sink; answered 400
  std::uint64_t missing_idempotency_keys = 0;
  std::uint64_t idempotency_conflicts = 0;  // requests whose Idempotency-Key came with another set of messages before
};

// The receiver of the generic http sink: takes each message once.
class Crm {
 public:
  // `authorization` is the whole header that requests must have; empty: none.
  Crm(std::string authorization, std::uint64_t seed);

  // `elapsed` is counted from the start of the simulator.
  Reply answer(const HttpRequest& request, Instant now, Milliseconds elapsed);

  [[nodiscard]] CrmFaults& faults() { return faults_; }
  // Messages in the order of arrival, each key once.
  [[nodiscard]] const std::vector<Received>& received() const { return received_; }
  [[nodiscard]] const CrmCounts& counts() const { return counts_; }
  // The Idempotency-Keys under which each message was accepted, by the message's key.
  [[nodiscard]] const std::map<std::string, std::set<std::string>>& idempotency_keys() const {
    return idempotency_keys_;
  }
  // The keys of the messages that got an error and were not accepted since, in order.
  [[nodiscard]] std::vector<std::string> refused_keys() const;
  [[nodiscard]] std::uint64_t refused() const { return refused_keys().size(); }

 private:
  enum class Verdict : std::uint8_t { accepted, rejected, poison };

  Reply take(const HttpRequest& request, Instant now);
  std::optional<std::vector<Received>> read(const HttpRequest& request, Instant now);
  void note_idempotency(const std::string& idempotency_key, const std::vector<Received>& messages);
  Verdict judge(const Received& message);
  void accept(Received message);
  [[nodiscard]] Reply refuse_request(int status, const std::string& error) const;

  std::string authorization_;
  Random random_;
  CrmFaults faults_;
  CrmCounts counts_;
  std::vector<Received> received_;
  std::map<std::string, std::set<std::string>> idempotency_keys_;  // by message key
  std::map<std::string, std::set<std::string>> sets_;              // message keys by Idempotency-Key
  std::map<std::string, int> refusals_;                            // by message key
};

}  // namespace elit::simulator
