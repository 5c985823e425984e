// api/rowan.cpp: the public handles over instance and session.
#include "api/rowan.hpp"

#include <charconv>
#include <cmath>
#include <map>

#include "api/appender.h"
#include "api/check.h"
#include "api/instance.h"
#include "api/session_core.h"
#include "types/cast.h"
#include "types/try.h"

namespace rowan {

struct Database::Instance {
  std::shared_ptr<rowan::Instance> core;
};

struct Connection::Session {
  std::shared_ptr<SessionCore> core;
};

struct Canceller::State {
  std::shared_ptr<CancelToken> token;
};

struct Statement::State {
  std::shared_ptr<SessionCore> session;
  std::unique_ptr<PreparedPlan> plan;
  std::vector<Value> values;
};

struct Rows::State {
  std::shared_ptr<SessionCore> session;
  ResultStreamPtr stream;
  std::vector<std::string> type_names;
  std::string tag;
  uint32_t next_row = 0;
  uint32_t row = 0;  // of the batch's vectors

  explicit State(std::shared_ptr<SessionCore> core, ResultStreamPtr result)
      : session(std::move(core)), stream(std::move(result)) {
    for (const OutputColumn& column : stream->columns) type_names.push_back(type_name(column.type));
  }
  ~State() {
    // What is left of an INSERT … RETURNING still runs; who wants its errors reads to the end.
    static_cast<void>(session->end(*stream).ok());
  }
  const Vector& column(uint32_t i) const { return stream->batch->column(i); }
};

namespace {

// Where an exception may meet a library boundary: memory is the one thing that throws inside.
template <class Call>
auto guarded(Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return Error(sqlstate::out_of_memory, "out of memory");
  }
}

bool is_open_in_process(const std::weak_ptr<Instance>& instance) {
  std::shared_ptr<Instance> alive = instance.lock();
  return alive && !alive->is_closed();
}

// Open instances by path: a second open of the same file shares the first. The one piece of process-wide
// state that an embedded database cannot do without (the file's lock excludes processes, not itself).
class OpenInstances {
 public:
  static OpenInstances& get() {
    static OpenInstances instances;
    return instances;
  }
  Result<std::shared_ptr<Instance>> open(const std::string& path, const OpenOptions& options)
      EXCLUDES(mutex_) {
    if (path == ":memory:" || path.empty()) return Instance::open(":memory:", options);
    MutexLock lock(mutex_);
    std::string key = canonical_path(path);
    auto found = instances_.find(key);
    if (found != instances_.end() && is_open_in_process(found->second)) return found->second.lock();
    std::shared_ptr<Instance> opened = TRY(Instance::open(path, options));
    instances_[key] = opened;
    return opened;
  }

 private:
  static std::string canonical_path(const std::string& path) {
    char* real = realpath(path.c_str(), nullptr);
    if (real == nullptr) return path;
    std::string result(real);
    std::free(real);
    return result;
  }
  Mutex mutex_{LockRank::OpenFiles};
  std::map<std::string, std::weak_ptr<Instance>> instances_ GUARDED_BY(mutex_);
};

}  // namespace

std::string_view version() {
  return "0.1.0";
}

Database::Database(std::shared_ptr<Instance> instance) : instance_(std::move(instance)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(std::string_view path, const OpenOptions& options) {
  return guarded([&]() -> Result<Database> {
    auto handle = std::make_shared<Database::Instance>();
    handle->core = TRY(OpenInstances::get().open(std::string(path), options));
    return Database(std::move(handle));
  });
}

Result<Connection> Database::connect() {
  return guarded([&]() -> Result<Connection> {
    auto session = std::make_shared<Connection::Session>();
    session->core = TRY(SessionCore::open(instance_->core));
    return Connection(std::move(session));
  });
}

Result<> Database::close() {
  return guarded([&]() -> Result<> { return instance_->core->close(); });
}

Result<std::vector<std::string>> Database::check() {
  return guarded([&]() -> Result<std::vector<std::string>> { return check_instance(instance_->core); });
}

Result<std::vector<std::string>> check_file(std::string_view path) {
  return guarded([&]() -> Result<std::vector<std::string>> {
    OpenOptions options;
    options.read_only = true;
    options.create = false;
    std::shared_ptr<Instance> instance = TRY(Instance::open(std::string(path), options));
    return check_instance(instance);
  });
}

Canceller::Canceller() : state_(std::make_shared<State>()) {}

void Canceller::cancel() const {
  if (state_->token) state_->token->request(CancelToken::Reason::UserRequest);
}

Connection::Connection(std::shared_ptr<Session> session) : session_(std::move(session)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Rows> Connection::query(std::string_view sql) {
  return guarded([&]() -> Result<Rows> {
    std::unique_ptr<ParsedStatement> first;
    Result<std::unique_ptr<ParsedStatement>> parsed = parse_statement(sql);
    if (!parsed.ok()) {
      session_->core->fail_after_syntax_error();
      return std::move(parsed).error();
    }
    first = std::move(*parsed);
    if (!first) return Rows(std::make_shared<Rows::State>(session_->core, session_->core->empty_result()));
    ResultStreamPtr stream = TRY(session_->core->begin_statement(std::move(first), {}, nullptr));
    return Rows(std::make_shared<Rows::State>(session_->core, std::move(stream)));
  });
}

Result<> Connection::execute(std::string_view sql) {
  return guarded([&]() -> Result<> {
    ScriptReader reader(sql);
    std::vector<std::unique_ptr<ParsedStatement>> statements;
    for (;;) {
      Result<std::unique_ptr<ParsedStatement>> statement = reader.next();
      if (!statement.ok()) {
        session_->core->fail_after_syntax_error();
        return std::move(statement).error();
      }
      if (!*statement) break;
      statements.push_back(std::move(*statement));
    }
    return session_->core->run_script(std::move(statements));
  });
}

Result<Statement> Connection::prepare(std::string_view sql) {
  return guarded([&]() -> Result<Statement> {
    auto state = std::make_shared<Statement::State>();
    state->session = session_->core;
    state->plan = TRY(session_->core->prepare(sql));
    for (const Type& type : state->plan->parameters) state->values.push_back(Value(type));
    return Statement(std::move(state));
  });
}

TransactionStatus Connection::transaction_status() const {
  return session_->core->status();
}

Canceller Connection::canceller() {
  Canceller canceller;
  canceller.state_->token = session_->core->cancel_token();
  return canceller;
}

void Connection::on_notice(std::function<void(const Notice&)> handler) {
  session_->core->on_notice = std::move(handler);
}

void Connection::on_copy(std::function<Result<std::string>()> read,
                         std::function<Result<>(std::string_view)> write) {
  session_->core->copy_read = std::move(read);
  session_->core->copy_write = std::move(write);
}

Statement::Statement(std::shared_ptr<State> state) : state_(std::move(state)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

uint32_t Statement::parameter_count() const {
  return static_cast<uint32_t>(state_->values.size());
}

uint32_t Statement::column_count() const {
  const auto& execution = state_->plan->execution;
  return execution ? static_cast<uint32_t>(execution->statement().output.size()) : 0;
}
const std::string& Statement::column_name(uint32_t column) const {
  return state_->plan->execution->statement().output[column].name;
}
std::string Statement::column_type(uint32_t column) const {
  return type_name(state_->plan->execution->statement().output[column].type);
}

namespace {

// `value` as the parameter's type, by the rules of assignment; texts are read as literals are.
Result<> set_parameter(std::vector<Value>& values, const std::vector<Type>& types, EvalContext& context,
                       uint32_t position, const Value& value) {
  if (position == 0 || position > values.size()) {
    return Error(sqlstate::undefined_parameter, "there is no parameter $" + std::to_string(position));
  }
  const Type& type = types[position - 1];
  Value& slot = values[position - 1];
  if (value.is_null()) {
    slot = Value(type);
  } else if (value.type() == type) {
    slot = value;
  } else if (value.type().id == TypeId::Text && !is_string(type.id)) {
    slot = TRY(parse_value(value.as_bytes(), type, context));
  } else {
    slot = TRY(cast_value(value, type, CastContext::Assignment, context));
  }
  return {};
}

}  // namespace

Result<> Statement::bind(uint32_t position, std::nullptr_t) {
  return set_parameter(state_->values, state_->plan->parameters, state_->session->eval(), position, Value());
}
Result<> Statement::bind(uint32_t position, bool value) {
  return set_parameter(state_->values, state_->plan->parameters, state_->session->eval(), position,
                       Value::boolean(value));
}
Result<> Statement::bind(uint32_t position, int32_t value) {
  return set_parameter(state_->values, state_->plan->parameters, state_->session->eval(), position,
                       Value::integer(value));
}
Result<> Statement::bind(uint32_t position, int64_t value) {
  return set_parameter(state_->values, state_->plan->parameters, state_->session->eval(), position,
                       Value::bigint(value));
}
Result<> Statement::bind(uint32_t position, double value) {
  return set_parameter(state_->values, state_->plan->parameters, state_->session->eval(), position,
                       Value::double_precision(value));
}
Result<> Statement::bind(uint32_t position, std::string_view text) {
  return guarded([&] {
    return set_parameter(state_->values, state_->plan->parameters, state_->session->eval(), position,
                         Value::text(text));
  });
}

Result<Rows> Statement::query() {
  return guarded([&]() -> Result<Rows> {
    ResultStreamPtr stream =
        TRY(state_->session->begin_statement(state_->plan->parsed, state_->values, state_->plan.get()));
    return Rows(std::make_shared<Rows::State>(state_->session, std::move(stream)));
  });
}

Result<uint64_t> Statement::execute() {
  return guarded([&]() -> Result<uint64_t> {
    ResultStreamPtr stream =
        TRY(state_->session->begin_statement(state_->plan->parsed, state_->values, state_->plan.get()));
    while (TRY(state_->session->next(*stream))) {
    }
    return stream->row_count;
  });
}

namespace {

// "integer" for 23, the number where there is no such type.
std::string regtype_name(int64_t oid) {
  for (int id = 0; id <= static_cast<int>(TypeId::Void); ++id) {
    auto type = static_cast<TypeId>(id);
    if (oid != 0 && type_oid(type) == static_cast<uint32_t>(oid)) return std::string(base_type_name(type));
  }
  return oid == 0 ? "-" : std::to_string(oid);
}

}  // namespace

Rows::Rows(std::shared_ptr<State> state) : state_(std::move(state)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

Result<bool> Rows::next() {
  State& state = *state_;
  if (state.stream->batch != nullptr && state.next_row < state.stream->batch->row_count()) [[likely]] {
    state.row = state.stream->batch->row(state.next_row++);
    return true;
  }
  return guarded([&]() -> Result<bool> {
    state.stream->batch = nullptr;
    bool more = TRY(state.session->next(*state.stream));
    if (!more) return false;
    state.row = state.stream->batch->row(0);
    state.next_row = 1;
    return true;
  });
}

uint32_t Rows::column_count() const {
  return static_cast<uint32_t>(state_->stream->columns.size());
}
const std::string& Rows::column_name(uint32_t column) const {
  return state_->stream->columns[column].name;
}
const std::string& Rows::column_type(uint32_t column) const {
  return state_->type_names[column];
}
bool Rows::is_numeric(uint32_t column) const {
  TypeId id = state_->stream->columns[column].type.id;
  return type_category(id) == TypeCategory::Numeric && id != TypeId::RegClass && id != TypeId::RegType;
}
bool Rows::is_null(uint32_t column) const {
  return state_->column(column).is_null(state_->row);
}
bool Rows::is_query() const {
  return state_->stream->is_query;
}
const std::string& Rows::command_tag() const {
  return state_->stream->tag;
}
uint64_t Rows::row_count() const {
  return state_->stream->row_count;
}

int64_t Rows::int64(uint32_t column) const {
  const Vector& vector = state_->column(column);
  if (vector.is_null(state_->row)) return 0;
  uint32_t row = vector.is_constant() ? 0 : state_->row;
  bool plain = vector.type().id != TypeId::Numeric;
  switch (vector.physical()) {
    case PhysicalType::Bool:
      return vector.data<uint8_t>()[row];
    case PhysicalType::Int16:
      return vector.data<int16_t>()[row];
    case PhysicalType::Int32:
      return vector.data<int32_t>()[row];
    case PhysicalType::Int64:
      if (plain) return vector.data<int64_t>()[row];
      break;
    case PhysicalType::Float32:
      return static_cast<int64_t>(vector.data<float>()[row]);
    case PhysicalType::Float64:
      return static_cast<int64_t>(vector.data<double>()[row]);
    default:
      break;
  }
  std::string shown = text(column);
  int64_t number = 0;
  std::from_chars(shown.data(), shown.data() + shown.size(), number);
  return number;
}

double Rows::float64(uint32_t column) const {
  const Vector& vector = state_->column(column);
  if (vector.is_null(state_->row)) return 0;
  uint32_t row = vector.is_constant() ? 0 : state_->row;
  if (vector.physical() == PhysicalType::Float64) return vector.data<double>()[row];
  if (vector.physical() == PhysicalType::Float32) return vector.data<float>()[row];
  if (vector.type().id != TypeId::Numeric && vector.physical() != PhysicalType::Text)
    return static_cast<double>(int64(column));
  std::string shown = text(column);
  double number = 0;
  std::from_chars(shown.data(), shown.data() + shown.size(), number);
  return number;
}

bool Rows::boolean(uint32_t column) const {
  const Vector& vector = state_->column(column);
  if (vector.physical() == PhysicalType::Bool)
    return !vector.is_null(state_->row) &&
           vector.data<uint8_t>()[vector.is_constant() ? 0 : state_->row] != 0;
  return int64(column) != 0;
}

void Rows::append_text(uint32_t column, std::string& out) const {
  const Vector& vector = state_->column(column);
  if (vector.is_null(state_->row)) return;
  TypeId id = vector.type().id;
  if (id == TypeId::RegClass) {
    out += state_->session->relation_name(vector.data<int64_t>()[vector.is_constant() ? 0 : state_->row]);
    return;
  }
  if (id == TypeId::RegType) {
    out += regtype_name(vector.data<int64_t>()[vector.is_constant() ? 0 : state_->row]);
    return;
  }
  format_row(vector, state_->row, state_->session->eval(), out);
}

std::string Rows::text(uint32_t column) const {
  std::string out;
  append_text(column, out);
  return out;
}

// --- the appender
// -------------------------------------------------------------------------------------------------

struct Appender::State {
  std::unique_ptr<AppenderCore> core;
};

Appender::Appender(std::unique_ptr<State> state) : state_(std::move(state)) {}
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&&) noexcept = default;
Appender::~Appender() = default;

Result<Appender> Appender::open(Connection& connection, std::string_view table) {
  return guarded([&]() -> Result<Appender> {
    auto state = std::make_unique<State>();
    state->core = TRY(AppenderCore::open(connection.session_->core, table));
    return Appender(std::move(state));
  });
}

Result<> Appender::append(std::nullptr_t) {
  return state_->core->append(Value());
}
Result<> Appender::append(bool value) {
  return state_->core->append(Value::boolean(value));
}
Result<> Appender::append(int32_t value) {
  return state_->core->append(Value::integer(value));
}
Result<> Appender::append(int64_t value) {
  return state_->core->append(Value::bigint(value));
}
Result<> Appender::append(double value) {
  return state_->core->append(Value::double_precision(value));
}
Result<> Appender::append(std::string_view text) {
  return guarded([&] { return state_->core->append(Value::text(text)); });
}
Result<> Appender::end_row() {
  return guarded([&] { return state_->core->end_row(); });
}
Result<> Appender::finish() {
  return guarded([&] { return state_->core->finish(); });
}

}  // namespace rowan
