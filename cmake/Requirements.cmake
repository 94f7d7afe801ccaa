# What the library is built with. Each thing that is missing or too old is one line that says what to do.
#
# Sets ETCDCLI_SWIFT, the `swift` command. Looks for it on PATH only, because that is where Swift's own tools look for
# each other.

if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  message(FATAL_ERROR "libetcdcli builds on Linux only: it uses epoll, timerfd and eventfd.")
endif()

execute_process(COMMAND getconf GNU_LIBC_VERSION
  OUTPUT_VARIABLE etcdcli_libc_says ERROR_QUIET RESULT_VARIABLE etcdcli_ignored)
if(NOT etcdcli_libc_says MATCHES "^glibc ([0-9.]+)")
  message(FATAL_ERROR "The C library is not glibc: libetcdcli needs a Linux distribution with glibc 2.36 or later.")
endif()
if(CMAKE_MATCH_1 VERSION_LESS 2.36)
  message(FATAL_ERROR
    "glibc ${CMAKE_MATCH_1} is too old: build on a distribution with glibc 2.36 or later, such as Debian 12.")
endif()

find_program(ETCDCLI_SWIFT swift DOC "The swift command"
  NO_PACKAGE_ROOT_PATH NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH NO_CMAKE_SYSTEM_PATH)
if(NOT ETCDCLI_SWIFT)
  message(FATAL_ERROR
    "Swift is missing: install Swift 6.1 or later, and put its bin directory on PATH or set -DETCDCLI_SWIFT=.../swift.")
endif()

execute_process(COMMAND "${ETCDCLI_SWIFT}" --version
  OUTPUT_VARIABLE etcdcli_swift_says ERROR_VARIABLE etcdcli_swift_error RESULT_VARIABLE etcdcli_swift_result)
if(NOT etcdcli_swift_result EQUAL 0 OR NOT etcdcli_swift_says MATCHES "Swift version ([0-9]+(\\.[0-9]+)*)")
  message(FATAL_ERROR
    "Swift does not work: '${ETCDCLI_SWIFT} --version' failed. Install Swift 6.1 or later, or set -DETCDCLI_SWIFT=.../swift.")
endif()
set(etcdcli_swift_version "${CMAKE_MATCH_1}")
if(etcdcli_swift_version VERSION_LESS 6.1)
  message(FATAL_ERROR
    "Swift ${etcdcli_swift_version} (${ETCDCLI_SWIFT}) is too old: install Swift 6.1 or later, or set -DETCDCLI_SWIFT=.../swift.")
endif()
message(STATUS "Swift ${etcdcli_swift_version}: ${ETCDCLI_SWIFT}")

# Swift's package manager finds libcurl and c-ares through pkg-config, so this does too.
find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "pkg-config is missing: install it (Debian: apt-get install pkg-config).")
endif()

# A library with a module of that name in pkg-config, of that version or later. `hint` is what else would do, if anything.
function(etcdcli_need library module version package hint)
  pkg_check_modules(etcdcli_${module} QUIET ${module})
  if(NOT etcdcli_${module}_FOUND)
    message(FATAL_ERROR
      "${library}'s development files are missing: install ${library} ${version} or later (Debian: apt-get install ${package})${hint}.")
  endif()
  if(etcdcli_${module}_VERSION VERSION_LESS version)
    message(FATAL_ERROR
      "${library} ${etcdcli_${module}_VERSION} is too old: install ${library} ${version} or later with its development files${hint}.")
  endif()
  message(STATUS "${library} ${etcdcli_${module}_VERSION}")
endfunction()

etcdcli_need(libcurl libcurl 7.88 libcurl4-openssl-dev "")
etcdcli_need(c-ares libcares 1.18 libc-ares-dev "")
# HTTP/2, which gRPC goes over.
if(ETCDCLI_GRPC)
  etcdcli_need(nghttp2 libnghttp2 1.52 libnghttp2-dev ", or set -DETCDCLI_GRPC=OFF")
  etcdcli_need(OpenSSL openssl 3.0 libssl-dev ", or set -DETCDCLI_GRPC=OFF")
endif()

if(NOT CMAKE_STRIP)
  message(FATAL_ERROR "strip is missing: install binutils (Debian: apt-get install binutils).")
endif()

if(NOT ETCDCLI_SANITIZE MATCHES "^(address|thread)?$")
  message(FATAL_ERROR "ETCDCLI_SANITIZE is '${ETCDCLI_SANITIZE}': it may be address, thread or empty.")
endif()
if(ETCDCLI_SANITIZE AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR
    "ETCDCLI_SANITIZE needs the clang that comes with Swift, whose sanitizers match: set -DCMAKE_C_COMPILER and -DCMAKE_CXX_COMPILER to the clang and clang++ beside ${ETCDCLI_SWIFT}.")
endif()
if(NOT ETCDCLI_SWIFT_CONFIGURATION MATCHES "^(release|debug)$")
  message(FATAL_ERROR "ETCDCLI_SWIFT_CONFIGURATION is '${ETCDCLI_SWIFT_CONFIGURATION}': it may be release or debug.")
endif()
