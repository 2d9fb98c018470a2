#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/failure.hpp"
#include "core/http_message.hpp"
#include "core/text/json_scan.hpp"

// The common parts of every answer of the vendor: the document in it, and the failures it may state (api.md
// section 3.3).
namespace elit::elitbuzz {

// A failure as an answer states it.
struct StatedFailure {
  int status = 0;                    // an HTTP status, of the answer or named in its body; 0: none
  std::optional<std::int64_t> code;  // the vendor's code
  std::string_view name;             // the vendor's constant for it; empty: none that we know
  bool rate_phrase = false;          // the body mentions a rate or a limit
  bool inside_success = false;       // the HTTP status was 2xx nevertheless
};

// Reads the failure in an answer whose HTTP status is not a success. The body may be any bytes.
[[nodiscard]] StatedFailure read_stated_failure(const HttpResponse& answer);

struct Document {
  std::string_view text;            // passed json_skeleton_error
  bool all_json = false;            // the text and all values in it pass is_json
  std::vector<JsonMember> members;  // of the document itself, if it is an object
};

// The document in a body, repaired by repair_json: a view of the body or of `storage`.
[[nodiscard]] Result<Document> read_document(const HttpResponse& answer, std::string& storage);

// The failure in the body of an answer whose HTTP status is a success; absent when it states none.
[[nodiscard]] std::optional<StatedFailure> find_stated_failure(const Document& document);

// The failure that an object without a list seems to mean: one of the vendor's own codes or constants at its top level.
[[nodiscard]] std::optional<StatedFailure> guess_failure(std::string_view document);

// Whether the failure means "no such page". For a page after the first this is the end of the list.
[[nodiscard]] bool names_missing_page(const StatedFailure& stated);

// `now` resolves a Retry-After that is a date; if `now` is absent, the answer's Date resolves it.
[[nodiscard]] Failure to_failure(const StatedFailure& stated, const HttpResponse& answer, std::optional<Instant> now);

// The failure of an answer of unknown shape. `what` says what is missing and what to do.
[[nodiscard]] Failure not_understood(const HttpResponse& answer, std::string_view what);

// Whether a response with this status has a document: 2xx, except those without a whole body.
[[nodiscard]] bool has_document(const HttpResponse& answer);

}  // namespace elit::elitbuzz
