#include "core/crm/token_keeper.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "core/crm/reply_reader.hpp"
#include "core/text/signed_jwt.hpp"
#include "core/text/text_digest.hpp"
#include "core/text/url.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

// So much earlier than its end a token is renewed: the smaller of the two.
constexpr Milliseconds margin_max{60'000};
constexpr int margin_share = 10;
constexpr Milliseconds lifetime_max{365LL * 86'400'000};
constexpr const char* file_mark = "elitbuzz_sync_token";

std::string text_of(const json::value& value) {
  const json::string* text = value.if_string();
  return text == nullptr ? std::string{} : std::string(text->data(), text->size());
}

std::string member(const json::value& object, const char* name) {
  const json::object* members = object.if_object();
  const json::value* value = members == nullptr ? nullptr : members->if_contains(name);
  return value == nullptr ? std::string{} : text_of(*value);
}

std::string digest_of(const json::value& secrets) {
  // Members in the order of their names, whoever made the object.
  std::map<std::string, std::string> sorted;
  if (const json::object* members = secrets.if_object()) {
    for (const auto& each : *members) {
      sorted[std::string(each.key().data(), each.key().size())] = text_of(each.value());
    }
  }
  json::object ordered;
  for (const auto& [name, value] : sorted) {
    ordered[name] = value;
  }
  return sha256_hex(json::serialize(ordered));
}

std::optional<Milliseconds> lifetime_of(const std::string& expires_in) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(expires_in.data(), expires_in.data() + expires_in.size(), seconds);
  if (error != std::errc{} || seconds <= 0) {
    return std::nullopt;
  }
  return std::min<Milliseconds>(Milliseconds{std::min<std::int64_t>(seconds, 400LL * 86'400) * 1000}, lifetime_max);
}

}  // namespace

TokenKeeper::TokenKeeper(const SinkDesign& design) : design_(design), values_(json::object{}), next_(nullptr) {
  const Credential& credential = design_.credential();
  request_ = credential.token ? &*credential.token : nullptr;
}

bool TokenKeeper::is_fresh(Instant now) const {
  if (version_ == 0 || refused_) {
    return false;
  }
  if (!expires_) {
    return true;
  }
  const Milliseconds life = given_at_ ? *expires_ - *given_at_ : margin_max * margin_share;
  return now + std::min(margin_max, life / margin_share) < *expires_;
}

json::value TokenKeeper::current_secrets(const json::value& secrets) const {
  json::value current = secrets;
  if (!refresh_token_.empty() && current.is_object()) {
    current.get_object()["refresh_token"] = refresh_token_;
  }
  return current;
}

Result<CrmRequest> TokenKeeper::request(const json::value& secrets, Instant now) const {
  const json::value current = current_secrets(secrets);
  const json::value config = design_.config;
  Scope scope;
  scope.bind("config", &config);
  scope.bind("secret", &current);
  json::value assertion;
  if (request_->assertion) {
    const Credential::Assertion& asked = *request_->assertion;
    json::object claims;
    for (const auto& [name, text] : asked.claims) {
      claims[name] = text.value(scope);
    }
    const Result<std::string> jwt =
        signed_jwt(std::move(claims), member(current, asked.key.c_str()), now, asked.lifetime);
    if (!jwt) {
      return jwt.error();
    }
    assertion = *jwt;
    scope.bind("assertion", &assertion);
  }
  const std::string url = request_->url.text(scope);
  RequestForm form;
  const bool absolute = url.starts_with("https://") || url.starts_with("http://");
  form.base_url = absolute ? std::string{} : base_url_of(design_, CredentialValues{});
  form.path = url;
  form.method = request_->method;
  form.headers = texts_of(request_->headers, scope);
  form.format = request_->format;
  form.body = render(request_->body, scope, {});
  CrmRequest made = put_together(std::move(form));
  made.step = "token";
  return made;
}

std::string TokenKeeper::origin_of(const json::value& secrets) const {
  const json::value config = design_.config;
  Scope scope;
  scope.bind("config", &config);
  scope.bind("secret", &secrets);
  json::array claims;
  if (request_->assertion) {
    for (const auto& [name, text] : request_->assertion->claims) {
      claims.emplace_back(text.value(scope));
    }
  }
  const json::array origin{digest_of(secrets), design_.base_url, request_->url.text(scope),
                           render(request_->body, scope, {}), std::move(claims)};
  return sha256_hex(json::serialize(origin));
}

bool TokenKeeper::accepts_base_url(const std::string& url) const {
  const Result<Url> parsed = Url::parse(url);
  return parsed && (!parsed->is_cleartext() || design_.base_url.starts_with("http://"));
}

TokenKeeper::Outcome TokenKeeper::on_answer(const HttpResponse& answer, const json::value& secrets, Instant now) {
  TokenReading reading = read_token(*request_, answer, now);
  Outcome outcome;
  outcome.wait = reading.wait;
  if (reading.whole) {
    outcome.trouble = reading.whole;
    outcome.detail = reading.detail;
    if (*outcome.trouble == Verdict::unauthorized) {
      outcome.detail += ": the secrets are not accepted; check them, or authorise the program again";
    }
    return outcome;
  }
  if (reading.values.empty()) {
    outcome.trouble = Verdict::misconfigured;
    outcome.detail = "token: the answer holds no token; check the URL of the token endpoint";
    return outcome;
  }
  const std::string base_url = reading.values["base_url"];
  if (!base_url.empty() && !accepts_base_url(base_url)) {
    outcome.trouble = Verdict::misconfigured;
    outcome.detail = "token: the answer leads to an address without TLS, which gets no credential";
    return outcome;
  }
  const std::optional<Milliseconds> named = lifetime_of(reading.values["expires_in"]);
  next_expires_.reset();
  if (named || request_->lifetime > Milliseconds{0}) {
    next_expires_ = now + named.value_or(request_->lifetime);
  }
  json::object values;
  for (const auto& [name, value] : reading.values) {
    if (!value.empty() && name != "refresh_token" && name != "expires_in") {
      values[name] = value;
    }
  }
  if (const std::string& rotated = reading.values["refresh_token"]; !rotated.empty()) {
    refresh_token_ = rotated;
  }
  next_ = values;
  given_at_ = now;
  json::object text{{file_mark, 1},
                    {"for", origin_of(secrets)},
                    {"values", std::move(values)},
                    {"given_ms", now.time_since_epoch().count()},
                    {"refresh_token", refresh_token_}};
  text["expires_ms"] = next_expires_ ? json::value(next_expires_->time_since_epoch().count()) : json::value(nullptr);
  outcome.to_keep = json::serialize(text);
  return outcome;
}

TokenKeeper::Outcome TokenKeeper::on_failure(const Failure& failure) const {
  Outcome outcome;
  outcome.trouble = if_nothing_is_written(verdict_of(failure));
  outcome.detail = "token: " + failure.detail;
  outcome.wait = failure.retry_after;
  return outcome;
}

void TokenKeeper::kept() {
  if (next_.is_object()) {
    values_ = std::exchange(next_, nullptr);
    expires_ = next_expires_;
    version_given_ = ++version_;
    refused_ = proven_ = false;
  }
}

void TokenKeeper::accepted(int version) {
  proven_ = proven_ || (version == version_ && version > 0);
}

void TokenKeeper::refused(int version) {
  refused_ = refused_ || version == version_;
}

void TokenKeeper::forget() {
  values_ = json::object{};
  next_ = nullptr;
  expires_.reset();
  refresh_token_.clear();
  refused_ = true;
  proven_ = false;
}

std::vector<std::string> TokenKeeper::secrets_to_redact() const {
  std::vector<std::string> secrets;
  if (!refresh_token_.empty()) {
    secrets.push_back(refresh_token_);
  }
  for (const json::value* values : {&values_, &next_}) {
    if (std::string token = member(*values, "access_token"); !token.empty()) {
      secrets.push_back(std::move(token));
    }
    if (std::string session = member(*values, "session"); !session.empty()) {
      secrets.push_back(std::move(session));
    }
  }
  return secrets;
}

void TokenKeeper::take_up(std::string_view kept, const json::value& secrets, Instant now) {
  boost::system::error_code error;
  const json::value text = json::parse(json::string_view(kept.data(), kept.size()), error);
  const json::object* members = error ? nullptr : text.if_object();
  if (!needed() || members == nullptr || !members->contains(file_mark) || member(text, "for") != origin_of(secrets)) {
    return;
  }
  refresh_token_ = member(text, "refresh_token");
  const json::value* values = members->if_contains("values");
  const json::value* expires = members->if_contains("expires_ms");
  const json::value* given = members->if_contains("given_ms");
  if (values == nullptr || !values->is_object() || given == nullptr || !given->is_int64() ||
      from_ms(given->get_int64()) > now) {
    return;
  }
  values_ = *values;
  given_at_ = from_ms(given->get_int64());
  expires_ = expires != nullptr && expires->is_int64() ? std::optional(from_ms(expires->get_int64())) : std::nullopt;
  ++version_;
  refused_ = proven_ = false;
}

}  // namespace elit::crm
