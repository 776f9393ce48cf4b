# SPDX-License-Identifier: Apache-2.0
#
# forethink::highway: Google Highway, whose Debian package brings no CMake configuration.

if(TARGET forethink::highway)
  return()
endif()
find_path(HIGHWAY_INCLUDE hwy/highway.h REQUIRED)
find_library(HIGHWAY_LIBRARY hwy REQUIRED)
add_library(forethink::highway UNKNOWN IMPORTED)
set_target_properties(forethink::highway PROPERTIES
  IMPORTED_LOCATION "${HIGHWAY_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${HIGHWAY_INCLUDE}"
  INTERFACE_COMPILE_DEFINITIONS HWY_SHARED_DEFINE)
