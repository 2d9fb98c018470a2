#include "core/elitbuzz/answer_reader.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "core/ascii.hpp"
#include "core/elitbuzz/list_shape.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/letter_case.hpp"
#include "core/text/decimal_text.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/time_text.hpp"

namespace elit::elitbuzz {
namespace {

constexpr std::int64_t success_code = 1000;
constexpr std::size_t searched_size_max = 64 * 1024;

struct VendorConstant {
  std::int64_t code;
  std::string_view name;
};

constexpr VendorConstant unknown_id{1002, "INVALID_BOT_OR_CUSTOMER_ID"};
constexpr VendorConstant bad_dates{1003, "INVALID_INPUT_DATE_VALUE"};
constexpr VendorConstant bad_page{1004, "INVALID_PAGE_NUMBER"};

bool is_error_status(std::int64_t status) {
  return status >= 400 && status <= 599;
}

// The name decides before the number: the vendor uses one number for several failures.
bool means(const StatedFailure& stated, const VendorConstant& constant) {
  return stated.name.empty() ? stated.code == constant.code : stated.name == constant.name;
}

// A number, or a string that holds one.
std::optional<std::int64_t> read_code(std::optional<std::string_view> value) {
  if (!value) {
    return std::nullopt;
  }
  const bool quoted = json_kind(*value) == JsonKind::string;
  const std::optional<Decimal> decimal = parse_decimal(quoted ? json_unquote(*value) : std::string(*value));
  if (!decimal || decimal->exponent < 0) {
    return std::nullopt;
  }
  const std::optional<std::string> text = to_plain_text(*decimal);
  constexpr std::size_t size_max = 9;
  if (!text || text->size() > size_max) {
    return std::nullopt;
  }
  return std::stoll(*text);
}

std::optional<std::string_view> first_member(std::string_view object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const std::optional<std::string_view> value = json_member(object, name)) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> find_code(std::string_view document) {
  for (const std::string_view wrapper : {"", "/status", "/error", "/errors/0", "/responseObject/errors/0"}) {
    if (const auto inner = json_at_pointer(document, wrapper)) {
      if (const auto code = read_code(first_member(*inner, {"code", "errorCode", "error_code"}))) {
        return code;
      }
    }
  }
  return std::nullopt;
}

std::string_view find_constant_name(std::string_view body) {
  for (const VendorConstant& constant : {unknown_id, bad_dates, bad_page}) {
    if (body.find(constant.name) != std::string_view::npos) {
      return constant.name;
    }
  }
  return {};
}

bool has_rate_phrase(std::string_view body) {
  std::string text(body.substr(0, searched_size_max));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::array phrases{"rate limit", "rate-limit", "rate_limit", "ratelimit",      "rate exceeded",
                               "too many",   "throttl",    "quota",      "limit exceeded", "limit reached"};
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](const char* phrase) { return text.find(phrase) != std::string::npos; });
}

// Whether the member `error` says that there is no error.
bool says_nothing(std::string_view value) {
  return value == "null" || value == "false" || value == "\"\"" || value == "0" || value == "[]" || value == "{}";
}

// Whether the members of a top-level object state a failure; sets the status that they name.
bool states_failure(const std::vector<JsonMember>& members, StatedFailure& stated) {
  bool failed = false;
  constexpr std::array<std::string_view, 4> names{"status", "error", "type", "success"};
  std::array<std::optional<std::string_view>, names.size()> values;
  pick_json_members(members, names, values);
  const auto& [status, error, type, success] = values;
  if (status && json_kind(*status) == JsonKind::object) {
    const std::optional<std::string_view> code = json_member(*status, "code");
    failed = code && *code != "null" && read_code(code) != success_code;
  } else if (const std::optional<std::int64_t> number = read_code(status)) {
    failed = *number >= 400 && *number != success_code;
    stated.status = is_error_status(*number) ? static_cast<int>(*number) : 0;
  }
  failed = failed || (error && !says_nothing(*error));
  return failed || type == "\"about:blank\"" || success == "false";
}

FailureKind kind_of(const StatedFailure& stated) {
  switch (stated.status) {
    case 401:
      return FailureKind::unauthorized;
    case 403:
      return stated.rate_phrase ? FailureKind::throttled : FailureKind::unauthorized;
    case 404:
      return FailureKind::rejected;
    case 408:
    case 425:
      return FailureKind::transient;
    case 429:
      return FailureKind::throttled;
    case 503:  // some limiters answer so and say why
      return stated.rate_phrase ? FailureKind::throttled : FailureKind::transient;
    default:
      break;
  }
  if (stated.status >= 500) {
    return FailureKind::transient;
  }
  if (means(stated, unknown_id)) {
    return FailureKind::rejected;
  }
  if (means(stated, bad_dates) || means(stated, bad_page)) {
    return FailureKind::malformed;
  }
  return is_error_status(stated.status) ? FailureKind::rejected : FailureKind::malformed;
}

std::string_view hint_of(const StatedFailure& stated, FailureKind kind) {
  if (kind == FailureKind::unauthorized) {
    return stated.status == 401 ? "the key is refused; check api_key and base_url: a key is valid on one host only"
                                : "access is refused; check that the key may use this API, customer_id and bot_key";
  }
  if (kind == FailureKind::throttled) {
    return "the API asks for fewer requests";
  }
  if (kind == FailureKind::transient) {
    return "the API has a fault; the request will be repeated";
  }
  if (stated.status == 404) {
    return "nothing is found there; check base_url and the path templates under api";
  }
  if (means(stated, unknown_id)) {
    return "the API does not know the bot, the customer or the user; check customer_id and bot_key";
  }
  if (means(stated, bad_dates)) {
    return "the API refuses the dates; check this machine's clock and the date parameters under api";
  }
  if (means(stated, bad_page)) {
    return "the API refuses the page number; check page_number_parameter under api";
  }
  if (stated.status >= 300 && stated.status < 400) {
    return "redirects are not followed; check base_url";
  }
  return "the API refuses the request";
}

std::optional<Milliseconds> retry_after_of(const HttpResponse& answer, std::optional<Instant> now) {
  const std::optional<std::string_view> text = answer.header("Retry-After");
  if (!text) {
    return std::nullopt;
  }
  if (const std::optional<std::string_view> date = answer.header("Date"); !now && date) {
    now = parse_http_date(*date);
  }
  return parse_retry_after(*text, now);
}

// The name of the compression of a body that is not what was asked for; empty when it is none.
std::string compression_of(const HttpResponse& answer) {
  if (answer.body.starts_with("\x1F\x8B")) {
    return "gzip";
  }
  const std::string_view encoding = trimmed(answer.header("Content-Encoding").value_or(""));
  return equal_without_case(encoding, "identity") ? std::string() : std::string(encoding.substr(0, 20));
}

}  // namespace

StatedFailure read_stated_failure(const HttpResponse& answer) {
  std::string storage;
  const std::string_view body = repair_json(answer.body, storage);
  StatedFailure stated;
  stated.status = answer.status;
  stated.name = find_constant_name(body);
  stated.rate_phrase = has_rate_phrase(body);
  if (!json_skeleton_error(body)) {
    stated.code = find_code(json_trim(body));
  }
  return stated;
}

std::optional<StatedFailure> find_stated_failure(const Document& document) {
  StatedFailure stated;
  if (!states_failure(document.members, stated)) {
    return std::nullopt;
  }
  stated.inside_success = true;
  stated.code = find_code(document.text);
  stated.name = find_constant_name(document.text);
  stated.rate_phrase = has_rate_phrase(document.text);
  if (stated.status == 0 && stated.code && is_error_status(*stated.code)) {
    stated.status = static_cast<int>(*stated.code);
  }
  return stated;
}

std::optional<StatedFailure> guess_failure(std::string_view document) {
  StatedFailure stated;
  stated.inside_success = true;
  stated.code = read_code(first_member(document, {"code", "errorCode", "error_code"}));
  const std::optional<std::string_view> message =
      first_member(document, {"message", "errorMessage", "error_message", "errorCode", "code"});
  stated.name = message ? find_constant_name(*message) : std::string_view();
  if (means(stated, unknown_id) || means(stated, bad_dates) || means(stated, bad_page)) {
    return stated;
  }
  return std::nullopt;
}

bool names_missing_page(const StatedFailure& stated) {
  return stated.status == 404 || ((stated.status == 400 || stated.inside_success) && means(stated, bad_page));
}

Failure to_failure(const StatedFailure& stated, const HttpResponse& answer, std::optional<Instant> now) {
  Failure failure;
  failure.kind = kind_of(stated);
  failure.status = answer.status;
  failure.retry_after = retry_after_of(answer, now);
  failure.detail = "HTTP " + std::to_string(answer.status);
  if (stated.inside_success) {
    failure.detail += " with a failure inside";
    failure.detail += stated.status != 0 ? ", status " + std::to_string(stated.status) : "";
  }
  failure.detail += stated.code ? ", vendor code " + std::to_string(*stated.code) : "";
  if (!stated.name.empty()) {
    failure.detail += stated.code ? " " : ", ";
    failure.detail += stated.name;
  }
  failure.detail += ": ";
  failure.detail += hint_of(stated, failure.kind);
  return failure;
}

Failure not_understood(const HttpResponse& answer, std::string_view what) {
  Failure failure;
  failure.kind = FailureKind::malformed;
  failure.status = answer.status;
  failure.detail = "HTTP " + std::to_string(answer.status) + ": ";
  failure.detail += what;
  failure.detail += "; the answer is: " + describe_structure(answer.body);
  return failure;
}

bool has_document(const HttpResponse& answer) {
  return answer.status >= 200 && answer.status < 300 && answer.status != 204 && answer.status != 205 &&
         answer.status != 206;
}

Result<Document> read_document(const HttpResponse& answer, std::string& storage) {
  Document document;
  document.text = json_trim(repair_json(answer.body, storage));
  document.all_json = is_json(document.text);
  if (!document.all_json && (document.text.empty() || json_skeleton_error(document.text))) {
    if (const std::string compression = compression_of(answer); !compression.empty()) {
      return not_understood(answer, "the body is compressed (" + compression +
                                        ") although the request asks for `Accept-Encoding: identity`; a gateway or "
                                        "proxy before the API compresses answers: switch that off");
    }
    return not_understood(answer,
                          "the body is not a complete JSON document; check base_url and the path templates under api");
  }
  document.members = json_members_of(document.text);
  return document;
}

Failure failure_of(const HttpResponse& answer, std::optional<Instant> now) {
  if (has_document(answer)) {
    std::string storage;
    const Result<Document> document = read_document(answer, storage);
    if (!document) {
      return document.error();
    }
    const std::optional<StatedFailure> stated = find_stated_failure(*document);
    return stated ? to_failure(*stated, answer, now) : not_understood(answer, "the body has an unknown shape");
  }
  return to_failure(read_stated_failure(answer), answer, now);
}

}  // namespace elit::elitbuzz
