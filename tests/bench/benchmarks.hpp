#pragma once

#include "tests/bench/harness.hpp"

namespace elit::bench {

// Reading the answers of the two APIs, compared with a plain parser that builds a tree of the same bytes.
void add_codec_cases(Harness& harness);
// The cost of a message between the store and the network: the decisions of the delivery machine, the request, and the
// reading of its answer. The peer accepts everything at once.
void add_pipeline_cases(Harness& harness);
// The cost of the store, compared with plain SQLite that writes the same bytes in one transaction. Waiting for the disk
// is not processor time and does not count.
void add_storage_cases(Harness& harness);

}  // namespace elit::bench
