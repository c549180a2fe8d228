// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "backplane.hpp"
#include "process.hpp"

// The parts that a process can have in the experiment.

namespace chaos {

// Reads all the time, and changes things in every way there is.
class Player : public Process
{
public:
  explicit Player (const Options &options);

protected:
  void started () override;

private:
  void read_on ();
  void change_on ();
  void change (unsigned key);
  void bracket (unsigned key);
  void change_inside (MemoMutation *mutation, unsigned key);
  void remove (unsigned key);
  void invalidate (unsigned key);
  void set (unsigned key);

  // The call of a change has come back: who made it has to see it from now on, and all others if it is acknowledged.
  void settle (std::vector<std::pair<unsigned, uint64_t>> changed, const std::string &dropped, bool acknowledged);
  void over (const std::vector<std::pair<unsigned, uint64_t>> &changed, bool acknowledged);

  std::unique_ptr<Backplane> backplane_;
  std::vector<bool>          being_set_ = std::vector<bool> (options_.keys);
};

// Reads a key when it is told to, COUNT times, MS milliseconds between one answer and the next get: "KEY COUNT MS".
class Herd : public Process
{
public:
  using Process::Process;

protected:
  void started () override;
  void heard (const std::string &line) override;

private:
  void go_on (unsigned key, unsigned count, unsigned ms);
};

// Changes what two keys and a tag are about, and dies at a step of that.
class Mortal : public Process
{
public:
  enum Step
  {
    BEFORE,
    BEGIN_ASKED,
    BEGINNING,      // a moment later: some of it was sent
    BEGUN,
    CHANGED,
    END_ASKED,
    ENDING,
    ENDED,
    N_STEPS,
  };

  Mortal (const Options &options, Step step) : Process (options), step_ (step) {}

protected:
  void started () override;

private:
  void reach (Step step);
  void begin ();
  void change ();

  Step          step_;
  MemoMutation *mutation_ = nullptr;
};

} // namespace chaos
