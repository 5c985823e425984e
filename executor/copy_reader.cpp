#include "executor/copy_reader.h"

#include <emmintrin.h>

#include <cstring>

#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

namespace {

Error copy_reader_bad(std::string message) {
  return Error(sqlstate::bad_copy_file_format, std::move(message));
}

bool copy_reader_is_octal(char c) {
  return c >= '0' && c <= '7';
}

int copy_reader_hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Room for a line above this is given back when the next one is shorter.
constexpr size_t kCopyReaderGiant = size_t{1} << 20;

void copy_reader_shrink(std::string& bytes, size_t needed) {
  if (bytes.capacity() > 2 * kCopyReaderGiant && needed < kCopyReaderGiant) bytes.shrink_to_fit();
}

// How many of the first bytes are none of the four.
size_t copy_reader_plain(std::string_view bytes, char a, char b, char c, char d) {
  const __m128i all_a = _mm_set1_epi8(a), all_b = _mm_set1_epi8(b), all_c = _mm_set1_epi8(c),
                all_d = _mm_set1_epi8(d);
  size_t at = 0;
  for (; at + 16 <= bytes.size(); at += 16) {
    __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + at));
    __m128i met = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(some, all_a), _mm_cmpeq_epi8(some, all_b)),
                               _mm_or_si128(_mm_cmpeq_epi8(some, all_c), _mm_cmpeq_epi8(some, all_d)));
    int mask = _mm_movemask_epi8(met);
    if (mask != 0) return at + static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
  for (; at < bytes.size(); ++at) {
    char one = bytes[at];
    if (one == a || one == b || one == c || one == d) break;
  }
  return at;
}

}  // namespace

// More bytes behind at_; false at the end.
Result<bool> CopyReader::fill() {
  if (is_drained_) return false;
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
    copy_reader_shrink(buffer_, buffer_.size());
  }
  std::string more = TRY(source_());
  if (more.empty()) {
    is_drained_ = true;
    return false;
  }
  buffer_ += more;
  return true;
}

Result<bool> CopyReader::next_line() {
  ++line_number_;
  line_ = {};
  if (is_ended_) {  // whoever sends the data goes on until he is through
    while (TRY(fill())) at_ = buffer_.size();
    return false;
  }
  is_reading_ = true;
  bool more = TRY(options_.csv ? read_csv_line() : read_text_line());
  is_reading_ = false;
  return more;
}

void CopyReader::set_line(size_t length) {
  line_ = std::string_view(buffer_).substr(at_, length);
}

// `\.` ends the data, also behind the last values of a line; nothing else may follow it there.
Result<bool> CopyReader::end_at_marker(size_t scanned) {
  size_t behind = at_ + scanned + 2;
  if (behind < buffer_.size() && buffer_[behind] != '\n' && buffer_[behind] != '\r') {
    return copy_reader_bad("end-of-copy marker corrupt");
  }
  set_line(scanned);
  at_ = behind;
  is_ended_ = true;
  return !line_.empty();
}

Result<bool> CopyReader::read_text_line() {
  size_t scanned = 0;  // bytes of the line looked at, from at_
  while (true) {
    scanned += copy_reader_plain(std::string_view(buffer_).substr(at_ + scanned), '\\', '\n', '\r', '\n');
    if (at_ + scanned == buffer_.size()) {
      bool more = TRY(fill());
      if (!more) {
        if (scanned == 0) return false;
        set_line(scanned);
        at_ += scanned;
        return line_ != "\\.";
      }
      continue;
    }
    char c = buffer_[at_ + scanned];
    if (c == '\\') {
      // What follows is data, be it a line end; it must be in the buffer to be passed over.
      if (at_ + scanned + 1 == buffer_.size()) {
        bool more = TRY(fill());
        if (more) continue;
        ++scanned;
        continue;
      }
      if (buffer_[at_ + scanned + 1] == '.') {
        if (at_ + scanned + 2 == buffer_.size()) {
          bool more = TRY(fill());
          if (more) continue;
        }
        return end_at_marker(scanned);
      }
      scanned += 2;
      continue;
    }
    size_t length = 1;
    if (c == '\r') {
      if (line_end_ == LineEnd::Newline) {
        set_line(scanned);
        return copy_reader_bad("literal carriage return found in data")
            .hint("Use \"\\r\" to represent carriage return.");
      }
      if (line_end_ != LineEnd::Return) {
        if (at_ + scanned + 1 == buffer_.size()) {
          bool more = TRY(fill());
          if (more) continue;
        }
        bool both = at_ + scanned + 1 < buffer_.size() && buffer_[at_ + scanned + 1] == '\n';
        if (!both && line_end_ == LineEnd::Both) {
          set_line(scanned);
          return copy_reader_bad("literal carriage return found in data")
              .hint("Use \"\\r\" to represent carriage return.");
        }
        line_end_ = both ? LineEnd::Both : LineEnd::Return;
        length = both ? 2 : 1;
      }
    } else {
      if (line_end_ == LineEnd::Return || line_end_ == LineEnd::Both) {
        set_line(scanned);
        return copy_reader_bad("literal newline found in data").hint("Use \"\\n\" to represent newline.");
      }
      line_end_ = LineEnd::Newline;
    }
    set_line(scanned);
    at_ += scanned + length;
    return line_ != "\\.";
  }
}

Result<bool> CopyReader::read_csv_line() {
  bool in_quotes = false;
  bool last_was_escape = false;
  // Where escape and quote are one, two in a row end the quotes and begin them again: no case of its own.
  char escape = options_.escape == options_.quote ? '\0' : options_.escape;
  size_t scanned = 0;
  while (true) {
    std::string_view rest = std::string_view(buffer_).substr(at_ + scanned);
    if (size_t plain = copy_reader_plain(rest, options_.quote, options_.escape, '\n', '\r'); plain > 0) {
      scanned += plain;
      last_was_escape = false;
    }
    if (at_ + scanned == buffer_.size()) {
      bool more = TRY(fill());
      if (!more) {
        set_line(scanned);
        at_ += scanned;
        is_reading_ = false;
        if (in_quotes) return copy_reader_bad("unterminated CSV quoted field");
        return !line_.empty() && line_ != "\\.";
      }
      continue;
    }
    char c = buffer_[at_ + scanned];
    if (in_quotes && c == escape && escape != '\0') last_was_escape = !last_was_escape;
    if (c == options_.quote && !last_was_escape) in_quotes = !in_quotes;
    if (c != escape) last_was_escape = false;
    if (in_quotes || (c != '\n' && c != '\r')) {
      // PostgreSQL counts a quoted line end once it knows what ends lines, so not in the first line's fields.
      if (in_quotes && c == (line_end_ == LineEnd::Newline ? '\n' : '\r')) ++line_number_;
      ++scanned;
      continue;
    }
    size_t length = 1;
    if (c == '\r') {
      if (line_end_ == LineEnd::Newline) {
        set_line(scanned);
        return copy_reader_bad("unquoted carriage return found in data")
            .hint("Use quoted CSV field to represent carriage return.");
      }
      if (at_ + scanned + 1 == buffer_.size()) {
        bool more = TRY(fill());
        if (more) {
          // Seen again with its neighbour; the quote's state does not change on a line end.
          continue;
        }
      }
      bool both = at_ + scanned + 1 < buffer_.size() && buffer_[at_ + scanned + 1] == '\n';
      line_end_ = both ? LineEnd::Both : LineEnd::Return;
      length = both ? 2 : 1;
    } else {
      if (line_end_ == LineEnd::Return || line_end_ == LineEnd::Both) {
        set_line(scanned);
        return copy_reader_bad("unquoted newline found in data")
            .hint("Use quoted CSV field to represent newline.");
      }
      line_end_ = LineEnd::Newline;
    }
    set_line(scanned);
    at_ += scanned + length;
    return line_ != "\\.";
  }
}

Result<> CopyReader::split(std::vector<CopyField>& fields) {
  fields.clear();
  unescaped_.clear();
  copy_reader_shrink(unescaped_, line_.size());
  if (!options_.csv) return split_text(fields);
  split_csv(fields);
  return {};
}

// Before a field is undone: all of the line's fit, so that views of earlier ones stay.
void CopyReader::expect_unescaped() {
  unescaped_.reserve(line_.size());
}

Result<> CopyReader::split_text(std::vector<CopyField>& fields) {
  size_t at = 0;
  while (true) {
    size_t begin = at, out = unescaped_.size();
    bool has_made_bytes = false;  // that the check of the line has not seen
    at += copy_reader_plain(line_.substr(at), options_.delimiter, '\\', '\\', '\\');
    bool is_plain = at == line_.size() || line_[at] == options_.delimiter;
    if (!is_plain) {
      expect_unescaped();
      unescaped_.append(line_, begin, at - begin);
    }
    while (at < line_.size() && line_[at] != options_.delimiter) {
      char c = line_[at++];
      if (c != '\\' || at == line_.size()) {
        unescaped_.push_back(c);
        continue;
      }
      c = line_[at++];
      switch (c) {
        case 'b':
          unescaped_.push_back('\b');
          break;
        case 'f':
          unescaped_.push_back('\f');
          break;
        case 'n':
          unescaped_.push_back('\n');
          break;
        case 'r':
          unescaped_.push_back('\r');
          break;
        case 't':
          unescaped_.push_back('\t');
          break;
        case 'v':
          unescaped_.push_back('\v');
          break;
        case 'x': {
          int digit = at < line_.size() ? copy_reader_hex(line_[at]) : -1;
          if (digit < 0) {
            unescaped_.push_back(c);
            break;
          }
          int value = digit;
          ++at;
          if (at < line_.size() && (digit = copy_reader_hex(line_[at])) >= 0) {
            value = value * 16 + digit;
            ++at;
          }
          unescaped_.push_back(static_cast<char>(value));
          has_made_bytes |= value == 0 || value >= 0x80;
          break;
        }
        default: {
          if (!copy_reader_is_octal(c)) {
            unescaped_.push_back(c);
            break;
          }
          int value = c - '0';
          for (int i = 0; i < 2 && at < line_.size() && copy_reader_is_octal(line_[at]); ++i)
            value = value * 8 + (line_[at++] - '0');
          value &= 0xff;  // PostgreSQL reads \777 as \377
          unescaped_.push_back(static_cast<char>(value));
          has_made_bytes |= value == 0 || value >= 0x80;
          break;
        }
      }
    }
    std::string_view raw = line_.substr(begin, at - begin);
    std::string_view text = is_plain ? raw : std::string_view(unescaped_).substr(out);
    bool is_null = raw == options_.null_text;
    if (has_made_bytes && !is_null) TRY(check_utf8(text));
    fields.push_back({text, is_null, false});
    if (at == line_.size()) return {};
    ++at;
    if (at == line_.size()) {
      fields.push_back({std::string_view(), options_.null_text.empty(), false});
      return {};
    }
  }
}

// The field at `begin` where it is either without quotes or one pair around all of it, nothing escaped
// inside.
std::optional<std::string_view> CopyReader::plain_csv_field(size_t begin) const {
  bool is_quoted = begin < line_.size() && line_[begin] == options_.quote;
  size_t from = begin + (is_quoted ? 1 : 0);
  char stop = is_quoted ? options_.escape : options_.delimiter;
  std::string_view field = line_.substr(from);
  field = field.substr(0, copy_reader_plain(field, options_.quote, stop, stop, stop));
  size_t end = from + field.size();
  if (is_quoted) {
    if (end == line_.size() || line_[end] != options_.quote) return std::nullopt;
    ++end;
  }
  if (end < line_.size() && line_[end] != options_.delimiter) return std::nullopt;
  return field;
}

void CopyReader::split_csv(std::vector<CopyField>& fields) {
  size_t at = 0;
  while (true) {
    size_t begin = at, out = unescaped_.size();
    bool quoted = false, in_quotes = false;
    std::optional<std::string_view> whole = plain_csv_field(begin);
    if (whole) {
      quoted = begin < line_.size() && line_[begin] == options_.quote;
      at = begin + whole->size() + (quoted ? 2 : 0);
    } else {
      expect_unescaped();
    }
    while (!whole && at < line_.size() && (in_quotes || line_[at] != options_.delimiter)) {
      char c = line_[at++];
      if (in_quotes && c == options_.escape && at < line_.size() &&
          (line_[at] == options_.escape || line_[at] == options_.quote)) {
        unescaped_.push_back(line_[at++]);
        continue;
      }
      if (c == options_.quote) {
        in_quotes = !in_quotes;
        quoted = true;
        continue;
      }
      unescaped_.push_back(c);
    }
    bool null = !quoted && line_.substr(begin, at - begin) == options_.null_text;
    fields.push_back({whole ? *whole : std::string_view(unescaped_).substr(out), null, quoted});
    if (at == line_.size()) return;
    ++at;
    if (at == line_.size()) {
      fields.push_back({std::string_view(), options_.null_text.empty(), false});
      return;
    }
  }
}

}  // namespace rowan
