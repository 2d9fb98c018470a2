#include "daemon/delivery/crm_client.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "core/check.hpp"
#include "core/crm/work.hpp"
#include "core/text/url.hpp"
#include "core/text/wording.hpp"
#include "daemon/delivery/token_file.hpp"

namespace elit::daemon {
namespace asio = boost::asio;
using storage::Store;
namespace {

std::set<DeliveryUserId> users_with_adopted_contact(const std::vector<RemoteRecord>& records) {
  std::set<DeliveryUserId> users;
  for (const RemoteRecord& record : records) {
    if (record.key.empty() && record.saved.contains(crm::Exchange::adopted_by)) {
      users.insert(record.user);
    }
  }
  return users;
}

}  // namespace

CrmClient::CrmClient(const SinkOptions& options, const crm::SinkDesign& design, SinkClientParts parts)
    : options_(options),
      design_(design),
      parts_(std::move(parts)),
      tokens_(design_),
      pacer_(design_.preset.pace),
      renewed_(parts_.executor),
      stopped_(parts_.executor) {
  const std::string base_url = split_url(design_.base_url).base_url;
  transports_[base_url] = parts_.transports(sink_transport_settings(options_, base_url));
}

asio::awaitable<std::optional<Failure>> CrmClient::recover(storage::SinkId sink, std::set<std::string> /*unsure*/) {
  sink_ = sink;
  static_cast<void>(reload_secrets());
  if (secrets_ && tokens_.needed() && !parts_.token_directory.empty()) {
    std::string warning;
    const std::optional<std::string> kept = read_token_file(parts_.token_directory, options_.name, warning);
    if (!warning.empty()) {
      const std::string message = "sink " + options_.name + ": " + warning;
      parts_.log->write(Event::token_file_failed, message, {Field("sink", options_.name)});
    }
    if (kept) {
      tokens_.take_up(*kept, *secrets_, parts_.timer->now().wall);
      conceal_tokens();
    }
  }
  co_return std::nullopt;
}

asio::awaitable<DeliveryAnswer> CrmClient::send(Batch batch) {
  crm::Exchange::Task task = co_await prepare(std::move(batch));
  const std::set<DeliveryUserId> adopted_before = users_with_adopted_contact(task.known);
  for (const crm::RecordKey& key : crm::record_keys(task.work)) {
    if (absent_.erase(key) > 0) {
      task.absent.insert(key);
    }
  }
  crm::Exchange exchange(design_, std::move(task));
  co_await run(exchange);
  crm::ExchangeResult result = exchange.result();
  if (result.sink) {
    probed_ = std::move(result.sink);
  }
  absent_.insert(result.absent.begin(), result.absent.end());
  tell_refused(result.refused);
  if (!result.records.empty()) {
    tell_adopted(users_with_adopted_contact(result.records), adopted_before);
    co_await keep(std::move(result.records));
  }
  co_return std::move(result.answer);
}

void CrmClient::tell_adopted(const std::set<DeliveryUserId>& now, const std::set<DeliveryUserId>& before) {
  const std::int64_t count =
      std::count_if(now.begin(), now.end(), [&before](DeliveryUserId user) { return !before.contains(user); });
  if (count > 0) {
    adopted_ += count;
    parts_.log->write(Event::contacts_adopted,
                      "sink " + options_.name + ": " + counted(count, "contact", "contacts") +
                          " of the CRM that others made " + (count == 1 ? "was" : "were") +
                          " taken; only their empty fields are written",
                      {Field("sink", options_.name), Field("contacts", count), Field("since_start", adopted_)});
  }
}

// What the state knows of the messages' days and of what the CRM holds already.
asio::awaitable<crm::Exchange::Task> CrmClient::prepare(Batch batch) {
  const storage::SinkId sink = sink_;
  std::vector<OutgoingMessage> delivered;
  if (design_.work.unit == crm::DeliveryUnit::day) {
    auto job = [sink, days = crm::touched_days(batch.messages, design_.work.zone)](Store& store) {
      std::vector<OutgoingMessage> messages;
      for (const TouchedDay& day : days) {
        const auto span = day.day ? std::optional(Interval{day.day->from, day.day->to}) : std::nullopt;
        std::vector<OutgoingMessage> found = store.delivered_messages(sink, day.user, span);
        std::move(found.begin(), found.end(), std::back_inserter(messages));
      }
      return messages;
    };
    delivered = co_await parts_.storage->run(std::move(job));
  }
  crm::Exchange::Task task;
  task.messages = batch.messages.size();
  task.unsure = batch.unsure;
  task.sink = probed_;
  task.bytes_max = options_.batch.bytes;
  task.now = parts_.timer->now().wall;
  task.work = crm::make_work(design_.work, batch.messages, delivered);
  auto recall = [sink, keys = crm::record_keys(task.work)](Store& store) { return store.remote_records(sink, keys); };
  task.known = co_await parts_.storage->run(std::move(recall));
  co_return task;
}

asio::awaitable<void> CrmClient::run(crm::Exchange& exchange) {
  int refusals = 0;  // of credentials, in a row
  for (;;) {
    if (stopping_) {
      // What was not sent keeps its place, and nothing is held against it.
      exchange.give_up(Verdict::throttled, "the program stops", std::nullopt);
      co_return;
    }
    if (!co_await prove_identity(exchange)) {
      co_return;
    }
    const int token_used = tokens_.version();
    const int secrets_used = secrets_version_;
    crm::CredentialValues values;
    values.secrets = *secrets_;
    values.token = tokens_.values();
    std::optional<crm::CrmRequest> request = exchange.next(values);
    if (!request) {
      co_return;
    }
    co_await wait_for_pace();
    if (stopping_) {
      continue;
    }
    const std::string step = request->step;
    const Result<HttpResponse> answered = co_await send_request(*std::move(request));
    if (!answered) {
      exchange.on_failure(answered.error());
      continue;
    }
    const crm::ParsedResponse response = crm::parse(*answered);
    pacer_.on_answer(response, parts_.timer->now());
    if (exchange.on_answer(response, parts_.timer->now().wall)) {
      tokens_.accepted(token_used);
      refusals = 0;
      continue;
    }
    tokens_.refused(token_used);
    const bool others_now = secrets_used != secrets_version_ || token_used != tokens_.version();
    if (!others_now && (!tokens_.may_renew() || ++refusals > 1)) {
      exchange.refuse_credential(step + ": HTTP " + std::to_string(answered->status) +
                                 ": the credential is not accepted");
    }
  }
}

asio::awaitable<bool> CrmClient::prove_identity(crm::Exchange& exchange) {
  if (!secrets_) {
    exchange.give_up(Verdict::unauthorized, parts_.secrets->problem(), std::nullopt);
    co_return false;
  }
  while (tokens_.needed() && !tokens_.is_fresh(parts_.timer->now().wall)) {
    if (!renewing_) {
      renewing_ = true;
      latest_ = co_await renew_token();
      renewing_ = false;
      renewed_.set();
    } else {
      while (renewing_) {
        static_cast<void>(co_await renewed_.wait());
      }
    }
    if (latest_.trouble) {
      exchange.give_up(*latest_.trouble, latest_.detail, latest_.wait);
      co_return false;
    }
  }
  co_return true;
}

asio::awaitable<crm::TokenKeeper::Outcome> CrmClient::renew_token() {
  const int secrets_used = secrets_version_;
  Result<crm::CrmRequest> request = tokens_.request(*secrets_, parts_.timer->now().wall);
  if (!request) {
    co_return tokens_.on_failure(request.error());
  }
  const Result<HttpResponse> answered = co_await send_request(*std::move(request));
  if (secrets_used != secrets_version_) {
    // What came is the token of another account, perhaps: those who wait ask again with the secrets in force.
    co_return crm::TokenKeeper::Outcome();
  }
  if (!answered) {
    co_return tokens_.on_failure(answered.error());
  }
  crm::TokenKeeper::Outcome outcome = tokens_.on_answer(*answered, *secrets_, parts_.timer->now().wall);
  conceal_tokens();
  if (!outcome.to_keep.empty()) {
    if (!parts_.token_directory.empty()) {
      // A refresh token that was not kept would be lost with the process, and the access to the CRM with it.
      const std::optional<Failure> failure = write_token_file(parts_.token_directory, options_.name, outcome.to_keep);
      tell_token_file(failure);
      if (failure) {
        co_return tokens_.on_failure(*failure);
      }
    }
    tokens_.kept();
  }
  co_return outcome;
}

void CrmClient::conceal_tokens() {
  for (const std::string& secret : tokens_.secrets_to_redact()) {
    parts_.secrets->conceal(secret);
  }
}

asio::awaitable<void> CrmClient::wait_for_pace() {
  for (;;) {
    const SteadyTime now = parts_.timer->now().steady;
    const SteadyTime earliest = pacer_.earliest(now);
    if (stopping_) {
      co_return;
    }
    if (earliest <= now) {
      pacer_.on_request(now);
      co_return;
    }
    static_cast<void>(co_await stopped_.wait(earliest - now));
  }
}

asio::awaitable<Result<HttpResponse>> CrmClient::send_request(crm::CrmRequest request) {
  std::unique_ptr<Transport>& transport = transports_[request.base_url];
  if (!transport) {
    try {
      transport = parts_.transports(sink_transport_settings(options_, request.base_url));
    } catch (const std::runtime_error& error) {
      Failure failure;
      failure.kind = FailureKind::rejected;
      failure.detail = request.step + ": " + error.what();
      transports_.erase(request.base_url);
      co_return failure;
    }
  }
  co_return co_await transport->send(std::move(request.request));
}

// Once until it is written again: the sink tries every minute.
void CrmClient::tell_token_file(const std::optional<Failure>& failure) {
  if (failure && !token_file_failed_) {
    parts_.log->write(Event::token_file_failed, "sink " + options_.name + ": " + failure->detail,
                      {Field("sink", options_.name)});
  }
  token_file_failed_ = failure.has_value();
}

void CrmClient::tell_refused(const std::vector<crm::RefusedFields>& refused) const {
  for (const crm::RefusedFields& each : refused) {
    std::string names;
    for (const std::string& field : each.fields) {
      names += (names.empty() ? "" : ", ") + field;
    }
    const bool one = each.fields.size() == 1;
    parts_.log->write(
        Event::contact_field_refused,
        "sink " + options_.name + ": a contact is written without the " + (one ? "field " : "fields ") + names +
            ", which the CRM refuses; correct the person's data, or change the " +
            (one ? "mapping of the field" : "mappings of these fields") + " under `fields`",
        {Field("sink", options_.name), user(each.user_id), Field("fields", names), Field("code", each.code)});
  }
}

asio::awaitable<void> CrmClient::keep(std::vector<RemoteRecord> records) {
  const storage::SinkId sink = sink_;
  const Instant at = parts_.timer->now().wall;
  auto job = [sink, at, records = std::move(records)](Store& store) { store.keep_remote_records(sink, records, at); };
  co_await parts_.storage->run(std::move(job));
}

bool CrmClient::reload_secrets() {
  boost::json::object secrets;
  for (const auto& [name, reference] : options_.secrets) {
    const std::optional<std::string> secret = parts_.secrets->read("secrets." + name, reference);
    if (!secret) {
      return false;
    }
    secrets[name] = *secret;
  }
  boost::json::value read = std::move(secrets);
  const bool changed = !secrets_ || *secrets_ != read;
  secrets_ = std::move(read);
  secrets_version_ += changed ? 1 : 0;
  if (changed) {
    tokens_.forget();
    probed_.reset();  // others may see other things
  }
  return changed;
}

void CrmClient::stop() {
  stopping_ = true;
  stopped_.set();
}

void CrmClient::close() {
  stop();
  for (const auto& [base_url, transport] : transports_) {
    if (transport) {
      transport->close();
    }
  }
}

}  // namespace elit::daemon
