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
pkg_check_modules(ETCDCLI_CURL QUIET libcurl)
if(NOT ETCDCLI_CURL_FOUND)
  message(FATAL_ERROR
    "libcurl's development files are missing: install libcurl 7.88 or later (Debian: apt-get install libcurl4-openssl-dev).")
endif()
if(ETCDCLI_CURL_VERSION VERSION_LESS 7.88)
  message(FATAL_ERROR
    "libcurl ${ETCDCLI_CURL_VERSION} is too old: install libcurl 7.88 or later with its development files.")
endif()
message(STATUS "libcurl ${ETCDCLI_CURL_VERSION}")

pkg_check_modules(ETCDCLI_CARES QUIET libcares)
if(NOT ETCDCLI_CARES_FOUND)
  message(FATAL_ERROR
    "c-ares's development files are missing: install c-ares 1.18 or later (Debian: apt-get install libc-ares-dev).")
endif()
if(ETCDCLI_CARES_VERSION VERSION_LESS 1.18)
  message(FATAL_ERROR
    "c-ares ${ETCDCLI_CARES_VERSION} is too old: install c-ares 1.18 or later with its development files.")
endif()
message(STATUS "c-ares ${ETCDCLI_CARES_VERSION}")

# HTTP/2, which gRPC goes over.
if(ETCDCLI_GRPC)
  pkg_check_modules(ETCDCLI_NGHTTP2 QUIET libnghttp2)
  if(NOT ETCDCLI_NGHTTP2_FOUND)
    message(FATAL_ERROR
      "nghttp2's development files are missing: install nghttp2 1.52 or later (Debian: apt-get install libnghttp2-dev), or set -DETCDCLI_GRPC=OFF.")
  endif()
  if(ETCDCLI_NGHTTP2_VERSION VERSION_LESS 1.52)
    message(FATAL_ERROR
      "nghttp2 ${ETCDCLI_NGHTTP2_VERSION} is too old: install nghttp2 1.52 or later with its development files, or set -DETCDCLI_GRPC=OFF.")
  endif()
  message(STATUS "nghttp2 ${ETCDCLI_NGHTTP2_VERSION}")

  pkg_check_modules(ETCDCLI_OPENSSL QUIET openssl)
  if(NOT ETCDCLI_OPENSSL_FOUND)
    message(FATAL_ERROR
      "OpenSSL's development files are missing: install OpenSSL 3.0 or later (Debian: apt-get install libssl-dev), or set -DETCDCLI_GRPC=OFF.")
  endif()
  if(ETCDCLI_OPENSSL_VERSION VERSION_LESS 3.0)
    message(FATAL_ERROR
      "OpenSSL ${ETCDCLI_OPENSSL_VERSION} is too old: install OpenSSL 3.0 or later with its development files, or set -DETCDCLI_GRPC=OFF.")
  endif()
  message(STATUS "OpenSSL ${ETCDCLI_OPENSSL_VERSION}")
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
