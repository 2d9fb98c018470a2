#pragma once

#include "config/options/option.hpp"
#include "core/options.hpp"

// Checks the rules between options, with one function for each section of the table. A function uses only options that
// were read without a mistake.
namespace elit::config {

void check_poll(const PollOptions& poll, Inspector& inspector);
void check_retry(const RetryOptions& retry, Inspector& inspector);
void check_api(const DialectOptions& api, Inspector& inspector);
void check_source(const SourceOptions& source, Inspector& inspector);
void check_sink(const SinkOptions& sink, Inspector& inspector);
void check_options(const Options& options, Inspector& inspector);

}  // namespace elit::config
