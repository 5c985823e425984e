# Debian's packages that librowan uses; docs/decisions.md names each with its licence.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(PkgConfig REQUIRED)

# rowan_archives(TARGET PACKAGE): programs get the archives of a pkg-config package, and of those it needs, where the
# system has them all; librowan.so gets its shared libraries (Debian's archives are not made for shared objects).
# Archives leave nothing to find when a program starts: each shared C++ library costs its relocations, and pulls
# libstdc++.so into a shell that carries its own.
function(rowan_archives target package)
  pkg_check_modules(${package} REQUIRED IMPORTED_TARGET ${package})
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${${package}_INCLUDE_DIRS})
  target_compile_options(${target} INTERFACE ${${package}_CFLAGS_OTHER})
  set(archives)
  foreach(library ${${package}_STATIC_LIBRARIES})
    if(library MATCHES "^(atomic|rt|pthread|dl|m)$")
      continue() # the C library's own
    endif()
    find_library(ROWAN_ARCHIVE_${library} NAMES lib${library}.a HINTS ${${package}_LIBDIR})
    if(NOT ROWAN_ARCHIVE_${library})
      target_link_libraries(${target} INTERFACE PkgConfig::${package})
      return()
    endif()
    list(APPEND archives ${ROWAN_ARCHIVE_${library}})
  endforeach()
  set(is_program $<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>)
  list(JOIN archives "," joined) # one word: CMake would pull the two ends of a group apart
  target_link_libraries(${target} INTERFACE
    "$<${is_program}:-Wl,--start-group,${joined},--end-group>" "$<$<NOT:${is_program}>:PkgConfig::${package}>")
endfunction()

rowan_archives(rowan_absl absl_flat_hash_map)
rowan_archives(rowan_re2 re2)
rowan_archives(rowan_lz4 liblz4)

add_library(rowan_dependencies INTERFACE)
target_link_libraries(rowan_dependencies INTERFACE rowan_compiler Threads::Threads fmt::fmt-header-only rowan_absl
  rowan_re2 rowan_lz4 ${CMAKE_DL_LIBS})
