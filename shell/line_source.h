// shell/line_source.h: where lines come from: a file, standard input, a string, or a person
// (shell/line_editor.h).
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rowan::shell {

class LineSource {
 public:
  virtual ~LineSource() = default;
  // The next line without its newline; nullopt at the end. `prompt` is for a person.
  virtual std::optional<std::string> next(const std::string& prompt) = 0;
  // Appends data to `to`: a line with its newline (also where the last has none), or a part of a long one.
  // False: the end.
  virtual bool next_data(const std::string& prompt, std::string& to);
  // What was read since the last call is one entry of the history, if there is one.
  virtual void end_entry() {}
  virtual bool is_interactive() const { return false; }
  // "FILE:LINE: " as errors name it, "" where psql names none.
  virtual std::string location() const { return {}; }
};

// Opens a file that has lines; nullptr and errno otherwise: EISDIR for a directory, which fopen() alone would
// open.
std::FILE* open_to_read(const std::string& path);

// Reads `file`; closes it only when asked to. `name` empty: errors name no file (standard input does). A byte
// order mark before a script is passed over; before COPY's data it is data.
enum class LinesOf : uint8_t { Script, Data };
class FileLines final : public LineSource {
 public:
  FileLines(std::FILE* file, std::string name, bool close, LinesOf content = LinesOf::Script)
      : file_(file), name_(std::move(name)), close_(close), content_(content) {}
  ~FileLines() override;
  std::optional<std::string> next(const std::string& prompt) override;
  bool next_data(const std::string& prompt, std::string& to) override;
  std::string location() const override;

 private:
  std::FILE* file_;
  std::string name_;
  bool close_;
  LinesOf content_;
  size_t line_ = 0;
  std::string piece_;        // of data: newlines behind what was read into it
  bool is_in_line_ = false;  // the last piece ended within a line
};

class TextLines final : public LineSource {
 public:
  explicit TextLines(std::string text) : text_(std::move(text)) {}
  std::optional<std::string> next(const std::string& prompt) override;

 private:
  std::string text_;
  size_t position_ = 0;
};

}  // namespace rowan::shell
