# How everything is compiled: C++20, warnings as errors, ccache and mold where present.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON) # TRY is a statement expression (types/try.h)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_WARNINGS "-O0") # for what the compiler has to say, not to be run
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(rowan_compiler INTERFACE)
target_include_directories(rowan_compiler INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(rowan_compiler INTERFACE -Wall -Wextra -Werror -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(rowan_compiler INTERFACE -Wthread-safety)
endif()

set(ROWAN_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
if(ROWAN_SANITIZE)
  target_compile_options(rowan_compiler INTERFACE -fsanitize=${ROWAN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(rowan_compiler INTERFACE -fsanitize=${ROWAN_SANITIZE})
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(rowan_compiler INTERFACE -fuse-ld=mold)
endif()
