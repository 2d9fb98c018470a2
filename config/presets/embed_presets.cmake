# Writes OUTPUT, a C++ file that holds the presets of DIRECTORY as string literals, in the order of their names.
file(GLOB files ${DIRECTORY}/*.yaml)
list(SORT files)
set(entries "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^[a-z][a-z0-9-]*$" OR name MATCHES "^(http|file|custom)$")
    message(FATAL_ERROR "${file}: a preset is named with small letters, digits and '-', and not like a type of sink")
  endif()
  file(READ ${file} text)
  string(APPEND entries "    ShippedPreset{\"${name}\", R\"--yaml--(${text})--yaml--\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"config/presets/shipped_presets.hpp\"

namespace elit::config {
namespace {

constexpr ShippedPreset all[] = {
${entries}};

}  // namespace

std::span<const ShippedPreset> shipped_presets() { return all; }

}  // namespace elit::config
")
