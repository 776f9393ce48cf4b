# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` lays down: headers, libforethink.a, the command line, and a package
# configuration, so that another project writes
#
#   find_package(forethink REQUIRED)
#   target_link_libraries(mine PRIVATE forethink::forethink)

include(CMakePackageConfigHelpers)
set(FORETHINK_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/forethink")

install(TARGETS forethink EXPORT forethinkTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET forethink_cli)
  install(TARGETS forethink_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/forethink" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h" PATTERN "precompiled.h" EXCLUDE PATTERN "test_*.h" EXCLUDE)
install(EXPORT forethinkTargets NAMESPACE forethink:: DESTINATION "${FORETHINK_CMAKE_DIR}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/forethinkConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/forethinkConfig.cmake" INSTALL_DESTINATION "${FORETHINK_CMAKE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/forethinkConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/forethinkConfig.cmake"
              "${PROJECT_BINARY_DIR}/forethinkConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/FindForethinkTorch.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/FindForethinkHighway.cmake"
        DESTINATION "${FORETHINK_CMAKE_DIR}")
