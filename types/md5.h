// types/md5.h: the MD5 digest (RFC 1321), for SQL's md5(); not for anything that must resist an attacker.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rowan {

std::array<uint8_t, 16> md5_digest(std::string_view bytes);

}  // namespace rowan
