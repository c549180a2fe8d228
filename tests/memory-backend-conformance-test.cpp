// SPDX-License-Identifier: LGPL-2.1-or-later
#include "conformance/memo-backend-conformance.hpp"
#include "support/memory-backend.hpp"

using namespace memo_test;

// The backend of the tests, in each of the ways in which it answers.
class MemorySubject : public memo_conformance::Subject
{
public:
  explicit MemorySubject (Answers answers) : answers_ (answers) {}

  MemoBackend *make () override
  {
    return static_cast<MemoBackend *> (g_object_ref (static_cast<MemoBackend *> (MemoryBackend (place_, answers_))));
  }

  bool advance (double seconds) override
  {
    memo_manual_clock_advance (clock_.get (), seconds);
    return true;
  }

  bool remembers () const override { return true; }

  bool obstruct (bool on) override
  {
    place_->obstructed = on;
    return true;
  }

private:
  Answers                      answers_;
  Ref<MemoManualClock>         clock_ { memo_manual_clock_new () };
  std::shared_ptr<MemoryPlace> place_ = std::make_shared<MemoryPlace> (MEMO_CLOCK (clock_.get ()));
};

MEMO_BACKEND_CONFORMANCE (AtOnce, [] { return std::make_unique<MemorySubject> (Answers::at_once); });
MEMO_BACKEND_CONFORMANCE (InATurn, [] { return std::make_unique<MemorySubject> (Answers::in_a_turn); });
MEMO_BACKEND_CONFORMANCE (InAThread, [] { return std::make_unique<MemorySubject> (Answers::in_a_thread); });
