#include "core/simulator/crms/crm_faults.hpp"

#include "core/simulator/wire_settings.hpp"

namespace elit::simulator {

const std::vector<Setting<SimulatedCrmFaults>>& simulated_crm_fault_settings() {
  using F = SimulatedCrmFaults;
  static const std::vector<Setting<F>> settings = [] {
    auto all = wire_settings<F>();
    all.push_back(flag<F>("shuffled", &F::shuffled, "results come in another order, where the vendor promises none"));
    all.push_back(count<F>("unmentioned_every", &F::unmentioned_every, 0, 1'000'000,
                           "each n-th record is written and missing from the results; 0: none"));
    all.push_back(text<F>("refused_text", &F::refused_text, {}, "a record with this text is refused for good"));
    all.push_back(text<F>("locked_text", &F::locked_text, {}, "a record with this text is refused for now"));
    all.push_back(toggle<F>("tokens_revoked", &F::tokens_revoked, "access tokens from before are refused"));
    all.push_back(toggle<F>("token_throttled", &F::token_throttled, "too many calls of the token endpoint"));
    all.push_back(count<F>("token_life_s", &F::token_life_s, 0, 1'000'000,
                           "seconds that an access token is good; 0: as long as the vendor's"));
    all.push_back(flag<F>("rotate_refresh_tokens", &F::rotate_refresh_tokens, "each use gives a new refresh token"));
    all.push_back(flag<F>("old_refresh_token_dies", &F::old_refresh_token_dies,
                          "the old one is refused at once, not when the new one is used"));
    all.push_back(
        number<F>("slow_commit_s", &F::slow_commit_s, 0, 86'400, "seconds until a write takes effect and is answered"));
    all.push_back(toggle<F>("locked", &F::locked, "every write is refused for now"));
    all.push_back(toggle<F>("forbidden", &F::forbidden, "the credentials are good and may do nothing"));
    all.push_back(toggle<F>("quota_spent", &F::quota_spent, "the calls of the day are used up"));
    all.push_back(count<F>("window_calls_max", &F::window_calls_max, 0, 1'000'000,
                           "more calls in 10 s are throttled; 0: no limit"));
    all.push_back(count<F>("text_length_max", &F::text_length_max, 0, 100'000'000,
                           "the longest text of a long field; 0: the vendor's own limit"));
    all.push_back(flag<F>("errors_with_200", &F::errors_with_200, "errors of records come with 200 in place of 207"));
    all.push_back(flag<F>("unique_activities", &F::unique_activities, "activities may have a unique property"));
    all.push_back(flag<F>("duplicate_check", &F::duplicate_check, "cElitKey is compared to find duplicates"));
    all.push_back(text<F>("required_field", &F::required_field, {}, "a field that new records have to have"));
    all.push_back(count<F>("late_every", &F::late_every, 0, 1'000'000,
                           "each n-th write gets no answer and arrives late_s later; 0: none"));
    all.push_back(number<F>("late_s", &F::late_s, 0, 86'400, "seconds that such a write is late"));
    all.push_back(flag<F>("fields_creatable", &F::fields_creatable, "the credentials may add a field to the CRM"));
    return all;
  }();
  return settings;
}

}  // namespace elit::simulator
