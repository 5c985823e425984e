#include "executor/copy_writer.h"

#include <emmintrin.h>

#include <algorithm>

#include "types/try.h"

namespace rowan {

namespace {

// What follows the backslash of an escaped character in the text form.
char copy_writer_letter(char c) {
  switch (c) {
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    default:
      return c;
  }
}

// How many of the first bytes `stops` has not; `met` tells the same of sixteen bytes, all ones where it has
// one.
template <class Met>
size_t copy_writer_plain(std::string_view bytes, const std::array<bool, 256>& stops, const Met& met) {
  size_t at = 0;
  for (; at + 16 <= bytes.size(); at += 16) {
    __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + at));
    int mask = _mm_movemask_epi8(met(some));
    if (mask != 0) return at + static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
  while (at < bytes.size() && !stops[static_cast<unsigned char>(bytes[at])]) ++at;
  return at;
}

__m128i copy_writer_any(__m128i bytes, char a, char b) {
  return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(a)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b)));
}

}  // namespace

CopyWriter::CopyWriter(const CopyOptions& options, size_t columns, const CopySink& sink)
    : options_(options), sink_(sink), is_single_(columns == 1) {
  auto mark = [](std::array<bool, 256>& set, std::initializer_list<char> bytes) {
    for (char c : bytes) set[static_cast<unsigned char>(c)] = true;
  };
  if (options.csv) {
    mark(escaped_, {options.quote, options.escape});
    mark(quoted_, {options.delimiter, options.quote, '\n', '\r'});
  } else {
    mark(escaped_, {'\b', '\t', '\n', '\v', '\f', '\r', '\\', options.delimiter});
  }
  out_.reserve(kPieceMax);
}

Result<> CopyWriter::flush() {
  if (out_.empty()) return {};
  TRY(sink_(out_));
  out_.clear();
  return {};
}

Result<> CopyWriter::put(std::string_view bytes) {
  while (out_.size() + bytes.size() > kPieceMax) {
    size_t taken = kPieceMax - out_.size();
    if (out_.empty()) {
      TRY(sink_(bytes.substr(0, taken)));
    } else {
      out_.append(bytes, 0, taken);
      TRY(flush());
    }
    bytes.remove_prefix(taken);
  }
  out_ += bytes;
  return {};
}

Result<> CopyWriter::begin_value() {
  if (!is_first_) TRY(put(options_.delimiter));
  is_first_ = false;
  return {};
}

Result<> CopyWriter::null() {
  TRY(begin_value());
  return put(options_.null_text);
}

Result<> CopyWriter::put_escaped(std::string_view value) {
  // Of the text form the six from \b to \r are neighbours.
  const bool is_csv = options_.csv;
  const char a = is_csv ? options_.quote : '\\', b = is_csv ? options_.escape : options_.delimiter;
  auto in_csv = [&](__m128i bytes) { return copy_writer_any(bytes, a, b); };
  auto in_text = [&](__m128i bytes) {
    __m128i from_8 = _mm_sub_epi8(bytes, _mm_set1_epi8('\b'));
    __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(from_8, _mm_set1_epi8('\r' - '\b')), from_8);
    return _mm_or_si128(is_control, copy_writer_any(bytes, a, b));
  };
  while (true) {
    size_t plain =
        is_csv ? copy_writer_plain(value, escaped_, in_csv) : copy_writer_plain(value, escaped_, in_text);
    TRY(put(value.substr(0, plain)));
    if (plain == value.size()) return {};
    char c = value[plain];
    const char pair[2] = {is_csv ? options_.escape : '\\', is_csv ? c : copy_writer_letter(c)};
    TRY(put(std::string_view(pair, 2)));
    value.remove_prefix(plain + 1);
  }
}

bool CopyWriter::needs_quotes(std::string_view value) const {
  if (value == options_.null_text || (is_single_ && value == "\\.")) return true;
  auto met = [&](__m128i bytes) {
    return _mm_or_si128(copy_writer_any(bytes, options_.delimiter, options_.quote),
                        copy_writer_any(bytes, '\n', '\r'));
  };
  return copy_writer_plain(value, quoted_, met) < value.size();
}

Result<> CopyWriter::value(std::string_view value, bool force) {
  TRY(begin_value());
  if (!options_.csv) return put_escaped(value);
  if (!force && !needs_quotes(value)) return put(value);
  TRY(put(options_.quote));
  TRY(put_escaped(value));
  return put(options_.quote);
}

Result<> CopyWriter::hex(std::string_view bytes, bool force) {
  constexpr std::string_view kDigits = "0123456789abcdef", kPrefix = "\\x";
  auto digits_of = [&](std::string_view some, std::string& to) {
    for (char c : some) {
      auto byte = static_cast<unsigned char>(c);
      to += kDigits[byte >> 4];
      to += kDigits[byte & 15];
    }
  };
  // In pieces where no byte of it can need more than the prefix does; CSV may have been given a digit to
  // quote with.
  auto is_special = [&](char c) {
    auto byte = static_cast<unsigned char>(c);
    return options_.csv && (quoted_[byte] || escaped_[byte]);
  };
  constexpr size_t kBytes = 4096;
  bool may_be_cut = options_.null_text.size() < kBytes &&
                    std::none_of(kDigits.begin(), kDigits.end(), is_special) &&
                    std::none_of(kPrefix.begin(), kPrefix.end(), is_special);
  std::string digits(kPrefix);
  if (bytes.size() <= kBytes || !may_be_cut) {
    digits.reserve(digits.size() + 2 * bytes.size());
    digits_of(bytes, digits);
    return value(digits, force);
  }
  TRY(begin_value());
  bool in_quotes = options_.csv && force;
  if (in_quotes) TRY(put(options_.quote));
  if (!options_.csv) TRY(put('\\'));
  while (true) {
    digits_of(bytes.substr(0, kBytes), digits);
    TRY(put(digits));
    if (bytes.size() <= kBytes) break;
    bytes.remove_prefix(kBytes);
    digits.clear();
  }
  return in_quotes ? put(options_.quote) : Result<>();
}

Result<> CopyWriter::end_row() {
  is_first_ = true;
  TRY(put('\n'));
  return out_.size() < kPieceLeast ? Result<>() : flush();
}

Result<> CopyWriter::finish() {
  return flush();
}

}  // namespace rowan
