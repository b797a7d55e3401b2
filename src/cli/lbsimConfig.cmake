# find_package(lbsim): the libraries lbsim::balancer (which can be deployed alone) and lbsim::cli
# (the whole tool, for programs with policies of their own), the program lbsim::lbsim, and
# lbsim_add_check().
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(ZLIB)
find_dependency(Boost 1.74)
find_dependency(Eigen3 3.4)
find_dependency(CLI11 2.1)
find_dependency(nlohmann_json 3.11)
include(${CMAKE_CURRENT_LIST_DIR}/lbsimTargets.cmake)

# lbsim_add_check(NAME SCENARIOS file-or-folder... [PROGRAM target] [BASELINE file] [OPTIONS ...])
#
# A test that the assertions of these scenarios hold, under a program of the project's own (one that
# calls lbsim::cli() with its policies) or lbsim itself.  With a baseline also that numbers are what
# they were.  JUnit XML is written beside the test, as NAME.xml.
function(lbsim_add_check name)
  cmake_parse_arguments(CHECK "" "PROGRAM;BASELINE" "SCENARIOS;OPTIONS" ${ARGN})
  if(NOT CHECK_SCENARIOS)
    message(FATAL_ERROR "lbsim_add_check(${name}): SCENARIOS are missing")
  endif()
  if(CHECK_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lbsim_add_check(${name}): unknown ${CHECK_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT CHECK_PROGRAM)
    set(CHECK_PROGRAM lbsim::lbsim)
  endif()
  if(CHECK_BASELINE)
    list(APPEND CHECK_OPTIONS --baseline ${CHECK_BASELINE})
  endif()
  add_test(NAME ${name}
           COMMAND ${CHECK_PROGRAM} check ${CHECK_SCENARIOS} --quiet ${CHECK_OPTIONS}
                   --junit ${CMAKE_CURRENT_BINARY_DIR}/${name}.xml
           WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()
