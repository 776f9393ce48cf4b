# SPDX-License-Identifier: Apache-2.0
#
# Files as C++ string literals, so that a program needs no data beside it.
#
# Included: defines forethink_embed_report(TARGET), which compiles the parts of the report page
# (forethink/evaluation/report/) into TARGET. Run by `cmake -P`: writes that source file, with the
# SHA-256 of each part for the page's content security policy.

if(CMAKE_SCRIPT_MODE_FILE)
  set(text "// Generated from the parts of the report page.\n"
           "#include \"forethink/evaluation/report_parts.h\"\n\n"
           "namespace forethink::report_parts {\n\n")
  string(CONCAT text ${text})
  foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME)
    string(MAKE_C_IDENTIFIER "${name}" name)
    file(READ "${file}" part)
    file(SHA256 "${file}" digest)
    string(APPEND text "const Part ${name}{R\"forethink~(${part})forethink~\",\n\"${digest}\"};\n\n")
  endforeach()
  string(APPEND text "}  // namespace forethink::report_parts\n")
  file(WRITE "${OUTPUT}" "${text}")
  return()
endif()

function(forethink_embed_report target)
  set(folder "${PROJECT_SOURCE_DIR}/forethink/evaluation/report")
  set(script "${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake")
  set(output "${PROJECT_BINARY_DIR}/generated/report_parts.cpp")
  set(files "${folder}/report.html" "${folder}/report.css" "${folder}/report.js"
            "${folder}/lives.js" "${folder}/theme.js" "${folder}/uplot/uPlot.iife.min.js"
            "${folder}/uplot/uPlot.min.css" "${folder}/uplot/LICENSE")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} "-DFILES=${files}" "-DOUTPUT=${output}" -P "${script}"
    DEPENDS ${files} "${script}" VERBATIM COMMENT "Embedding the report page")
  target_sources(${target} PRIVATE "${output}")
endfunction()
