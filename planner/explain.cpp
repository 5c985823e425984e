#include "planner/explain.h"

#include <fmt/format.h>

#include <cctype>

#include "planner/explain_tree.h"
#include "types/try.h"

namespace rowan {

namespace {

using explaining::Property;
using explaining::ShownStep;

double milliseconds(uint64_t ns, uint64_t loops) {
  return loops == 0 ? 0 : static_cast<double>(ns) / static_cast<double>(loops) / 1e6;
}
double rows_a_loop(const NodeFigures& figures) {
  return figures.loops == 0 ? 0 : static_cast<double>(figures.rows) / static_cast<double>(figures.loops);
}

// ---- text -------------------------------------------------------------------------------------------------

class TextExplainer {
 public:
  TextExplainer(const ExplainOptions& options, std::vector<std::string>& lines)
      : options_(options), lines_(lines) {}

  // `indent` is the column of the arrow, or of the title of the topmost step.
  void print(const ShownStep& step, size_t indent, bool is_top) {
    if (!step.label.empty()) {
      line(indent, step.label);
      indent += 2;
    }
    line(indent, (is_top ? "" : "->  ") + step.title + numbers(step));
    size_t inside = indent + (is_top ? 2 : 6);
    for (const Property& property : step.properties) {
      if (property.json_only) continue;
      std::string text = property.name.empty() ? "" : property.name + ": ";
      for (size_t i = 0; i < property.values.size(); ++i) text += (i > 0 ? ", " : "") + property.values[i];
      line(inside, text);
    }
    if (options_.buffers && step.has_figures) buffers(step.figures, inside);
    for (const auto& first : step.first) print(*first, inside, false);
    for (const auto& input : step.inputs) print(*input, inside, false);
    for (const auto& last : step.last) print(*last, inside, false);
  }

  void line(size_t indent, const std::string& text) { lines_.push_back(std::string(indent, ' ') + text); }

 private:
  std::string numbers(const ShownStep& step) const {
    std::string text;
    const Estimate& estimate = step.estimate;
    if (options_.costs)
      text = fmt::format("  (cost={:.2f}..{:.2f} rows={:.0f} width={:.0f})", estimate.startup_cost,
                         estimate.total_cost, estimate.rows, estimate.width);
    if (!step.has_figures) return text;
    const NodeFigures& figures = step.figures;
    if (figures.loops == 0) return text + " (never executed)";
    text += " (actual ";
    if (options_.timing)
      text += fmt::format("time={:.3f}..{:.3f} ", milliseconds(figures.startup_ns, figures.loops),
                          milliseconds(figures.total_ns, figures.loops));
    return text + fmt::format("rows={:.0f} loops={})", rows_a_loop(figures), figures.loops);
  }

  void buffers(const NodeFigures& figures, size_t indent) {
    std::string text;
    auto add = [](std::string& part, const char* name, uint64_t count) {
      if (count > 0) part += fmt::format(" {}={}", name, count);
    };
    std::string shared, temp;
    add(shared, "hit", figures.buffers_hit);
    add(shared, "read", figures.buffers_read);
    add(shared, "dirtied", figures.buffers_dirtied);
    add(shared, "written", figures.buffers_written);
    add(shared, "evicted", figures.evictions);
    add(temp, "read", figures.temp_pages_read);
    add(temp, "written", figures.temp_pages_written);
    if (!shared.empty()) text += " shared" + shared;
    if (!temp.empty()) text += std::string(text.empty() ? "" : ",") + " temp" + temp;
    if (!text.empty()) line(indent, "Buffers:" + text);
  }

  const ExplainOptions& options_;
  std::vector<std::string>& lines_;
};

// ---- JSON -------------------------------------------------------------------------------------------------

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '\b':
        quoted += "\\b";
        break;
      case '\f':
        quoted += "\\f";
        break;
      default:
        quoted += byte < 0x20 ? fmt::format("\\u{:04x}", byte) : std::string(1, c);
    }
  }
  return quoted + "\"";
}

class JsonExplainer {
 public:
  explicit JsonExplainer(const ExplainOptions& options) : options_(options) {}

  std::string print(const ShownStep& root, const ExecutionFigures* figures) {
    out_ = "[\n  {\n";
    out_ += "    \"Plan\": ";
    step(root, 4);
    std::vector<std::string> ends;
    if (options_.buffers && options_.summary) {
      // Planning reads no pages: the catalog is in memory.
      std::string planning = "\"Planning\": {";
      for (const auto& [name, count] : block_counts(NodeFigures()))
        planning += fmt::format("{}\n      \"{}\": {}", planning.back() == '{' ? "" : ",", name, count);
      ends.push_back(planning + "\n    }");
    }
    if (figures != nullptr && options_.summary)
      ends.push_back(
          fmt::format("\"Planning Time\": {:.3f}", static_cast<double>(figures->planning_ns) / 1e6));
    if (figures != nullptr && options_.analyze) {
      ends.push_back("\"Triggers\": [\n    ]");
      if (options_.summary)
        ends.push_back(
            fmt::format("\"Execution Time\": {:.3f}", static_cast<double>(figures->execution_ns) / 1e6));
    }
    for (const std::string& end : ends) out_ += ",\n    " + end;
    out_ += "\n  }\n]";
    return std::move(out_);
  }

 private:
  // PostgreSQL's list; there are no blocks of temporary tables.
  static std::vector<std::pair<std::string, uint64_t>> block_counts(const NodeFigures& figures) {
    return {{"Shared Hit Blocks", figures.buffers_hit},
            {"Shared Read Blocks", figures.buffers_read},
            {"Shared Dirtied Blocks", figures.buffers_dirtied},
            {"Shared Written Blocks", figures.buffers_written},
            {"Local Hit Blocks", 0},
            {"Local Read Blocks", 0},
            {"Local Dirtied Blocks", 0},
            {"Local Written Blocks", 0},
            {"Temp Read Blocks", figures.temp_pages_read},
            {"Temp Written Blocks", figures.temp_pages_written}};
  }
  void step(const ShownStep& step_, size_t indent) {
    std::string pad(indent + 2, ' ');
    bool first = true;
    auto field = [&](const std::string& name, const std::string& value) {
      out_ += (first ? "" : ",\n") + pad + json_string(name) + ": " + value;
      first = false;
    };
    out_ += "{\n";
    // What the node does comes before where it stands.
    bool says_how =
        step_.facts.size() > 1 && (step_.facts[1].name == "Operation" || step_.facts[1].name == "Strategy");
    for (size_t i = 0; i < step_.facts.size(); ++i) {
      field(step_.facts[i].name, json_string(step_.facts[i].values[0]));
      if (i != (says_how ? 1 : 0)) continue;
      if (!step_.relationship.empty()) field("Parent Relationship", json_string(step_.relationship));
      if (!step_.label.empty()) field("Subplan Name", json_string(step_.label));
      field("Parallel Aware", "false");
      field("Async Capable", "false");
    }
    if (options_.costs) {
      field("Startup Cost", fmt::format("{:.2f}", step_.estimate.startup_cost));
      field("Total Cost", fmt::format("{:.2f}", step_.estimate.total_cost));
      field("Plan Rows", fmt::format("{:.0f}", step_.estimate.rows));
      field("Plan Width", fmt::format("{:.0f}", step_.estimate.width));
    }
    const NodeFigures& figures = step_.figures;
    if (step_.has_figures) {
      if (options_.timing) {
        field("Actual Startup Time", fmt::format("{:.3f}", milliseconds(figures.startup_ns, figures.loops)));
        field("Actual Total Time", fmt::format("{:.3f}", milliseconds(figures.total_ns, figures.loops)));
      }
      field("Actual Rows", fmt::format("{:.0f}", rows_a_loop(figures)));
      field("Actual Loops", std::to_string(figures.loops));
    }
    for (const Property& property : step_.properties) {
      if (property.text_only) continue;
      std::string value;
      if (property.is_list) {
        for (const std::string& one : property.values)
          value += (value.empty() ? "[" : ", ") + json_string(one);
        value += value.empty() ? "[]" : "]";
      } else {
        value = property.is_number ? property.values[0] : json_string(property.values[0]);
      }
      field(property.name, value);
    }
    if (options_.buffers && step_.has_figures) {
      for (const auto& [name, count] : block_counts(figures)) field(name, std::to_string(count));
      field("Shared Evicted Blocks", std::to_string(figures.evictions));
    }
    children(step_, indent, first);
    out_ += "\n" + std::string(indent, ' ') + "}";
  }

  void children(const ShownStep& step_, size_t indent, bool first) {
    if (step_.first.empty() && step_.inputs.empty() && step_.last.empty()) return;
    out_ += std::string(first ? "" : ",\n") + std::string(indent + 2, ' ') + "\"Plans\": [";
    bool is_first = true;
    for (const auto* list : {&step_.first, &step_.inputs, &step_.last})
      for (const auto& child : *list) {
        out_ += std::string(is_first ? "\n" : ",\n") + std::string(indent + 4, ' ');
        is_first = false;
        step(*child, indent + 4);
      }
    out_ += "\n" + std::string(indent + 2, ' ') + "]";
  }

  const ExplainOptions& options_;
  std::string out_;
};

// ---- options ----------------------------------------------------------------------------------------------

std::string lower_case(std::string_view text) {
  std::string lower;
  for (char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

Result<bool> boolean_option(const ast::Option& option) {
  if (option.kind == ast::OptionValueKind::None) return true;
  if (option.kind == ast::OptionValueKind::Integer && (option.integer == 0 || option.integer == 1))
    return option.integer == 1;
  std::string text = lower_case(option.text);
  if (text == "true" || text == "on") return true;
  if (text == "false" || text == "off") return false;
  return Error(sqlstate::syntax_error, std::string(option.name.text) + " requires a Boolean value");
}

}  // namespace

Result<ExplainOptions> explain_options(const ast::Explain& explain) {
  ExplainOptions options;
  std::optional<bool> timing, summary;
  for (const ast::Option& option : explain.options) {
    std::string_view name = option.name.text;
    if (name == "analyze") {
      options.analyze = TRY(boolean_option(option));
    } else if (name == "verbose") {
      options.verbose = TRY(boolean_option(option));
    } else if (name == "costs") {
      options.costs = TRY(boolean_option(option));
    } else if (name == "buffers") {
      options.buffers = TRY(boolean_option(option));
    } else if (name == "timing") {
      timing = TRY(boolean_option(option));
    } else if (name == "summary") {
      summary = TRY(boolean_option(option));
    } else if (name == "settings" || name == "wal") {
      bool wanted = TRY(boolean_option(option));
      if (wanted)
        return Error(sqlstate::feature_not_supported,
                     "EXPLAIN option " + std::string(name) + " is not supported")
            .at(option.name.position);
    } else if (name == "format") {
      std::string format = lower_case(option.text);
      if (format == "text")
        options.format = ExplainOptions::Format::Text;
      else if (format == "json")
        options.format = ExplainOptions::Format::Json;
      else if (format == "xml" || format == "yaml")
        return Error(sqlstate::feature_not_supported, "EXPLAIN format " + format + " is not supported")
            .at(option.name.position);
      else
        return Error(sqlstate::invalid_parameter_value, "unrecognized value for EXPLAIN option \"" +
                                                            std::string(name) + "\": \"" +
                                                            std::string(option.text) + "\"")
            .at(option.name.position);
    } else {
      return Error(sqlstate::syntax_error, "unrecognized EXPLAIN option \"" + std::string(name) + "\"")
          .at(option.name.position);
    }
  }
  if (timing.value_or(false) && !options.analyze)
    return Error(sqlstate::invalid_parameter_value, "EXPLAIN option TIMING requires ANALYZE");
  options.timing = timing.value_or(true);
  options.summary = summary.value_or(options.analyze);
  return options;
}

std::vector<std::string> explain(const PlannedStatement& statement, const ExplainOptions& options,
                                 const ExecutionFigures* figures) {
  std::vector<std::string> lines;
  explaining::ShownPtr root = explaining::show_statement(statement, options, figures);
  if (options.format == ExplainOptions::Format::Json) {
    lines.push_back(JsonExplainer(options).print(*root, figures));
    return lines;
  }
  TextExplainer text(options, lines);
  text.print(*root, 0, true);
  if (figures != nullptr && options.summary) {
    text.line(0, fmt::format("Planning Time: {:.3f} ms", static_cast<double>(figures->planning_ns) / 1e6));
    if (options.analyze)
      text.line(0,
                fmt::format("Execution Time: {:.3f} ms", static_cast<double>(figures->execution_ns) / 1e6));
  }
  return lines;
}

}  // namespace rowan
