// executor/system_views_activity.cpp: what goes on: locks, who waits for whom, sessions, what holds back
// cleaning, and counts since the database was opened; rowan_buffers, the pool of pages; and rowan_check(),
// what is broken.
#include <algorithm>

#include "executor/system_view_table.h"
#include "types/try.h"

namespace rowan::system_views {
namespace {

std::string_view activity_lock_type(LockTarget::Kind kind) {
  switch (kind) {
    case LockTarget::Kind::Relation:
      return "relation";
    case LockTarget::Kind::Row:
      return "tuple";
    case LockTarget::Kind::Write:
      return "transactionid";
    case LockTarget::Kind::Advisory:
      return "advisory";
    case LockTarget::Kind::Object:
      return "object";
  }
  return "";
}

Value activity_int4(uint64_t number) {
  return Value::integer(static_cast<int32_t>(number));
}
Value activity_int8(uint64_t number) {
  return Value::bigint(static_cast<int64_t>(number));
}

Result<std::vector<SystemRow>> activity_lock_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const LockManager::View& lock : input.session.activity().locks) {
    using Kind = LockTarget::Kind;
    Kind kind = lock.target.kind;
    bool has_relation = kind == Kind::Relation || kind == Kind::Row;
    RowId row = kind == Kind::Row ? RowId::unpack(lock.target.number) : kNoRow;
    rows.push_back(
        {Value::text(activity_lock_type(kind)), oid_value(5),
         has_relation ? oid_value(lock.target.relation) : Value(TypeId::Oid),
         kind == Kind::Row ? activity_int4(row.page) : Value(TypeId::Integer),
         kind == Kind::Row ? Value::smallint(static_cast<int16_t>(row.slot)) : Value(TypeId::SmallInt),
         kind == Kind::Write ? activity_int8(lock.target.number) : Value(TypeId::BigInt),
         kind == Kind::Advisory || kind == Kind::Object ? activity_int8(lock.target.number)
                                                        : Value(TypeId::BigInt),
         activity_int4(lock.session), Value::text(lock.mode), Value::boolean(lock.granted),
         Value::boolean(lock.fast)});
  }
  return rows;
}

Value activity_time(int64_t us) {
  return us == 0 ? Value(TypeId::TimestampTz) : Value::of_int(TypeId::TimestampTz, us);
}
Value activity_snapshot(const SessionActivity& session) {
  return session.snapshot ? activity_int8(*session.snapshot) : Value(TypeId::BigInt);
}
std::string_view activity_state(SessionActivity::State state) {
  switch (state) {
    case SessionActivity::State::Idle:
      return "idle";
    case SessionActivity::State::Active:
      return "active";
    case SessionActivity::State::IdleInTransaction:
      return "idle in transaction";
    case SessionActivity::State::IdleInFailedTransaction:
      return "idle in transaction (aborted)";
  }
  return "";
}

Result<std::vector<SystemRow>> activity_session_rows(const Input& input) {
  std::vector<SystemRow> rows;
  SessionServices::InstanceActivity activity = input.session.activity();
  for (const auto& session : activity.sessions) {
    const LockManager::View* wait = nullptr;
    for (const LockManager::View& lock : activity.locks)
      if (lock.session == session.id && !lock.granted) wait = &lock;
    rows.push_back({oid_value(5), name_value(input.session.setting("database").value_or("rowan")),
                    activity_int4(session.id), oid_value(10), name_value("rowan"),
                    text_or_null(wait != nullptr ? "Lock" : ""),
                    text_or_null(wait != nullptr ? std::string(activity_lock_type(wait->target.kind)) : ""),
                    Value::text("client backend"), activity_int8(session.lock_waits),
                    activity_time(session.transaction_us), activity_time(session.statement_us),
                    activity_time(session.state_us), Value::text(activity_state(session.state)),
                    activity_snapshot(session), text_or_null(session.statement)});
  }
  return rows;
}

// Who waits for whom, a row each, with what the two are at.
Result<std::vector<SystemRow>> blocker_rows(const Input& input) {
  std::vector<SystemRow> rows;
  SessionServices::InstanceActivity activity = input.session.activity();
  auto session_of = [&](uint64_t id) {
    auto found = std::find_if(activity.sessions.begin(), activity.sessions.end(),
                              [&](const SessionActivity& each) { return each.id == id; });
    return found != activity.sessions.end() ? *found : SessionActivity();
  };
  for (const auto& block : activity.blocks) {
    auto wait = std::find_if(activity.locks.begin(), activity.locks.end(),
                             [&](const auto& lock) { return lock.session == block.waiter && !lock.granted; });
    if (wait == activity.locks.end()) continue;  // it has got it meanwhile
    SessionActivity waiter = session_of(block.waiter), blocker = session_of(block.blocker);
    catalog::TablePtr table = input.catalog.table(wait->target.relation);
    rows.push_back({activity_int4(block.waiter), activity_int4(block.blocker),
                    Value::text(activity_lock_type(wait->target.kind)),
                    table ? name_value(table->name) : Value(TypeId::Name), Value::text(wait->mode),
                    activity_time(waiter.statement_us), text_or_null(waiter.statement),
                    Value::text(activity_state(blocker.state)), activity_time(blocker.transaction_us),
                    text_or_null(blocker.statement)});
  }
  return rows;
}

// The snapshots that keep dead versions from being cleaned away, the oldest first.
Result<std::vector<SystemRow>> cleaning_rows(const Input& input) {
  SessionServices::InstanceActivity activity = input.session.activity();
  std::vector<SessionActivity>& sessions = activity.sessions;
  std::erase_if(sessions, [](const SessionActivity& session) { return !session.snapshot; });
  std::stable_sort(sessions.begin(), sessions.end(), [](const SessionActivity& a, const SessionActivity& b) {
    return *a.snapshot < *b.snapshot;
  });
  std::vector<SystemRow> rows;
  for (const SessionActivity& session : sessions)
    rows.push_back({activity_int4(session.id), activity_snapshot(session),
                    activity_time(session.transaction_us), Value::text(activity_state(session.state)),
                    text_or_null(session.statement), activity_int8(activity.pages_to_clean)});
  return rows;
}

Result<std::vector<SystemRow>> activity_database_rows(const Input& input) {
  SessionServices::InstanceActivity activity = input.session.activity();
  return std::vector<SystemRow>{{oid_value(5),
                                 name_value(input.session.setting("database").value_or("rowan")),
                                 activity_int4(activity.sessions.size()), activity_int8(activity.blocks_read),
                                 activity_int8(activity.blocks_hit), activity_int8(activity.temp_bytes)}};
}

// PostgreSQL counts buffers that were allocated; here those that another page had to leave are told too.
Result<std::vector<SystemRow>> activity_writer_rows(const Input& input) {
  SessionServices::InstanceActivity activity = input.session.activity();
  return std::vector<SystemRow>{{activity_int8(activity.blocks_written), activity_int8(activity.blocks_read),
                                 activity_int8(activity.evictions)}};
}

Result<std::vector<SystemRow>> buffer_rows(const Input& input) {
  SessionServices::BufferUse use = input.session.buffer_use();
  uint64_t wanted = use.hits + use.reads;
  double rate = static_cast<double>(use.hits) / static_cast<double>(std::max<uint64_t>(wanted, 1));
  return std::vector<SystemRow>{
      {activity_int8(use.pages * use.page_bytes), activity_int4(use.page_bytes), activity_int8(use.pages),
       activity_int8(use.pages_used), activity_int8(use.pages_dirty), activity_int8(use.hits),
       activity_int8(use.reads), activity_int8(use.evictions), activity_int8(use.writes),
       wanted > 0 ? Value::double_precision(rate) : Value(TypeId::Double)}};
}

Result<std::vector<SystemRow>> fault_rows(const Input& input) {
  std::vector<FoundFault> faults = TRY(input.session.find_faults());
  std::vector<SystemRow> rows;
  for (const FoundFault& fault : faults)
    rows.push_back({fault.page ? Value::bigint(*fault.page) : Value(TypeId::BigInt),
                    text_or_null(fault.owner), Value::text(fault.message)});
  return rows;
}

}  // namespace

std::vector<ViewEntry> activity_views() {
  const Type oid = TypeId::Oid, name = TypeId::Name, text = TypeId::Text, boolean = TypeId::Boolean,
             int2 = TypeId::SmallInt, int4 = TypeId::Integer, int8 = TypeId::BigInt,
             time = TypeId::TimestampTz;
  return {
      {"pg_catalog",
       "pg_locks",
       12073,
       {{"locktype", text},
        {"database", oid},
        {"relation", oid},
        {"page", int4},
        {"tuple", int2},
        {"transactionid", int8},
        {"objid", int8},
        {"pid", int4},
        {"mode", text},
        {"granted", boolean},
        {"fastpath", boolean}},
       activity_lock_rows},
      {"pg_catalog",
       "pg_stat_activity",
       12235,
       {{"datid", oid},
        {"datname", name},
        {"pid", int4},
        {"usesysid", oid},
        {"usename", name},
        {"wait_event_type", text},
        {"wait_event", text},
        {"backend_type", text},
        {"lock_waits", int8},
        {"xact_start", time},
        {"query_start", time},
        {"state_change", time},
        {"state", text},
        {"backend_xmin", int8},
        {"query", text}},
       activity_session_rows},
      {"pg_catalog",
       "rowan_blockers",
       15991,
       {{"pid", int4},
        {"blocked_by", int4},
        {"locktype", text},
        {"relation", name},
        {"mode", text},
        {"query_start", time},
        {"query", text},
        {"blocker_state", text},
        {"blocker_xact_start", time},
        {"blocker_query", text}},
       blocker_rows},
      {"pg_catalog",
       "rowan_cleaning",
       15992,
       {{"pid", int4},
        {"snapshot", int8},
        {"since", time},
        {"state", text},
        {"query", text},
        {"pages_waiting", int8}},
       cleaning_rows},
      {"pg_catalog",
       "pg_stat_database",
       12286,
       {{"datid", oid},
        {"datname", name},
        {"numbackends", int4},
        {"blks_read", int8},
        {"blks_hit", int8},
        {"temp_bytes", int8}},
       activity_database_rows},
      {"pg_catalog",
       "pg_stat_bgwriter",
       12309,
       {{"buffers_written", int8}, {"buffers_alloc", int8}, {"buffers_evicted", int8}},
       activity_writer_rows},
      {"pg_catalog",
       "rowan_buffers",
       15990,
       {{"pool_bytes", int8},
        {"page_bytes", int4},
        {"pages", int8},
        {"pages_used", int8},
        {"pages_dirty", int8},
        {"hits", int8},
        {"reads", int8},
        {"evictions", int8},
        {"writes", int8},
        {"hit_rate", TypeId::Double}},
       buffer_rows},
      {"pg_catalog", "rowan_check()", 0, {{"page", int8}, {"owner", text}, {"fault", text}}, fault_rows},
  };
}

}  // namespace rowan::system_views
