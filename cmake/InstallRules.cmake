# The installed tree: what runs (component `runtime`), what programs are built with (component `development`), and what
# people use (component `tools`).
# It may be moved as a whole: nothing in it names the place that it was installed to. Inside another project, whose
# programs need the library where they are installed and nothing more, the second part is left out unless asked for.
include(CMakePackageConfigHelpers)

set(etcdcli_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/etcdcli")
set(etcdcli_generated "${PROJECT_BINARY_DIR}/install")
set(etcdcli_doc_dir "${CMAKE_INSTALL_DOCDIR}")
set(etcdcli_development COMPONENT development)
if(NOT etcdcli_is_top_level)
  set(etcdcli_doc_dir "${CMAKE_INSTALL_DATAROOTDIR}/doc/etcdcli")
  list(APPEND etcdcli_development EXCLUDE_FROM_ALL)
endif()

install(PROGRAMS "${ETCDCLI_LIBRARY_DIR}/${ETCDCLI_LIBRARY_FILE}"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime)
install(FILES "${ETCDCLI_LIBRARY_DIR}/${ETCDCLI_SONAME}"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime)
install(FILES "${ETCDCLI_LIBRARY_DIR}/libetcdcli.so"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" ${etcdcli_development})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/etcdcli"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" ${etcdcli_development}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

if(ETCDCLI_BUILD_TOOLS)
  install(TARGETS etcdcli-watch DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
  install(FILES "${PROJECT_SOURCE_DIR}/docs/etcdcli-watch.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT tools)
endif()

foreach(file Config Targets)
  configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/etcdcli${file}.cmake.in" "${etcdcli_generated}/etcdcli${file}.cmake"
    INSTALL_DESTINATION "${etcdcli_cmake_dir}"
    PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR
    NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
endforeach()
# Within a major version functions are added, and none is changed or removed, so whoever was written for an earlier one
# of the same major may be given this one. While the major is 0, a minor may break what was. The SONAME says the same to
# the loader.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(etcdcli_compatibility SameMinorVersion)
else()
  set(etcdcli_compatibility SameMajorVersion)
endif()
write_basic_package_version_file("${etcdcli_generated}/etcdcliConfigVersion.cmake"
  COMPATIBILITY ${etcdcli_compatibility})
install(FILES
  "${etcdcli_generated}/etcdcliConfig.cmake"
  "${etcdcli_generated}/etcdcliConfigVersion.cmake"
  "${etcdcli_generated}/etcdcliTargets.cmake"
  DESTINATION "${etcdcli_cmake_dir}" ${etcdcli_development})

# Relative to the directory that the .pc file lies in, wherever that is.
foreach(what PREFIX FULL_LIBDIR FULL_INCLUDEDIR)
  file(RELATIVE_PATH path "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_${what}}")
  string(REGEX REPLACE "/$" "" etcdcli_pc_${what} "${path}")
endforeach()
configure_file("${PROJECT_SOURCE_DIR}/cmake/etcdcli.pc.in" "${etcdcli_generated}/etcdcli.pc" @ONLY)
install(FILES "${etcdcli_generated}/etcdcli.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" ${etcdcli_development})

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${etcdcli_doc_dir}" COMPONENT runtime)

# The documents lie to each other as they do here, and name the headers where they are installed.
file(RELATIVE_PATH etcdcli_headers "/${etcdcli_doc_dir}" "/${CMAKE_INSTALL_INCLUDEDIR}")
file(GLOB etcdcli_documents RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/docs/*.md" "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md")
foreach(document IN LISTS etcdcli_documents)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${document}")
  file(READ "${PROJECT_SOURCE_DIR}/${document}" text)
  string(REPLACE "](include/" "](${etcdcli_headers}/" text "${text}")
  string(REPLACE "](../include/" "](../${etcdcli_headers}/" text "${text}")
  file(CONFIGURE OUTPUT "${etcdcli_generated}/doc/${document}" CONTENT "${text}" @ONLY)
endforeach()
install(DIRECTORY "${etcdcli_generated}/doc/" DESTINATION "${etcdcli_doc_dir}" ${etcdcli_development})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples-c" DESTINATION "${etcdcli_doc_dir}" ${etcdcli_development}
  FILES_MATCHING PATTERN "*.c" PATTERN "*.cpp")

if(NOT etcdcli_is_top_level)
  return()
endif()
set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_VENDOR "libetcdcli")
set(CPACK_PACKAGE_FILE_NAME "libetcdcli-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
