// The totals of a source at its latest report, as the state keeps them.

#include <string>

#include "daemon/fetch/source_loop.hpp"
#include "tests/fuzz/expectation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using elit::daemon::CycleTotals;
  const CycleTotals totals = elit::daemon::cycle_totals_from(std::string(reinterpret_cast<const char*>(data), size));
  elit::fuzz::expect(elit::daemon::cycle_totals_from(elit::daemon::to_text(totals)) == totals,
                     "totals that are written and read are the same");
  return 0;
}
