/* mutant.h - deliberate defects, each of which the simulator must find (make mutants). In every other build MUTANT(x) is 0.
 *
 * A proof that finds no defect may be good or blind. Here the promise is broken on purpose, one line at a time. */
#ifndef RUNTIME_MUTANT_H
#define RUNTIME_MUTANT_H

#include "yinling/instant.h"

#define MUTANTS(X)                                                                                                             \
    X(cursor_before_effects, "a cursor is committed before the effects of its events")                                         \
    X(answer_before_commit, "an answer is sent before the commit")                                                             \
    X(synchronous_normal, "a commit is not synced")                                                                            \
    X(stream_number_reused, "a restored ledger goes on under its old epoch")                                                   \
    X(views_not_republished, "a broker that knows nothing of us is not told everything again")                                 \
    X(subscription_forgotten, "subscriptions are not made again on a new connection")                                          \
    X(handler_reads_clock, "a handler reads the real clock")                                                                   \
    X(sender_from_payload, "the sender is taken from the payload")                                                             \
    X(two_steps_one_key, "two steps of a ladder have one key")                                                                 \
    X(retry_after_io_error,                                                                                                    \
      "a commit that failed with an I/O error is tried again, and no open transaction is taken for success")                   \
    X(parked_without_place, "a lead's event is parked and the lead has no owner")                                              \
    X(judged_unheard, "deadline fires before it has heard the router to that instant")                                         \
    X(watermark_before_views, "the watermark is sent before its views are acknowledged")                                       \
    X(watermark_before_probe, "a service speaks before its probe has come back")                                               \
    X(old_connection_last, "what was sent on an old connection is sent again after what is newer")                             \
    X(tombstone_pruned_early, "a tombstone is pruned before the broker has it")                                                \
    X(number_given_again, "a restored ledger gives out a number again")                                                        \
    X(gap_ignored, "events are applied beyond a gap")                                                                          \
    X(answer_not_remembered, "a binding answer is not remembered")                                                             \
    X(held_ledger_speaks, "a restored ledger is not held")                                                                     \
    X(parked_judged, "a lead is judged while an event of it is parked")                                                        \
    X(wal_trusted, "a WAL found at the start is built upon")                                                                   \
    X(turn_half_undone, "a turn undone for lack of room is not undone in memory")                                              \
    X(recall_to_all, "a cancellation is told to workers who never had the warning")                                            \
    X(reporter_in_event, "the text of a lead is said before it is masked")                                                     \
    X(reporter_in_log, "the text of a lead is logged")                                                                         \
    X(complaint_shown, "a sealed lead is shown like any other")                                                                \
    X(old_card_stays, "the card of a lead that has moved on is not hidden")                                                    \
    X(step_early, "a step is taken an hour before it is due")                                                                  \
    X(step_skipped, "of the steps that passed during an outage only the last is recorded")                                     \
    X(signed_in_vain, "who signs in time is taken for late")                                                                   \
    X(recall_to_none, "a cancellation is told to nobody")                                                                      \
    X(warning_stays, "a warning that is over stays in the villages")                                                           \
    X(silence_accepted, "a silent worker is not escalated when a warning ends")                                                \
    X(chain_broken, "the hash of an event does not cover the one before")                                                      \
    X(other_history_followed, "a consumer goes on with a history it has not heard")                                            \
    X(urgency_untold, "that money is moving after all is not told to the clocks")                                              \
    X(ladder_kept, "clocks go on under another ladder when money turns out to be moving")

#ifdef YINLING_MUTANTS
#define MUTANT_ENTRY(name, sentence) MUTANT_##name,
enum mutant { MUTANT_NONE, MUTANTS(MUTANT_ENTRY) MUTANT_COUNT };
#undef MUTANT_ENTRY
extern enum mutant mutant_on; /* tests/sim/mutant.c */
instant_ms mutant_clock(void);
#define MUTANT(name) (mutant_on == MUTANT_##name)
#define MUTANT_CLOCK(now) (MUTANT(handler_reads_clock) ? mutant_clock() : (now))
#else
#define MUTANT(name) 0
#define MUTANT_CLOCK(now) (now)
#endif

#endif
