#pragma once

#include "tests/bench/harness.hpp"

namespace elit::bench {

// Reading the answers of the two APIs, beside what a plain parser needs to build a tree of the same bytes.
void add_codec_cases(Harness& harness);
// What a message costs between the store and the network: the decisions of the delivery machine, the request, and the
// reading of its answer. The transport is a peer that accepts everything at once.
void add_pipeline_cases(Harness& harness);
// What the store costs beside plain SQLite writing the same bytes in one transaction. Waiting for the disk is not
// processor time and does not count.
void add_storage_cases(Harness& harness);

}  // namespace elit::bench
