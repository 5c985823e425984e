// api/rowan.cpp: the public handles over instance and session.
#include "api/rowan.hpp"

#include <charconv>
#include <cmath>
#include <map>

#include "api/appender.h"
#include "api/assignment.h"
#include "api/backup.h"
#include "api/check.h"
#include "api/instance.h"
#include "api/open_instances.h"
#include "api/rowan.h"
#include "api/session_core.h"
#include "types/try.h"
#include "types/utf8.h"

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

struct Rows::State {
  std::shared_ptr<SessionCore> session;
  ResultStreamPtr stream;  // nullptr: the Rows are gone, a prepared statement keeps this for its next
  std::vector<std::string> type_names;  // made when first asked for
  uint32_t next_row = 0;
  uint32_t row = 0;  // of the batch's vectors

  State(std::shared_ptr<SessionCore> core, ResultStreamPtr result)
      : session(std::move(core)), stream(std::move(result)) {}
  ~State() { finish(); }
  void begin(ResultStreamPtr result) {
    stream = std::move(result);
    type_names.clear();
    next_row = row = 0;
  }
  void finish() {
    if (stream == nullptr) return;
    // What is left of an INSERT … RETURNING still runs; who wants its errors reads to the end. Inside a
    // callback of the session's own statement there is nothing to end: that statement has ended it.
    if (session->enter_to_leave()) {
      static_cast<void>(session->end(*stream).ok());
      session->gate().leave();
    }
    stream = nullptr;
  }
  // nullptr: there is no such column, or no current row. Readers take that for a NULL.
  const Vector* column(uint32_t i) const {
    const Batch* batch = stream->batch;
    return batch != nullptr && next_row != 0 && i < stream->columns.size() ? &batch->column(i) : nullptr;
  }
};

struct Statement::State {
  std::shared_ptr<SessionCore> session;
  std::unique_ptr<PreparedPlan> plan;
  std::vector<Value> values;
  std::shared_ptr<Rows::State> rows;  // of an earlier run, to be used again when its Rows are gone

  Result<> bind(uint32_t position, const Value& value);

  // The value of $`position` to be set in place: it has exactly this type. nullptr: the
  // long way.
  Value* place(uint32_t position, TypeId type) {
    bool exists = position > 0 && position <= values.size();
    bool is_ours = exists && !session->instance().is_forked();
    return is_ours && plan->parameters[position - 1] == Type(type) ? &values[position - 1] : nullptr;
  }
};

namespace {

// In a child of the process that opened the database a handle is left alone for ever.
template <class Owned>
void leave_to_parent(const Instance& instance, Owned& owned) {
  if (instance.is_forked()) static_cast<void>(new Owned(std::move(owned)));
}
// What stood there ends as its destructor ends it.
template <class Handle>
Handle& replace(Handle& handle, Handle&& by) {
  if (&handle == &by) return handle;
  handle.~Handle();
  return *new (&handle) Handle(std::move(by));
}
Error error_when_closed() {
  return Error(sqlstate::admin_shutdown, "the database is closed");
}
Error error_after_fork() {
  return Error(sqlstate::object_not_in_prerequisite_state,
               "the database was opened by the parent of this process")
      .hint("Open it in the process that uses it: handles do not survive fork().");
}

// Where an exception may meet a library boundary: memory is the one thing that throws inside.
template <class Call>
auto guarded(Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return Error(sqlstate::out_of_memory, "out of memory");
  }
}

// A call into a session: alone there, and in the process that it belongs to.
template <class Call>
auto entered(SessionCore& session, Call&& call) -> decltype(call()) {
  if (session.instance().is_forked()) return error_after_fork();
  if (!session.gate().try_enter()) {
    if (session.is_shut_down() && !session.gate().is_mine()) return error_when_closed();  // close() is inside
    return Error(sqlstate::object_in_use, "the connection is in use by another call")
        .hint("One thread at a time uses a connection, and a callback does not call into its own.");
  }
  struct Leave {
    CallGate& gate;
    ~Leave() { gate.leave(); }
  } leave{session.gate()};
  try {
    return call();
  } catch (const std::bad_alloc&) {
    session.abandon();
    return Error(sqlstate::out_of_memory, "out of memory");
  }
}
// A look at what the session's calls change too. It is none of them, so it may come inside of one, from a
// callback; close() is waited for.
template <class Call>
auto beside_calls(SessionCore& session, Call&& call) -> decltype(call()) {
  bool is_alone = session.enter_to_leave();
  struct Leave {
    SessionCore* session;
    ~Leave() {
      if (session != nullptr) session->gate().leave();
    }
  } leave{is_alone ? &session : nullptr};
  return call();
}
template <class Call>
auto entered(Instance& instance, Call&& call) -> decltype(call()) {
  if (instance.is_forked()) return error_after_fork();
  return guarded(call);
}

}  // namespace

#define ROWAN_QUOTED(number) #number
#define ROWAN_DOTTED(major, minor, patch) ROWAN_QUOTED(major) "." ROWAN_QUOTED(minor) "." ROWAN_QUOTED(patch)

std::string_view version() {
  return ROWAN_DOTTED(ROWAN_VERSION_MAJOR, ROWAN_VERSION_MINOR, ROWAN_VERSION_PATCH);
}

Database::Database(std::shared_ptr<Instance> instance) : instance_(std::move(instance)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&& other) noexcept {
  return replace(*this, std::move(other));
}
Database::~Database() {
  if (instance_) leave_to_parent(*instance_->core, instance_);
}

Result<Database> Database::open(std::string_view path, const OpenOptions& options) {
  return guarded([&]() -> Result<Database> {
    auto handle = std::make_shared<Database::Instance>();
    handle->core = TRY(open_shared(std::string(path), options));
    return Database(std::move(handle));
  });
}

Result<Connection> Database::connect() {
  return entered(*instance_->core, [&]() -> Result<Connection> {
    auto session = std::make_shared<Connection::Session>();
    session->core = TRY(SessionCore::open(instance_->core));
    return Connection(std::move(session));
  });
}

Result<> Database::close() {
  return entered(*instance_->core, [&]() -> Result<> { return instance_->core->close(); });
}

Result<std::vector<std::string>> Database::check() {
  return entered(*instance_->core, [&]() -> Result<std::vector<std::string>> {
    if (instance_->core->is_closed()) return error_when_closed();
    return check_instance(instance_->core);
  });
}

Result<> Database::backup(std::string_view path) {
  return entered(*instance_->core, [&]() -> Result<> {
    if (instance_->core->is_closed()) return error_when_closed();
    return back_up(instance_->core, std::string(path));
  });
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
Connection& Connection::operator=(Connection&& other) noexcept {
  return replace(*this, std::move(other));
}
Connection::~Connection() {
  if (session_) leave_to_parent(session_->core->instance(), session_);
}

Result<Rows> Connection::query(std::string_view sql) {
  return entered(*session_->core, [&]() -> Result<Rows> {
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
  return entered(*session_->core, [&]() -> Result<> {
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
  return entered(*session_->core, [&]() -> Result<Statement> {
    auto state = std::make_shared<Statement::State>();
    state->session = session_->core;
    state->plan = TRY(session_->core->prepare(sql));
    for (const Type& type : state->plan->parameters) state->values.push_back(Value(type));
    return Statement(std::move(state));
  });
}

Result<> Connection::pause_before_retry(uint32_t attempt) {
  return entered(*session_->core, [&]() -> Result<> { return session_->core->pause_before_retry(attempt); });
}

Result<> Connection::check_not_ended_idle() {
  return entered(*session_->core, [&]() -> Result<> {
    TRY(session_->core->check_open());
    return session_->core->check_not_ended_idle();
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
Statement& Statement::operator=(Statement&& other) noexcept {
  return replace(*this, std::move(other));
}
Statement::~Statement() {
  if (state_) leave_to_parent(state_->session->instance(), state_);
}

uint32_t Statement::parameter_count() const {
  return static_cast<uint32_t>(state_->values.size());
}

// As the parameter's type, by the rules of assignment; texts are read as literals are.
Result<> Statement::State::bind(uint32_t position, const Value& value) {
  if (session->instance().is_forked()) return error_after_fork();
  if (position == 0 || position > values.size()) {
    return Error(sqlstate::undefined_parameter, "there is no parameter $" + std::to_string(position));
  }
  const Type& type = plan->parameters[position - 1];
  auto convert = [&] { return assigned_value(value, type, session->eval()); };
  // Names of relations are looked up in what the session's transaction has made of the catalog.
  Value assigned = TRY(type.id == TypeId::RegClass ? beside_calls(*session, convert) : convert());
  values[position - 1] = std::move(assigned);
  return {};
}

Result<> Statement::bind(uint32_t position, std::nullptr_t) {
  return guarded([&] { return state_->bind(position, Value()); });
}
Result<> Statement::bind(uint32_t position, bool value) {
  return guarded([&] { return state_->bind(position, Value::boolean(value)); });
}
Result<> Statement::bind(uint32_t position, int32_t value) {
  if (Value* place = state_->place(position, TypeId::Integer)) {
    place->set_int(value);
    return {};
  }
  return guarded([&] { return state_->bind(position, Value::integer(value)); });
}
Result<> Statement::bind(uint32_t position, int64_t value) {
  if (Value* place = state_->place(position, TypeId::BigInt)) {
    place->set_int(value);
    return {};
  }
  return guarded([&] { return state_->bind(position, Value::bigint(value)); });
}
Result<> Statement::bind(uint32_t position, double value) {
  return guarded([&] { return state_->bind(position, Value::double_precision(value)); });
}
Result<> Statement::bind(uint32_t position, std::string_view text) {
  return guarded([&]() -> Result<> {
    TRY(check_utf8(text));
    if (Value* place = state_->place(position, TypeId::Text)) {
      place->set_bytes(text);
      return {};
    }
    return state_->bind(position, Value::text(text));
  });
}
Result<> Statement::bind_bytes(uint32_t position, std::string_view bytes) {
  return guarded([&] { return state_->bind(position, Value::of_bytes(Type{TypeId::Bytea}, bytes)); });
}

Result<Rows> Statement::query() {
  return entered(*state_->session, [&]() -> Result<Rows> {
    ResultStreamPtr stream =
        TRY(state_->session->begin_statement(state_->plan->parsed, state_->values, state_->plan.get()));
    if (state_->rows != nullptr && state_->rows.use_count() == 1) {
      state_->rows->begin(std::move(stream));
    } else {
      state_->rows = std::make_shared<Rows::State>(state_->session, std::move(stream));
    }
    return Rows(state_->rows);
  });
}

Result<uint64_t> Statement::execute() {
  return entered(*state_->session, [&]() -> Result<uint64_t> {
    ResultStreamPtr stream =
        TRY(state_->session->begin_statement(state_->plan->parsed, state_->values, state_->plan.get()));
    while (TRY(state_->session->next(*stream))) {
    }
    return stream->row_count;
  });
}

namespace {

// Of a column that is not there.
const std::string& no_name() {
  static const std::string none;
  return none;
}

// Towards zero; what does not fit reads as 0, as text does that is no number.
int64_t whole_number(double value) {
  return value >= -0x1p63 && value < 0x1p63 ? static_cast<int64_t>(value) : 0;
}

// "integer" for 23, the number where there is no such type.
std::string regtype_name(int64_t oid) {
  for (int id = 0; id <= static_cast<int>(TypeId::Void); ++id) {
    auto type = static_cast<TypeId>(id);
    if (oid != 0 && type_oid(type) == static_cast<uint32_t>(oid)) return std::string(base_type_name(type));
  }
  return oid == 0 ? "-" : std::to_string(oid);
}

}  // namespace

uint32_t Statement::column_count() const {
  const auto& execution = state_->plan->execution;
  return execution ? static_cast<uint32_t>(execution->statement().output.size()) : 0;
}
const std::string& Statement::column_name(uint32_t column) const {
  return column < column_count() ? state_->plan->execution->statement().output[column].name : no_name();
}
std::string Statement::column_type(uint32_t column) const {
  return column < column_count() ? type_name(state_->plan->execution->statement().output[column].type)
                                 : std::string();
}

Rows::Rows(std::shared_ptr<State> state) : state_(std::move(state)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&& other) noexcept {
  return replace(*this, std::move(other));
}
Rows::~Rows() {
  if (!state_) return;
  leave_to_parent(state_->session->instance(), state_);
  if (state_) state_->finish();
}

Result<bool> Rows::next() {
  State& state = *state_;
  const Batch* batch = state.stream->batch;
  if (batch != nullptr && state.next_row < batch->row_count() && !state.session->is_shut_down()) [[likely]] {
    state.row = batch->row(state.next_row++);
    return true;
  }
  return entered(*state.session, [&]() -> Result<bool> {
    state.stream->batch = nullptr;
    state.next_row = 0;
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
  return column < column_count() ? state_->stream->columns[column].name : no_name();
}
const std::string& Rows::column_type(uint32_t column) const {
  if (column >= column_count()) return no_name();
  std::vector<std::string>& names = state_->type_names;
  if (names.empty())
    for (const OutputColumn& each : state_->stream->columns) names.push_back(type_name(each.type));
  return names[column];
}
bool Rows::is_numeric(uint32_t column) const {
  if (column >= column_count()) return false;
  TypeId id = state_->stream->columns[column].type.id;
  return type_category(id) == TypeCategory::Numeric && id != TypeId::RegClass && id != TypeId::RegType;
}
bool Rows::is_null(uint32_t column) const {
  const Vector* vector = state_->column(column);
  return vector == nullptr || vector->is_null(state_->row);
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
  const Vector* found = state_->column(column);
  if (found == nullptr || found->is_null(state_->row)) return 0;
  const Vector& vector = *found;
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
      return whole_number(static_cast<double>(vector.data<float>()[row]));
    case PhysicalType::Float64:
      return whole_number(vector.data<double>()[row]);
    default:
      break;
  }
  if (plain && !is_string(vector.type().id)) return 0;
  std::string shown = text(column);
  int64_t number = 0;
  std::from_chars(shown.data(), shown.data() + shown.size(), number);
  return number;
}

double Rows::float64(uint32_t column) const {
  const Vector* found = state_->column(column);
  if (found == nullptr || found->is_null(state_->row)) return 0;
  const Vector& vector = *found;
  uint32_t row = vector.is_constant() ? 0 : state_->row;
  if (vector.physical() == PhysicalType::Float64) return vector.data<double>()[row];
  if (vector.physical() == PhysicalType::Float32) return vector.data<float>()[row];
  if (vector.type().id != TypeId::Numeric && !is_string(vector.type().id))
    return static_cast<double>(int64(column));
  std::string shown = text(column);
  double number = 0;
  std::from_chars(shown.data(), shown.data() + shown.size(), number);
  return number;
}

bool Rows::boolean(uint32_t column) const {
  const Vector* vector = state_->column(column);
  if (vector == nullptr || vector->is_null(state_->row)) return false;
  if (vector->physical() == PhysicalType::Bool)
    return vector->data<uint8_t>()[vector->is_constant() ? 0 : state_->row] != 0;
  return int64(column) != 0;
}

void Rows::append_text(uint32_t column, std::string& out) const {
  const Vector* found = state_->column(column);
  if (found == nullptr || found->is_null(state_->row)) return;
  const Vector& vector = *found;
  TypeId id = vector.type().id;
  if (id == TypeId::RegClass) {
    int64_t oid = vector.data<int64_t>()[vector.is_constant() ? 0 : state_->row];
    SessionCore& session = *state_->session;
    out += beside_calls(session, [&] { return session.relation_name(oid); });
    return;
  }
  if (id == TypeId::RegType) {
    out += regtype_name(vector.data<int64_t>()[vector.is_constant() ? 0 : state_->row]);
    return;
  }
  format_row(vector, state_->row, state_->session->eval(), out);
}

std::string_view Rows::text_view(uint32_t column, std::string& room) const {
  const Vector* vector = state_->column(column);
  if (vector == nullptr || vector->is_null(state_->row)) return {};
  if (is_string(vector->type().id))
    return vector->data<Text>()[vector->is_constant() ? 0 : state_->row].view();
  room.clear();
  append_text(column, room);
  return room;
}

std::string Rows::bytes(uint32_t column) const {
  const Vector* vector = state_->column(column);
  if (vector == nullptr || vector->is_null(state_->row)) return {};
  if (vector->type().id != TypeId::Bytea) return text(column);
  return std::string(vector->data<Text>()[vector->is_constant() ? 0 : state_->row].view());
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

  explicit State(std::unique_ptr<AppenderCore> appender) : core(std::move(appender)) {}
  ~State() {
    std::shared_ptr<SessionCore> session = core->keep_session();
    bool is_alone = session->enter_to_leave();
    if (!is_alone) core->leave_transaction();
    core.reset();
    if (is_alone) session->gate().leave();
  }
};

Appender::Appender(std::unique_ptr<State> state) : state_(std::move(state)) {}
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&& other) noexcept {
  return replace(*this, std::move(other));
}
Appender::~Appender() {
  if (state_) leave_to_parent(state_->core->session().instance(), state_);
}

Result<Appender> Appender::open(Connection& connection, std::string_view table,
                                const std::vector<std::string>& columns) {
  const std::shared_ptr<SessionCore>& session = connection.session_->core;
  return entered(*session, [&]() -> Result<Appender> {
    std::unique_ptr<AppenderCore> core = TRY(AppenderCore::open(session, table, columns));
    return Appender(std::make_unique<State>(std::move(core)));
  });
}

Result<> Appender::append(std::nullptr_t) {
  return guarded([&] { return state_->core->append(Value()); });
}
Result<> Appender::append(bool value) {
  return guarded([&] { return state_->core->append(Value::boolean(value)); });
}
Result<> Appender::append(int32_t value) {
  return guarded([&] { return state_->core->append(int64_t{value}, TypeId::Integer); });
}
Result<> Appender::append(int64_t value) {
  return guarded([&] { return state_->core->append(value, TypeId::BigInt); });
}
Result<> Appender::append(double value) {
  return guarded([&] { return state_->core->append(Value::double_precision(value)); });
}
Result<> Appender::append(std::string_view text) {
  return guarded([&] { return state_->core->append(text); });
}
Result<> Appender::append_bytes(std::string_view bytes) {
  return guarded([&] { return state_->core->append(Value::of_bytes(Type{TypeId::Bytea}, bytes)); });
}
Result<> Appender::end_row() {
  return entered(state_->core->session(), [&] { return state_->core->end_row(); });
}
Result<> Appender::finish() {
  return entered(state_->core->session(), [&] { return state_->core->finish(); });
}

}  // namespace rowan
