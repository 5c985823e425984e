// shell/conditionals.cpp: \if, \elif, \else, \endif. A branch that is not taken is still read, for its end
// must be found: its statements do not run, its commands' arguments are not evaluated, and what it adds to a
// statement is taken back.
#include "shell/shell.h"

namespace rowan::shell {

bool Shell::is_active() const {
  using State = Branch::State;
  return branches_.empty() || branches_.back().state == State::Active;
}

// All the rest of the line is one expression. A wrong one is said to be so, and is false.
std::optional<bool> Shell::evaluate_condition(std::string_view name, Arguments& arguments) {
  std::string text;
  for (const std::string& word : arguments.all()) text += (text.empty() ? "" : " ") + word;
  std::optional<bool> value = parse_boolean(text);
  if (!value)
    complain("unrecognized value \"" + text + "\" for \"\\" + std::string(name) +
             " expression\": Boolean expected");
  return value;
}

void Shell::discard_branch(std::string& statement) {
  const Branch& branch = branches_.back();
  statement.resize(std::min(statement.size(), branch.statement_size));
  scanner_->set_parentheses(branch.parentheses);
}

// False: it stands where it may not.
bool Shell::run_conditional(std::string_view name, Arguments& arguments, std::string& statement) {
  using State = Branch::State;
  if (name == "if") {
    bool outer_active = is_active();
    if (!outer_active) arguments.stop_evaluating();
    bool value = outer_active && evaluate_condition(name, arguments).value_or(false);
    if (!outer_active) arguments.all();
    State state = !outer_active ? State::Ignored : value ? State::Active : State::NotYet;
    branches_.push_back({state, false, statement.size(), scanner_->parentheses()});
    return true;
  }
  if (branches_.empty()) {
    complain("\\" + std::string(name) + ": no matching \\if");
    return false;
  }
  Branch& branch = branches_.back();
  if (branch.state != State::Active) discard_branch(statement);
  if (name == "endif") {
    branches_.pop_back();
    return true;
  }
  if (branch.seen_else) {
    branch.state = State::Ignored;
    complain("\\" + std::string(name) + ": cannot occur after \\else");
    return false;
  }
  if (branch.state == State::Active) {
    // What the taken branch added to the statement stays, whatever the others would add.
    branch.statement_size = statement.size();
    branch.parentheses = scanner_->parentheses();
  }
  if (name == "else") {
    branch.seen_else = true;
    branch.state = branch.state == State::NotYet   ? State::Active
                   : branch.state == State::Active ? State::Done
                                                   : branch.state;
    return true;
  }
  if (branch.state == State::NotYet) {
    if (evaluate_condition(name, arguments).value_or(false)) branch.state = State::Active;
    return true;
  }
  arguments.stop_evaluating();
  arguments.all();
  if (branch.state == State::Active) branch.state = State::Done;
  return true;
}

}  // namespace rowan::shell
