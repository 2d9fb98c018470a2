#pragma once

#include "config/yaml/section.hpp"
#include "core/options.hpp"

// Checks the rules between options, with one function for each section of the table. A function uses only options that
// were read without a mistake.
namespace elit::config {

void check_poll(const PollOptions& poll, const ReadMap& map);
void check_retry(const RetryOptions& retry, const ReadMap& map);
void check_api(const DialectOptions& api, const ReadMap& map);
void check_source(const SourceOptions& source, const ReadMap& map);
void check_sink(const SinkOptions& sink, const ReadMap& map);
void check_options(const Options& options, const ReadMap& map);

}  // namespace elit::config
