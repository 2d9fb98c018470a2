# Writes OUTPUT, a C++ file that defines the function NAME of HEADER and NAMESPACE. The function gives a span of
# TYPE{key, text}, one for each file DIRECTORY/*SUFFIX, in the order of the names. Every name has to match PATTERN and
# must not match RESERVED. The key is the name without SUFFIX or, with NUMBERED, the four digits at its beginning, which
# count the files from 1.
file(GLOB files ${DIRECTORY}/*${SUFFIX})
list(SORT files)
set(entries "")
set(count 0)
foreach(file IN LISTS files)
  math(EXPR count "${count} + 1")
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "${PATTERN}" OR name MATCHES "${RESERVED}")
    message(FATAL_ERROR "${file}: the name does not match ${PATTERN}, or is reserved: ${RESERVED}")
  endif()
  set(key "\"${name}\"")
  if(NUMBERED)
    string(SUBSTRING ${name} 0 4 digits)
    math(EXPR key "1${digits} - 10000")
    if(NOT key EQUAL count)
      message(FATAL_ERROR "${file}: the numbers have a gap, expected ${count}")
    endif()
  endif()
  file(READ ${file} text)
  string(APPEND entries "    ${TYPE}{${key}, R\"--text--(${text})--text--\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"${HEADER}\"

namespace ${NAMESPACE} {
namespace {

constexpr ${TYPE} all[] = {
${entries}};

}  // namespace

std::span<const ${TYPE}> ${NAME}() { return all; }

}  // namespace ${NAMESPACE}
")
