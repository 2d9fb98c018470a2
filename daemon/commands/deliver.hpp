#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// The most messages that --last takes.
inline constexpr int last_max = 10'000;

struct DeliverArguments {
  std::filesystem::path config;
  std::string sink;           // empty: not given
  int last = 5;               // how many of the latest stored messages
  bool render = false;        // has to be true: this verb delivers nothing
  bool ignore_state = false;  // as if the sink did not hold any of them
  bool json = false;
  bool sample = false;  // two sample messages instead of stored ones
};

// Prints the requests that a delivery of the latest stored messages would send, and sends nothing: reads the
// configuration and the state, no secret and no network, and changes nothing. Message texts are shown; secrets are
// `***`. Returns the exit status: 0, also when nothing is stored or nothing would be sent (`err` says so); 64 without
// --render or without the name of a configured sink; 78 for a wrong configuration. Throws StorageError.
int deliver(const DeliverArguments& arguments, std::ostream& out, std::ostream& err);

[[nodiscard]] Verb deliver_verb();

}  // namespace elit::daemon
