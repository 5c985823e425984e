#include "tests/isolation/spec.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>

#include "types/try.h"

namespace rowan::isolation {
namespace {

struct Token {
  enum class Kind : uint8_t { Name, Number, Sql, Mark, End };
  Kind kind = Kind::End;
  std::string text;
  size_t line = 0;
};

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

bool is_name_character(char c) {
  auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

Error mistake(size_t line, const std::string& what) {
  return Error(sqlstate::syntax_error, "line " + std::to_string(line) + ": " + what);
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> all() {
    std::vector<Token> tokens;
    while (true) {
      skip_blanks();
      Token token = TRY(next());
      tokens.push_back(token);
      if (token.kind == Token::Kind::End) return tokens;
    }
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == '#')) {
      if (text_[at_] == '#')
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      else
        line_ += text_[at_++] == '\n' ? 1 : 0;
    }
  }
  Result<Token> next() {
    if (at_ == text_.size()) return Token{Token::Kind::End, "", line_};
    char c = text_[at_];
    if (c == '{') return bracketed('}', Token::Kind::Sql);
    if (c == '"') return bracketed('"', Token::Kind::Name);
    if (is_name_character(c)) {
      size_t begin = at_;
      while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
      std::string word(text_.substr(begin, at_ - begin));
      bool number =
          std::all_of(word.begin(), word.end(), [](unsigned char d) { return std::isdigit(d) != 0; });
      return Token{number ? Token::Kind::Number : Token::Kind::Name, word, line_};
    }
    if (c == '(' || c == ')' || c == ',' || c == '*') {
      ++at_;
      return Token{Token::Kind::Mark, std::string(1, c), line_};
    }
    return mistake(line_, std::string("unexpected character \"") + c + "\"");
  }
  // What stands up to `end`; a block of SQL without the blanks around it on its first and last line.
  Result<Token> bracketed(char end, Token::Kind kind) {
    Token token{kind, "", line_};
    size_t close = text_.find(end, at_ + 1);
    if (close == std::string_view::npos) return mistake(line_, "not closed");
    std::string_view inside = text_.substr(at_ + 1, close - at_ - 1);
    line_ += static_cast<size_t>(std::count(inside.begin(), inside.end(), '\n'));
    at_ = close + 1;
    if (kind == Token::Kind::Sql) {
      auto is_blank = [](char c) { return c != '\n' && is_space(c); };
      while (!inside.empty() && is_blank(inside.front())) inside.remove_prefix(1);
      while (!inside.empty() && is_blank(inside.back())) inside.remove_suffix(1);
    }
    token.text = inside;
    return token;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
};

class Reader {
 public:
  explicit Reader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Spec> read() {
    while (takes("setup")) {
      std::string setup = TRY(sql());
      spec_.setups.push_back(std::move(setup));
    }
    if (takes("teardown")) spec_.teardown = TRY(sql());
    while (takes("session")) TRY(read_session());
    while (takes("permutation")) TRY(read_permutation());
    if (peek().kind != Token::Kind::End) return unexpected();
    if (spec_.permutations.empty()) add_all_orders();
    return std::move(spec_);
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  Error unexpected() const { return mistake(peek().line, "unexpected \"" + peek().text + "\""); }
  bool takes(std::string_view word) {
    if ((peek().kind != Token::Kind::Name && peek().kind != Token::Kind::Mark) || peek().text != word)
      return false;
    ++at_;
    return true;
  }
  Result<std::string> take(Token::Kind kind) {
    if (peek().kind != kind) return unexpected();
    return tokens_[at_++].text;
  }
  Result<std::string> sql() { return take(Token::Kind::Sql); }

  Result<> read_session() {
    SpecSession session;
    session.name = TRY(take(Token::Kind::Name));
    if (takes("setup")) session.setup = TRY(sql());
    while (takes("step")) {
      Step step;
      step.name = TRY(take(Token::Kind::Name));
      step.sql = TRY(sql());
      step.session = spec_.sessions.size();
      session.steps.push_back(spec_.steps.size());
      spec_.steps.push_back(std::move(step));
    }
    if (takes("teardown")) session.teardown = TRY(sql());
    spec_.sessions.push_back(std::move(session));
    return {};
  }
  Result<size_t> step_number() {
    size_t line = peek().line;
    std::string name = TRY(take(Token::Kind::Name));
    for (size_t i = 0; i < spec_.steps.size(); ++i)
      if (spec_.steps[i].name == name) return i;
    return mistake(line, "no step \"" + name + "\"");
  }
  Result<> read_permutation() {
    Permutation permutation;
    while (peek().kind == Token::Kind::Name && peek().text != "permutation") {
      size_t number = TRY(step_number());
      PlannedStep planned{number, {}};
      if (takes("(")) {
        do {
          Marker marker = TRY(read_marker());
          planned.markers.push_back(marker);
        } while (takes(","));
        if (!takes(")")) return unexpected();
      }
      permutation.push_back(std::move(planned));
    }
    spec_.permutations.push_back(std::move(permutation));
    return {};
  }
  Result<Marker> read_marker() {
    if (takes("*")) return Marker{};
    Marker marker{Marker::Kind::OtherStep, 0, 0};
    marker.step = TRY(step_number());
    if (!takes("notices")) return marker;
    marker.kind = Marker::Kind::Notices;
    std::string number = TRY(take(Token::Kind::Number));
    marker.notices = std::stoul(number);
    return marker;
  }

  void add_all_orders() {
    std::vector<size_t> taken(spec_.sessions.size(), 0);
    Permutation order;
    std::function<void()> extend = [&] {
      if (order.size() == spec_.steps.size()) spec_.permutations.push_back(order);
      for (size_t i = 0; i < spec_.sessions.size(); ++i) {
        if (taken[i] == spec_.sessions[i].steps.size()) continue;
        order.push_back({spec_.sessions[i].steps[taken[i]++], {}});
        extend();
        order.pop_back();
        --taken[i];
      }
    };
    extend();
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  Spec spec_;
};

}  // namespace

Result<Spec> parse_spec(std::string_view text) {
  std::vector<Token> tokens = TRY(Lexer(text).all());
  return Reader(std::move(tokens)).read();
}

}  // namespace rowan::isolation
