# The target etcdcli::etcdcli: libetcdcli.so as it is shipped, compiled by `swift build`, in <build>/lib. It has the
# name and the properties that the installed package gives it, so examples and tests use it as anyone else would.

set(etcdcli_scratch "${PROJECT_BINARY_DIR}/swift")
set(etcdcli_built "${etcdcli_scratch}/${ETCDCLI_SWIFT_CONFIGURATION}/libetcdcli.so")
set(ETCDCLI_LIBRARY_DIR "${PROJECT_BINARY_DIR}/lib")
set(ETCDCLI_LIBRARY_FILE "libetcdcli.so.${PROJECT_VERSION}")
# While the major version is 0, a minor one may break what was, so the SONAME carries it.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(ETCDCLI_SONAME "libetcdcli.so.0.${PROJECT_VERSION_MINOR}")
else()
  set(ETCDCLI_SONAME "libetcdcli.so.${PROJECT_VERSION_MAJOR}")
endif()

# The version of the symbols is the major one: a program that loads two of them, through a plugin say, has each speak
# to its own.
set(ETCDCLI_SYMBOL_VERSION "ETCDCLI_${PROJECT_VERSION_MAJOR}")

# Of all symbols, only those of the manifest are exported. The file is named after what it says: the package manager
# does not know that the linker reads it, but links again when the command line changes.
set(ETCDCLI_EXPORTS "${PROJECT_SOURCE_DIR}/cmake/exports.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${ETCDCLI_EXPORTS}")
file(STRINGS "${ETCDCLI_EXPORTS}" etcdcli_exported)
list(JOIN etcdcli_exported ";\n    " etcdcli_exported)
set(etcdcli_script "${ETCDCLI_SYMBOL_VERSION} {\n  global:\n    ${etcdcli_exported};\n  local:\n    *;\n};\n")
string(SHA256 etcdcli_script_hash "${etcdcli_script}")
string(SUBSTRING "${etcdcli_script_hash}" 0 12 etcdcli_script_hash)
set(etcdcli_version_script "${PROJECT_BINARY_DIR}/exports-${etcdcli_script_hash}.map")
file(WRITE "${etcdcli_version_script}" "${etcdcli_script}")

# Swift's standard library without the marks that keep what nobody calls: 0.9 MB less. Where it is not found, or is
# another one day, the library is linked with it as it is.
set(etcdcli_standard_library_flags)
execute_process(COMMAND "${ETCDCLI_SWIFT}" -print-target-info -static-stdlib
  OUTPUT_VARIABLE etcdcli_target_info ERROR_QUIET RESULT_VARIABLE etcdcli_ignored)
string(JSON etcdcli_swift_resources ERROR_VARIABLE etcdcli_ignored
  GET "${etcdcli_target_info}" paths runtimeResourcePath)
set(etcdcli_standard_library "${etcdcli_swift_resources}/linux/libswiftCore.a")
if(NOT ETCDCLI_SANITIZE AND EXISTS "${etcdcli_standard_library}")
  set(etcdcli_lean_library "${PROJECT_BINARY_DIR}/lean/libswiftCore.a")
  add_executable(etcdcli_forget_retained EXCLUDE_FROM_ALL "${PROJECT_SOURCE_DIR}/cmake/forget_retained.c")
  set_target_properties(etcdcli_forget_retained PROPERTIES
    C_STANDARD 99 RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lean")
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/lean")
  add_custom_command(OUTPUT "${etcdcli_lean_library}"
    COMMAND etcdcli_forget_retained "${etcdcli_standard_library}" "${etcdcli_lean_library}"
    DEPENDS etcdcli_forget_retained "${etcdcli_standard_library}"
    COMMENT "Taking what nobody calls from Swift's standard library" VERBATIM)
  add_custom_target(etcdcli_lean DEPENDS "${etcdcli_lean_library}")
  set(etcdcli_standard_library_flags -Xlinker "--remap-inputs=*/libswiftCore.a=${etcdcli_lean_library}")
endif()

set(etcdcli_swift_flags
  -c ${ETCDCLI_SWIFT_CONFIGURATION}
  --product etcdcli
  --package-path "${PROJECT_SOURCE_DIR}"
  --scratch-path "${etcdcli_scratch}"
  # Swift's runtime goes into the library: `--static-swift-stdlib` is ignored for dynamic libraries.
  -Xswiftc -static-stdlib
  # Neither regular expressions nor the concurrency runtime, which every Swift file imports unless told not to.
  -Xswiftc -Xfrontend -Xswiftc -disable-implicit-string-processing-module-import
  -Xswiftc -Xfrontend -Xswiftc -disable-implicit-concurrency-module-import
  # What nobody calls is left out. Swift keeps all that is `public`, for callers it cannot see; here there are none.
  -Xswiftc -Xfrontend -Xswiftc -internalize-at-link
  -Xswiftc -Xfrontend -Xswiftc -function-sections
  # What describes types to mirrors and debuggers, of which there are none in here: 0.1 MB less.
  -Xswiftc -Xfrontend -Xswiftc -disable-reflection-metadata
  # No RUNPATH. It would be $ORIGIN; the toolchain's directory is left out because its libraries are not needed.
  --disable-local-rpath
  # gold, the default, leaves stray entries in the dynamic symbol table; lld comes with Swift.
  -Xswiftc -use-ld=lld
  -Xlinker --version-script=${etcdcli_version_script}
  -Xlinker -soname -Xlinker ${ETCDCLI_SONAME}
  # Swift code cannot be unloaded.
  -Xlinker -z -Xlinker nodelete
  # Packs the relocations, of which Swift's tables have many: 0.4 MB less. Needs glibc 2.36 where the library is loaded.
  -Xlinker -z -Xlinker pack-relative-relocs
  # One copy of functions that are the same, of which generics make many: 0.3 MB less. Nothing here compares their addresses.
  -Xlinker --icf=all
  # The names of all Unicode characters, which Swift can tell: 0.5 MB less (Sources/EtcdABI/ScalarNames.swift).
  -Xlinker --wrap=_swift_stdlib_getScalarName
  ${etcdcli_standard_library_flags}
  -Xlinker --build-id)
if(ETCDCLI_SANITIZE)
  # The sanitizer's own symbols come from the program that loads the library.
  list(APPEND etcdcli_swift_flags --sanitize ${ETCDCLI_SANITIZE})
else()
  list(APPEND etcdcli_swift_flags -Xlinker -z -Xlinker defs)
endif()

# Package.swift reads it.
if(ETCDCLI_GRPC)
  set(etcdcli_grpc ON)
else()
  set(etcdcli_grpc OFF)
endif()

# Sanitizers' reports and debuggers want names.
if(ETCDCLI_SANITIZE OR ETCDCLI_SWIFT_CONFIGURATION STREQUAL "debug")
  set(etcdcli_strip)
else()
  set(etcdcli_strip "${CMAKE_STRIP}")
endif()

# Only Swift's package manager knows when something is to be compiled, so it is asked each time. It keeps its caches in
# the build directory, not in the home directory.
add_custom_target(etcdcli_swift ALL
  COMMAND "${CMAKE_COMMAND}" -E env
    "ETCDCLI_GRPC=${etcdcli_grpc}" "XDG_CACHE_HOME=${etcdcli_scratch}/cache" "XDG_DATA_HOME=${etcdcli_scratch}/data"
    "${ETCDCLI_SWIFT}" build ${etcdcli_swift_flags}
  COMMAND "${CMAKE_COMMAND}"
    "-DFROM=${etcdcli_built}" "-DTO=${ETCDCLI_LIBRARY_DIR}/${ETCDCLI_LIBRARY_FILE}" "-DSONAME=${ETCDCLI_SONAME}"
    "-DSTRIP=${etcdcli_strip}" -P "${PROJECT_SOURCE_DIR}/cmake/StageLibrary.cmake"
  BYPRODUCTS "${ETCDCLI_LIBRARY_DIR}/${ETCDCLI_LIBRARY_FILE}"
  COMMENT "Building ${ETCDCLI_LIBRARY_FILE} with Swift"
  USES_TERMINAL VERBATIM)

if(TARGET etcdcli_lean)
  add_dependencies(etcdcli_swift etcdcli_lean)
endif()

add_library(etcdcli::etcdcli SHARED IMPORTED GLOBAL)
add_dependencies(etcdcli::etcdcli etcdcli_swift)
set_target_properties(etcdcli::etcdcli PROPERTIES
  IMPORTED_LOCATION "${ETCDCLI_LIBRARY_DIR}/${ETCDCLI_LIBRARY_FILE}"
  IMPORTED_SONAME "${ETCDCLI_SONAME}"
  INTERFACE_INCLUDE_DIRECTORIES "${PROJECT_SOURCE_DIR}/include")

if(ETCDCLI_SANITIZE)
  set(etcdcli_sanitizer_link -fsanitize=${ETCDCLI_SANITIZE} -fuse-ld=lld)
  if(ETCDCLI_SANITIZE STREQUAL "thread")
    # Swift's ThreadSanitizer knows libdispatch, and therefore needs it.
    get_filename_component(etcdcli_swift_real "${ETCDCLI_SWIFT}" REALPATH)
    get_filename_component(etcdcli_swift_runtime "${etcdcli_swift_real}/../../lib/swift/linux" ABSOLUTE)
    list(APPEND etcdcli_sanitizer_link "-L${etcdcli_swift_runtime}" "-Wl,-rpath,${etcdcli_swift_runtime}"
      -ldispatch -lBlocksRuntime)
  endif()
  target_compile_options(etcdcli::etcdcli INTERFACE -fsanitize=${ETCDCLI_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(etcdcli::etcdcli INTERFACE ${etcdcli_sanitizer_link})
endif()
