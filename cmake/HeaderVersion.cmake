# etcdcli_header_version(HEADER OUT): the version that the header's macros say, "major.minor.patch". The header is the
# one place where the version is written.
function(etcdcli_header_version header out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
  set(numbers)
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS "${header}" line REGEX "^#define ETCDCLI_VERSION_${part} [0-9]+$")
    string(REGEX MATCH "[0-9]+$" number "${line}")
    list(APPEND numbers "${number}")
  endforeach()
  list(JOIN numbers "." version)
  file(STRINGS "${header}" line REGEX "^#define ETCDCLI_VERSION \"")
  if(NOT line STREQUAL "#define ETCDCLI_VERSION \"${version}\"")
    message(FATAL_ERROR
      "${header}: ETCDCLI_VERSION does not say ${version}, as ETCDCLI_VERSION_MAJOR, _MINOR and _PATCH do: correct one.")
  endif()
  set(${out} "${version}" PARENT_SCOPE)
endfunction()
