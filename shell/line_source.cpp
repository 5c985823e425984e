#include "shell/line_source.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace rowan::shell {

std::FILE* open_to_read(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  struct stat status {};
  if (file == nullptr || fstat(fileno(file), &status) != 0 || !S_ISDIR(status.st_mode)) return file;
  std::fclose(file);
  errno = EISDIR;
  return nullptr;
}

bool LineSource::next_data(const std::string& prompt, std::string& to) {
  std::optional<std::string> line = next(prompt);
  if (line) to.append(*line) += '\n';
  return line.has_value();
}

FileLines::~FileLines() {
  if (close_) std::fclose(file_);
}

std::optional<std::string> FileLines::next(const std::string&) {
  char* bytes = nullptr;
  size_t capacity = 0;
  ssize_t length = getline(&bytes, &capacity, file_);
  std::unique_ptr<char, void (*)(void*)> owned(bytes, std::free);
  if (length < 0) return std::nullopt;
  ++line_;
  std::string line(bytes, static_cast<size_t>(length));
  if (!line.empty() && line.back() == '\n') line.pop_back();
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (content_ == LinesOf::Script && line_ == 1 &&
      line.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0)
    line.erase(0, kByteOrderMark.size());
  return line;
}

// fgets() does not say how much it read, and data may have zero bytes: what it leaves alone are newlines.
bool FileLines::next_data(const std::string&, std::string& to) {
  constexpr size_t kPiece = size_t{64} << 10;
  if (piece_.empty()) piece_.assign(kPiece, '\n');
  char* begin = piece_.data();
  if (std::fgets(begin, kPiece, file_) == nullptr) {
    if (is_in_line_) to += '\n';
    return std::exchange(is_in_line_, false);
  }
  if (!is_in_line_) ++line_;
  size_t length = kPiece - 1;  // the zero behind it is the last byte
  if (size_t newline = piece_.find('\n'); newline != std::string::npos) {
    bool is_read = newline + 1 < kPiece && begin[newline + 1] == '\0';
    length = is_read ? newline + 1 : newline - 1;
  }
  to.append(piece_, 0, length);
  is_in_line_ = begin[length - 1] != '\n';
  std::memset(begin, '\n', length + 1);
  return true;
}

std::string FileLines::location() const {
  return name_.empty() ? std::string() : name_ + ":" + std::to_string(line_) + ": ";
}

std::optional<std::string> TextLines::next(const std::string&) {
  if (position_ > text_.size() || (position_ == text_.size() && position_ != 0)) return std::nullopt;
  size_t end = text_.find('\n', position_);
  if (end == std::string::npos) end = text_.size();
  std::string line = text_.substr(position_, end - position_);
  position_ = end + 1;
  return line;
}

}  // namespace rowan::shell
