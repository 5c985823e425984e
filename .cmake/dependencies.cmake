# Debian's packages that librowan uses; docs/decisions.md names each with its licence.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(absl REQUIRED)
find_package(date REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)

add_library(rowan_dependencies INTERFACE)
target_link_libraries(rowan_dependencies INTERFACE rowan_compiler Threads::Threads fmt::fmt absl::flat_hash_map date::date-tz
  PkgConfig::LZ4 PkgConfig::RE2 ${CMAKE_DL_LIBS})
