# SPDX-License-Identifier: Apache-2.0
#
# Finds PyTorch's C++ libraries inside a Python wheel and defines `forethink::torch`.
#
# find_package(Torch) demands a CUDA toolkit as soon as the wheel was built with CUDA, although
# linking needs none; so this module looks for the files itself.
#
#   FORETHINK_TORCH_ROOT   folder that holds include/ and lib/ (a wheel's `torch` folder, or an
#                          unpacked libtorch); a CMake or environment variable. Empty: ask
#                          FORETHINK_PYTHON, else .venv, else python3.
#
# Installed beside forethinkConfig.cmake, which sets FORETHINK_TORCH_EXACT: a library that was built
# with one PyTorch must be linked with the same one.
#
# CPU: torch_cpu and c10 only. CUDA: torch_cuda and c10_cuda too, when their own dependencies are
# installed beside the wheel (the trimmed set-up leaves them out, which is what makes it 554 MB).

set(FORETHINK_TORCH_ROOT "" CACHE PATH "Folder with PyTorch's include/ and lib/")
set(FORETHINK_TORCH_MINIMUM "2.13")

if(NOT FORETHINK_TORCH_ROOT AND DEFINED ENV{FORETHINK_TORCH_ROOT})
  # Kept, so that a later build without the variable does not change to another PyTorch.
  set(FORETHINK_TORCH_ROOT "$ENV{FORETHINK_TORCH_ROOT}" CACHE PATH "Folder with PyTorch's include/ and lib/" FORCE)
endif()
if(NOT FORETHINK_TORCH_ROOT)
  # Not kept: .venv may be made anew between two runs of CMake.
  foreach(python IN ITEMS "${FORETHINK_PYTHON}" "$ENV{FORETHINK_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/.venv/bin/python" python3)
    if(NOT python)
      continue()
    endif()
    execute_process(
      COMMAND "${python}" -c
              "import importlib.util as u; s = u.find_spec('torch'); print(list(s.submodule_search_locations)[0] if s else '')"
      OUTPUT_VARIABLE _root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(_root AND EXISTS "${_root}/include/torch/csrc/api/include/torch/torch.h")
      set(FORETHINK_TORCH_ROOT "${_root}")
      break()
    endif()
  endforeach()
endif()

if(NOT EXISTS "${FORETHINK_TORCH_ROOT}/lib/libtorch_cpu.so")
  if(FORETHINK_TORCH_ROOT)
    set(_where " in ${FORETHINK_TORCH_ROOT}")
  endif()
  message(FATAL_ERROR
    "PyTorch was not found${_where}. Run `make build`, which installs it into .venv, or give its folder: "
    "-DFORETHINK_TORCH_ROOT=/path/to/torch (the folder that holds include/ and lib/).")
endif()

file(STRINGS "${FORETHINK_TORCH_ROOT}/include/torch/headeronly/version.h" _version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE ".*TORCH_VERSION_MAJOR ([0-9]+).*" "\\1" _major "${_version_lines}")
string(REGEX REPLACE ".*TORCH_VERSION_MINOR ([0-9]+).*" "\\1" _minor "${_version_lines}")
string(REGEX REPLACE ".*TORCH_VERSION_PATCH ([0-9]+).*" "\\1" _patch "${_version_lines}")
set(FORETHINK_TORCH_VERSION "${_major}.${_minor}.${_patch}")
if(FORETHINK_TORCH_VERSION VERSION_LESS FORETHINK_TORCH_MINIMUM)
  message(FATAL_ERROR "PyTorch ${FORETHINK_TORCH_VERSION} at ${FORETHINK_TORCH_ROOT} is too old; "
                      "Forethink needs ${FORETHINK_TORCH_MINIMUM} or newer.")
endif()
if(FORETHINK_TORCH_EXACT AND NOT FORETHINK_TORCH_VERSION VERSION_EQUAL FORETHINK_TORCH_EXACT)
  message(FATAL_ERROR "PyTorch ${FORETHINK_TORCH_VERSION} at ${FORETHINK_TORCH_ROOT} is not the "
                      "${FORETHINK_TORCH_EXACT} that this Forethink was built with.")
endif()

# Imported, so that an installed Forethink refers to it by name and finds it anew where it is used.
add_library(forethink::torch INTERFACE IMPORTED GLOBAL)
target_include_directories(forethink::torch SYSTEM INTERFACE
  "${FORETHINK_TORCH_ROOT}/include" "${FORETHINK_TORCH_ROOT}/include/torch/csrc/api/include")
target_link_libraries(forethink::torch INTERFACE
  "${FORETHINK_TORCH_ROOT}/lib/libtorch_cpu.so" "${FORETHINK_TORCH_ROOT}/lib/libc10.so")
# at::parallel_for is a serial loop in code that is compiled without this; the runtime library is the
# one that PyTorch brings and has loaded.
target_compile_options(forethink::torch INTERFACE -fopenmp)
target_link_options(forethink::torch INTERFACE -fopenmp)
# The CUDA runtime that libtorch_cpu names is found through its own relative path when it runs.
target_link_options(forethink::torch INTERFACE
  "-Wl,-rpath,${FORETHINK_TORCH_ROOT}/lib" "-Wl,--allow-shlib-undefined")

get_filename_component(_site "${FORETHINK_TORCH_ROOT}" DIRECTORY)
file(GLOB _cublas "${_site}/nvidia/*/lib/libcublas.so*")
set(FORETHINK_TORCH_DEVICE "CPU")
if(_cublas AND EXISTS "${FORETHINK_TORCH_ROOT}/lib/libtorch_cuda.so")
  set(FORETHINK_TORCH_DEVICE "CPU and CUDA")
  # --no-as-needed: nothing names a symbol of these; loading them registers the CUDA kernels.
  target_link_options(forethink::torch INTERFACE "-Wl,--no-as-needed"
    "${FORETHINK_TORCH_ROOT}/lib/libtorch_cuda.so" "${FORETHINK_TORCH_ROOT}/lib/libc10_cuda.so"
    "-Wl,--as-needed")
endif()
message(STATUS "PyTorch ${FORETHINK_TORCH_VERSION} (${FORETHINK_TORCH_DEVICE}): ${FORETHINK_TORCH_ROOT}")
