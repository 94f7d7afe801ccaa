# cmake -DFROM=built.so -DTO=dir/libetcdcli.so.X.Y.Z -DSONAME=libetcdcli.so.0.Y -DSTRIP=strip-or-nothing -P StageLibrary.cmake
#
# Puts the library where it is linked and installed from, stripped, with the links that belong to it. What has not
# changed is not written, so that what depends on it is not linked again.

get_filename_component(directory "${TO}" DIRECTORY)
file(MAKE_DIRECTORY "${directory}")
if(STRIP)
  execute_process(COMMAND "${STRIP}" --strip-unneeded -o "${TO}.new" "${FROM}" COMMAND_ERROR_IS_FATAL ANY)
else()
  execute_process(COMMAND "${CMAKE_COMMAND}" -E copy "${FROM}" "${TO}.new" COMMAND_ERROR_IS_FATAL ANY)
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${TO}.new" "${TO}" COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE "${TO}.new")

get_filename_component(file "${TO}" NAME)
foreach(link "${SONAME}:${file}" "libetcdcli.so:${SONAME}")
  string(REPLACE ":" ";" link "${link}")
  list(GET link 0 name)
  list(GET link 1 target)
  file(CREATE_LINK "${target}" "${directory}/${name}" SYMBOLIC)
endforeach()
