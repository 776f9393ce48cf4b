# SPDX-License-Identifier: Apache-2.0
#
# forethink_folder(NAME [DEPENDS folder...] [LIBRARIES target...])
#
# Makes one object library of the sources of forethink/NAME and one test program of its *_test.cpp,
# which links only the folders below it: a wrong #include or a wrong call fails to link.
# forethink_join(TARGET) puts all folders into one library, which carries what its users need.
# forethink_program_tests(NAME FOLDER [LIBRARIES ...] [SOURCES ...]) makes one test program of a
# folder's *_test.cpp that links the whole library (tests/*, apps).

# Settings are named one by one ({.samples = 64}); the rest keep their defaults, which is no mistake.
set(FORETHINK_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers)
if(FORETHINK_WERROR)
  list(APPEND FORETHINK_WARNINGS -Werror)
endif()

function(forethink_folder name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES" ${ARGN})
  set(folder "${PROJECT_SOURCE_DIR}/forethink/${name}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  if(NOT sources)
    set(sources "${PROJECT_SOURCE_DIR}/cmake/empty.cpp")
  endif()
  set(target forethink_${name})
  add_library(${target} OBJECT ${sources})
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
  target_include_directories(${target} SYSTEM PRIVATE "${RANDOM123_INCLUDE}" "${TOMLPLUSPLUS_INCLUDE}")
  target_compile_options(${target} PRIVATE ${FORETHINK_WARNINGS})
  # The folders and libraries below, gathered as plain lists.
  set(below ${ARG_DEPENDS})
  set(libraries ${ARG_LIBRARIES})
  foreach(folder_below IN LISTS ARG_DEPENDS)
    get_property(deeper GLOBAL PROPERTY FORETHINK_BELOW_${folder_below})
    get_property(libraries_below GLOBAL PROPERTY FORETHINK_LIBRARIES_${folder_below})
    list(APPEND below ${deeper})
    list(APPEND libraries ${libraries_below})
  endforeach()
  list(REMOVE_DUPLICATES below)
  list(REMOVE_DUPLICATES libraries)
  set_property(GLOBAL PROPERTY FORETHINK_BELOW_${name} ${below})
  set_property(GLOBAL PROPERTY FORETHINK_LIBRARIES_${name} ${libraries})
  target_link_libraries(${target} PUBLIC ${libraries})
  if(name STREQUAL core)
    target_precompile_headers(${target} PRIVATE "${PROJECT_SOURCE_DIR}/forethink/core/precompiled.h")
  else()
    target_precompile_headers(${target} REUSE_FROM forethink_core)
  endif()
  set_property(GLOBAL APPEND PROPERTY FORETHINK_FOLDERS ${name})
  set_property(GLOBAL APPEND PROPERTY FORETHINK_LIBRARIES ${ARG_LIBRARIES})

  if(FORETHINK_TESTS AND tests)
    add_executable(${name}_test ${tests})
    # Programs get -fPIE by default, which cannot reuse a header precompiled with -fPIC.
    set_target_properties(${name}_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name}_test PRIVATE -fPIC ${FORETHINK_WARNINGS})
    target_include_directories(${name}_test PRIVATE "${PROJECT_SOURCE_DIR}")
    target_include_directories(${name}_test SYSTEM PRIVATE "${RANDOM123_INCLUDE}")
    target_compile_definitions(${name}_test PRIVATE FORETHINK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name}_test PRIVATE ${target} GTest::gtest_main)
    foreach(folder_below IN LISTS below)
      target_link_libraries(${name}_test PRIVATE forethink_${folder_below})
    endforeach()
    target_precompile_headers(${name}_test REUSE_FROM forethink_core)
    forethink_add_test(${name} COMMAND ${name}_test)
  endif()
endfunction()

function(forethink_join target)
  get_property(folders GLOBAL PROPERTY FORETHINK_FOLDERS)
  get_property(libraries GLOBAL PROPERTY FORETHINK_LIBRARIES)
  foreach(name IN LISTS folders)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:forethink_${name}>)
  endforeach()
  list(REMOVE_DUPLICATES libraries)
  target_link_libraries(${target} PUBLIC ${libraries})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
                             "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endfunction()

# What sources outside forethink/ are compiled with: apps, bench, examples, tests.
function(forethink_program target)
  # As for the folders' tests: -fPIE could not reuse the precompiled header.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  # Programs name the settings they change, `{.horizon = 8}`, which g++ takes for an oversight.
  target_compile_options(${target} PRIVATE -fPIC ${FORETHINK_WARNINGS})
  target_include_directories(${target} SYSTEM PRIVATE "${RANDOM123_INCLUDE}" "${TOMLPLUSPLUS_INCLUDE}")
  target_compile_definitions(${target} PRIVATE FORETHINK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE forethink)
  target_precompile_headers(${target} REUSE_FROM forethink_core)
endfunction()

function(forethink_program_tests name folder)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;SOURCES" ${ARGN})
  file(GLOB tests CONFIGURE_DEPENDS "${folder}/*_test.cpp")
  if(FORETHINK_TESTS AND tests)
    add_executable(${name}_test ${tests} ${ARG_SOURCES})
    forethink_program(${name}_test)
    target_link_libraries(${name}_test PRIVATE ${ARG_LIBRARIES} GTest::gtest_main)
    forethink_add_test(${name} COMMAND ${name}_test)
  endif()
endfunction()

# add_test with a time limit: a test that hangs must not hang CI.
function(forethink_add_test name)
  add_test(NAME ${name} ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()
