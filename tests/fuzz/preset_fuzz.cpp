// Presets of CRMs of any content.

#include <algorithm>
#include <string>

#include "config/presets/preset_reader.hpp"
#include "core/text/utf8.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

constexpr const char* file = "mycrm.yaml";

// Checks what the code that carries a preset out relies on.
void expect_bounds(const crm::Preset& preset) {
  expect(!preset.steps.empty() && !preset.credentials.empty(), "there are steps and a way in");
  expect(preset.units.contains(preset.unit), "the unit is one of the possible ones");
  for (const crm::Step& step : preset.steps) {
    expect(!step.name.empty() && step.items_max >= 1, "a step has a name and takes an item");
    expect((step.kind == crm::StepKind::write) == (step.idempotency != crm::Idempotency::none),
           "a step that writes, and no other, says what keeps it from making doubles");
    expect(step.items_max == 1 || step.format != crm::BodyFormat::none, "several items stand in a body");
  }
}

void run(const std::string& text) {
  const config::PresetRead read = config::read_preset(text, file, "mycrm");
  expect(read.preset.has_value() == read.mistakes.empty(), "a text gives a preset or mistakes");
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const config::Diagnostic& mistake : read.mistakes) {
    const std::string line = to_string(mistake);
    expect(line.find_first_of("\r\n") == std::string::npos && is_utf8(line), "a mistake is one line");
    expect(mistake.line >= 1 && mistake.column >= 1 && !mistake.what.empty(), "a mistake has a place and says what");
    expect(mistake.file != file || mistake.line <= lines + 1, "a mistake is in its file");
  }
  if (read.preset) {
    expect_bounds(*read.preset);
    expect(*config::read_preset(text, file, "mycrm").preset == *read.preset, "a text read twice says the same");
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
