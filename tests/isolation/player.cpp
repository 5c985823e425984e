#include "tests/isolation/player.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "tests/isolation/session.h"
#include "tests/isolation/table.h"
#include "types/try.h"

namespace rowan::isolation {
namespace {

// One permutation, from connecting to disconnecting.
class Performance {
 public:
  Performance(const Spec& spec, Database& database, std::string& out)
      : spec_(spec), observer_(database), control_(database, "control"), out_(out) {
    for (const SpecSession& session : spec.sessions) {
      sessions_.push_back(std::make_unique<Session>(database, session.name));
      active_.push_back(nullptr);
    }
  }

  Result<> run(const Permutation& permutation) {
    out_ += "\nstarting permutation:";
    for (const PlannedStep& planned : permutation) out_ += " " + spec_.steps[planned.step].name;
    out_ += "\n";
    for (const std::string& setup : spec_.setups) TRY(run_between(control_, setup));
    for (size_t i = 0; i < sessions_.size(); ++i) TRY(run_between(*sessions_[i], spec_.sessions[i].setup));
    for (const PlannedStep& planned : permutation) TRY(play_step(planned));
    complete_waiting(Look::Patient);
    if (!waiting_.empty()) return stuck();
    for (size_t i = 0; i < sessions_.size(); ++i) TRY(run_between(*sessions_[i], spec_.sessions[i].teardown));
    return run_between(control_, spec_.teardown);
  }

  // Frees the threads of sessions that will not end by themselves.
  ~Performance() {
    for (auto& session : sessions_) {
      while (session->is_busy() && !session->is_done()) {
        session->cancel();
        std::this_thread::yield();
      }
    }
  }

 private:
  // A step in flight, with how many notices its markers want to have seen.
  struct Flight {
    const PlannedStep* planned;
    std::vector<size_t> notices_wanted;
  };
  // How to look at a step: just sent; again, content to find it waiting; again, until it ends.
  enum class Look : uint8_t { First, Again, Patient };

  const Step& step_of(const Flight& flight) const { return spec_.steps[flight.planned->step]; }
  Session& session_of(const Flight& flight) { return *sessions_[step_of(flight).session]; }
  static Error stuck() {
    return Error(sqlstate::lock_not_available,
                 "failed to complete permutation due to mutually-blocking steps");
  }

  void print_notices(Session& session) {
    for (const std::string& line : session.take_notices()) {
      out_ += session.name() + ": " + line + "\n";
      news_ = true;
    }
  }
  // Answers of a set-up or tear-down: rows are shown, an error ends the permutation.
  Result<> run_between(Session& session, const std::string& sql) {
    if (sql.empty()) return {};
    std::vector<Answer> answers = session.run(sql);
    if (&session != &control_) print_notices(session);
    for (const Answer& answer : answers) {
      if (answer.error) return *answer.error;
      if (answer.is_query && &answer == &answers.back()) print_table(answer, out_);
    }
    return {};
  }

  Result<> play_step(const PlannedStep& planned) {
    const Step& step = spec_.steps[planned.step];
    Session& session = *sessions_[step.session];
    while (active_[step.session] != nullptr) {
      std::unique_ptr<Flight>& before =
          *std::find_if(waiting_.begin(), waiting_.end(),
                        [&](const auto& flight) { return flight.get() == active_[step.session]; });
      // Its own next step comes now, so it ought to end by itself, or as soon as another's end is reported.
      bool ended = complete(*before, Look::Patient);
      if (ended) waiting_.erase(waiting_.begin() + (&before - waiting_.data()));
      size_t count = waiting_.size();
      complete_waiting(Look::Again);
      if (!ended && active_[step.session] != nullptr && waiting_.size() == count) return stuck();
    }
    session.start(step.sql);
    auto flight = std::make_unique<Flight>(Flight{&planned, {}});
    for (const Marker& marker : planned.markers) {
      size_t seen = sessions_[spec_.steps[marker.step].session]->notice_count();
      flight->notices_wanted.push_back(seen + marker.notices);
    }
    active_[step.session] = flight.get();
    bool ended = complete(*flight, Look::First);
    complete_waiting(Look::Again);
    if (!ended) waiting_.push_back(std::move(flight));
    return {};
  }

  // Reports the ends of steps that waited, until no end and no notice sets another free.
  void complete_waiting(Look look) {
    bool again = true;
    while (again) {
      news_ = false;
      bool has_marked = false;
      size_t before = waiting_.size();
      for (size_t i = 0; i < waiting_.size();) {
        if (complete(*waiting_[i], look)) {
          waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(i));
        } else {
          has_marked = has_marked || !waiting_[i]->planned->markers.empty();
          ++i;
        }
      }
      again = has_marked && (waiting_.size() < before || news_);
    }
  }

  bool is_held_back(const Flight& flight) {
    const std::vector<Marker>& markers = flight.planned->markers;
    for (size_t i = 0; i < markers.size(); ++i) {
      size_t other = spec_.steps[markers[i].step].session;
      switch (markers[i].kind) {
        case Marker::Kind::Once:
          break;
        case Marker::Kind::OtherStep:
          if (active_[other] != nullptr && active_[other]->planned->step == markers[i].step) return true;
          break;
        case Marker::Kind::Notices:
          if (sessions_[other]->notice_count() < flight.notices_wanted[i]) return true;
          break;
      }
    }
    return false;
  }

  // Reports a step that has ended and may be reported. False: it goes on, or is held back.
  bool complete(Flight& flight, Look look) {
    Session& session = session_of(flight);
    const Step& step = step_of(flight);
    const std::vector<Marker>& markers = flight.planned->markers;
    bool once = std::any_of(markers.begin(), markers.end(),
                            [](const Marker& marker) { return marker.kind == Marker::Kind::Once; });
    bool waits = look == Look::First && once;
    if (!waits) {
      if (look == Look::Patient)
        session.wait_until_done();
      else
        waits = observer_.settles_waiting(session);
      print_notices(session);
      waits = waits || is_held_back(flight);
    }
    if (waits) {
      if (look == Look::First) out_ += "step " + step.name + ": " + step.sql + " <waiting ...>\n";
      return false;
    }
    out_ += "step " + step.name + ": " + (look == Look::First ? step.sql : "<... completed>") + "\n";
    for (const Answer& answer : session.take()) {
      if (answer.error)
        out_ += "ERROR:  " + std::string(answer.error->message()) + "\n";
      else if (answer.is_query)
        print_table(answer, out_);
    }
    active_[step.session] = nullptr;
    return true;
  }

  const Spec& spec_;
  WaitObserver observer_;
  Session control_;
  std::string& out_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<const Flight*> active_;             // by session; nullptr: idle
  std::vector<std::unique_ptr<Flight>> waiting_;  // in the order of their beginning
  bool news_ = false;                             // a notice came
};

}  // namespace

Result<std::string> play(const Spec& spec, Database& database) {
  std::string out = "Parsed test spec with " + std::to_string(spec.sessions.size()) + " sessions\n";
  for (const Permutation& permutation : spec.permutations) {
    Performance performance(spec, database, out);
    Result<> played = performance.run(permutation);
    if (!played.ok()) return std::move(played).error().detail("after:\n" + out);
  }
  return out;
}

}  // namespace rowan::isolation
