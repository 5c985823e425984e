# librowan.so and librowan.a from the folders' objects, nothing compiled twice, and what `cmake --install` installs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# --- the public headers: <rowan/rowan.h>, <rowan/rowan.hpp> and the types that the latter speaks of. They stand in
# build/…/include as they will when installed, so that whatever is built against them here works there.
set(public_include ${PROJECT_BINARY_DIR}/include)
function(rowan_public_header from to)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${from})
  file(READ ${PROJECT_SOURCE_DIR}/${from} text)
  if(from MATCHES "^types/")
    # A neighbour is found beside the includer, whatever paths the user's compiler was given.
    string(REPLACE "#include \"types/" "#include \"" text "${text}")
  endif()
  file(GENERATE OUTPUT ${public_include}/rowan/${to} CONTENT "${text}")
endfunction()
rowan_public_header(api/rowan.h rowan.h)
rowan_public_header(api/rowan.hpp rowan.hpp)
foreach(header error export result sqlstate)
  rowan_public_header(types/${header}.h types/${header}.h)
endforeach()

# --- the libraries
set(objects)
foreach(folder types txn expression storage parser catalog planner executor api)
  list(APPEND objects $<TARGET_OBJECTS:rowan_${folder}>)
endforeach()

# Exported is what ROWAN_API and ROWAN_EXPORT mark; the version script keeps back what headers of others bring.
add_library(rowan_shared SHARED ${objects})
add_library(rowan::rowan ALIAS rowan_shared)
target_link_libraries(rowan_shared PRIVATE rowan_dependencies)
target_link_options(rowan_shared PRIVATE -Wl,--as-needed -Wl,--version-script=${PROJECT_SOURCE_DIR}/.cmake/librowan.map)
if(NOT ROWAN_SANITIZE)
  target_link_options(rowan_shared PRIVATE -Wl,-z,defs)
endif()
target_compile_features(rowan_shared INTERFACE cxx_std_20)
# Until 1.0 each minor version is an interface of its own (api/rowan.h).
set_target_properties(rowan_shared PROPERTIES OUTPUT_NAME rowan EXPORT_NAME rowan LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set_property(TARGET rowan_shared PROPERTY LINK_DEPENDS ${PROJECT_SOURCE_DIR}/.cmake/librowan.map)

add_library(rowan_static STATIC ${objects})
set_target_properties(rowan_static PROPERTIES OUTPUT_NAME rowan EXPORT_NAME rowan_static LINKER_LANGUAGE CXX)
target_compile_features(rowan_static INTERFACE cxx_std_20)
foreach(library rowan_shared rowan_static)
  target_include_directories(${library} INTERFACE $<BUILD_INTERFACE:${public_include}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

# --- installing
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/rowan)
install(DIRECTORY ${public_include}/rowan DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS rowan_shared EXPORT rowan-targets)
install(TARGETS rowan_static EXPORT rowan-static-targets)
install(EXPORT rowan-targets NAMESPACE rowan:: DESTINATION ${package_folder})
install(EXPORT rowan-static-targets NAMESPACE rowan:: DESTINATION ${package_folder})
configure_package_config_file(${PROJECT_SOURCE_DIR}/.cmake/rowan-config.cmake.in ${PROJECT_BINARY_DIR}/rowan-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/rowan-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/rowan-config.cmake ${PROJECT_BINARY_DIR}/rowan-config-version.cmake
  DESTINATION ${package_folder})
string(REGEX REPLACE "[^/]+" ".." up_to_prefix ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
configure_file(${PROJECT_SOURCE_DIR}/.cmake/rowan.pc.in ${PROJECT_BINARY_DIR}/rowan.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rowan.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
