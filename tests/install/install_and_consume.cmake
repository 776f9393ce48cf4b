# SPDX-License-Identifier: Apache-2.0
#
# Installs the build in ${build}, then configures, builds and runs examples/consumer against it.
set(work "${build}/install_and_consume")
file(REMOVE_RECURSE "${work}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} --install "${build}" --prefix "${work}/prefix")

# A stray relative path to the source tree would make the consumer work here and nowhere else.
file(GLOB_RECURSE configs "${work}/prefix/lib/*.cmake")
foreach(config IN LISTS configs)
  file(READ "${config}" text)
  string(FIND "${text}" "${source}/forethink" at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "${config} names the source tree ${source}")
  endif()
endforeach()

run(${CMAKE_COMMAND} -S "${source}/examples/consumer" -B "${work}/build" -G "${generator}"
    "-DCMAKE_PREFIX_PATH=${work}/prefix" "-DCMAKE_CXX_COMPILER=${compiler}"
    -DCMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build "${work}/build")
run("${work}/build/consumer")
