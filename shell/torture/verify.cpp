// shell/torture/verify.cpp: what must hold after a kill.
#include "shell/torture/world.h"

namespace rowan::torture {
namespace {

// One look at the file. The API's errors end it; faults are told.
class Verifier {
 public:
  Verifier(Connection& connection, int writers, const std::function<void(const std::string&)>& fault)
      : connection_(connection), writers_(writers), fault_(fault) {}

  Result<> run(const Numbers& acknowledged, Numbers& next) {
    for (const auto& part :
         {&Verifier::accounts, &Verifier::documents, &Verifier::crowds, &Verifier::made_tables}) {
      Result<> done = (this->*part)();
      if (!done.ok()) return done;
    }
    for (int writer = 0; writer < writers_; ++writer) {
      Result<> done = ledger(writer, acknowledged, next);
      if (!done.ok()) return done;
    }
    return {};
  }

 private:
  // Tells a fault unless the query's number is `wanted`.
  Result<> expect(int64_t wanted, const std::string& what, const std::string& sql) {
    Result<int64_t> found = number_of(connection_, sql);
    if (!found.ok()) return std::move(found).error();
    if (*found != wanted)
      fault_(what + ": " + std::to_string(*found) + " where " + std::to_string(wanted) + " is right");
    return {};
  }

  Result<> accounts() {
    return expect(kAccounts * kBalance, "the sum of all accounts", "SELECT sum(balance) FROM account");
  }
  Result<> documents() {
    Result<> all = expect(writers_ * kDocumentsEach, "documents", "SELECT count(*) FROM document");
    if (!all.ok()) return all;
    return expect(0, "documents with another digest",
                  "SELECT count(*) FROM document WHERE digest IS DISTINCT FROM md5(body)");
  }
  Result<> crowds() {
    Result<> all = expect(writers_ * kCrowd, "rows in crowds", "SELECT count(*) FROM crowd");
    if (!all.ok()) return all;
    return expect(writers_, "crowds of one mind",
                  "SELECT count(*) FROM (SELECT writer FROM crowd GROUP BY writer HAVING count(DISTINCT "
                  "note) = 1) AS one");
  }
  Result<> made_tables() {
    Result<> all =
        expect(0, "tables made and not the last, or last and not there",
               "SELECT count(*) FROM (SELECT 'made_' || writer || '_' || number AS name FROM made) "
               "AS m FULL JOIN (SELECT tablename::text AS name FROM pg_tables WHERE tablename LIKE "
               "'made\\_%') AS t USING (name) WHERE m.name IS NULL OR t.name IS NULL");
    if (!all.ok()) return all;
    Result<Rows> made = connection_.query("SELECT 'made_' || writer || '_' || number FROM made");
    if (!made.ok()) return std::move(made).error();
    std::vector<std::string> names;
    for (;;) {
      Result<bool> more = made->next();
      if (!more.ok()) return std::move(more).error();
      if (!*more) break;
      names.emplace_back(made->text(0));
    }
    for (const std::string& name : names) {
      Result<> filled = expect(200 * 7, "the sum of " + name, "SELECT sum(c) FROM " + name);
      if (!filled.ok()) return filled;
    }
    return {};
  }
  Result<> ledger(int writer, const Numbers& acknowledged, Numbers& next) {
    std::string mine = " FROM ledger WHERE writer = " + std::to_string(writer);
    Result<int64_t> last = number_of(connection_, "SELECT max(number)" + mine);
    if (!last.ok()) return std::move(last).error();
    auto told = acknowledged.find(writer);
    if (told != acknowledged.end() && *last < told->second)
      fault_("writer " + std::to_string(writer) + " lost " + std::to_string(told->second) + ", has " +
             std::to_string(*last));
    next[writer] = static_cast<int32_t>(*last + 1);
    return expect(*last + 1, "entries of writer " + std::to_string(writer) + " in the ledger",
                  "SELECT count(*)" + mine);
  }

  Connection& connection_;
  int writers_;
  const std::function<void(const std::string&)>& fault_;
};

}  // namespace

Result<int64_t> number_of(Connection& connection, const std::string& sql) {
  Result<Rows> rows = connection.query(sql);
  if (!rows.ok()) return std::move(rows).error();
  Result<bool> more = rows->next();
  if (!more.ok()) return std::move(more).error();
  return *more && !rows->is_null(0) ? rows->int64(0) : -1;
}

Result<> verify(Database& database, int writers, const Numbers& acknowledged, Numbers& next,
                const std::function<void(const std::string&)>& fault) {
  {
    Result<Connection> connection = database.connect();
    if (!connection.ok()) return std::move(connection).error();
    Result<> looked = Verifier(*connection, writers, fault).run(acknowledged, next);
    if (!looked.ok()) return looked;
  }
  Result<std::vector<std::string>> findings = database.check();
  if (!findings.ok()) return std::move(findings).error();
  for (const std::string& finding : *findings) fault(finding);
  return {};
}

}  // namespace rowan::torture
