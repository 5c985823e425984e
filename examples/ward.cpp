// ward.cpp: Rowan from C++: open, create, insert with parameters, query, handle an error.
//
//   c++ -std=c++20 ward.cpp $(pkg-config --cflags --libs rowan) -o ward && ./ward ward.rowan
//
// Without a file name the database lives in memory.
#include <cinttypes>
#include <cstdio>
#include <rowan/rowan.hpp>
#include <string>

namespace {

// Prints what went wrong, as the shell does.
void complain(const rowan::Error& error) {
  std::printf("ERROR:  %s: %s\n", error.state().code, error.message().c_str());
  if (!error.detail().empty()) std::printf("DETAIL:  %s\n", error.detail().c_str());
  if (!error.hint().empty()) std::printf("HINT:  %s\n", error.hint().c_str());
}

// value() throws what is not expected to fail; main() catches it.
void admit(rowan::Connection& connection) {
  struct Patient {
    const char* name;
    double fever;
  };
  rowan::Statement insert = connection.prepare("INSERT INTO patient (name, fever) VALUES ($1, $2)").value();
  connection.execute("BEGIN").value();
  for (const Patient& patient : {Patient{"Ada", 38.5}, Patient{"Edgar", 37.0}, Patient{"Grace", 40.1}}) {
    insert.bind(1, patient.name).value();
    insert.bind(2, patient.fever).value();
    insert.execute().value();
  }
  connection.execute("COMMIT").value();
}

void visit(rowan::Connection& connection, double limit) {
  rowan::Statement find =
      connection.prepare("SELECT id, name, fever FROM patient WHERE fever > $1 ORDER BY fever").value();
  find.bind(1, limit).value();
  rowan::Rows rows = find.query().value();
  while (rows.next().value())
    std::printf("%" PRId64 " %s %.1f\n", rows.int64(0), rows.text(1).c_str(), rows.float64(2));
}

void run(const std::string& path) {
  rowan::Database database = rowan::Database::open(path).value();
  rowan::Connection connection = database.connect().value();
  connection
      .execute(
          "CREATE TABLE patient (id serial PRIMARY KEY, name text NOT NULL UNIQUE,"
          " fever double precision CHECK (fever < 45))")
      .value();
  admit(connection);
  visit(connection, 38);

  // An error is a value: look at it and carry on.
  rowan::Result<> twice = connection.execute("INSERT INTO patient (name, fever) VALUES ('Ada', 39)");
  if (!twice.ok()) {
    std::printf("refused by constraint %s\n", twice.error().constraint().c_str());
    complain(twice.error());
  }
  visit(connection, 38);
  database.close().value();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? argv[1] : ":memory:");
  } catch (const rowan::ErrorException& failure) {
    complain(failure.error());
    return 1;
  }
  return 0;
}
