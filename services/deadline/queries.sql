-- Statements of the deadline clock.

-- Q_EDITION_ADD
INSERT INTO edition (edition) VALUES (:edition);

-- Q_EDITION
SELECT n FROM edition WHERE edition = :edition;

-- Q_LEAD
SELECT lead.lead, unit, round, stage, severity, is_money_moving, is_sealed, edition.edition AS edition
FROM lead JOIN edition ON edition.n = lead.edition
WHERE lead.lead = :lead;

-- Q_LEAD_ADD
INSERT INTO lead (lead, unit, round, stage, severity, is_money_moving, is_sealed, edition)
VALUES (:lead, :unit, :round, :stage, :severity, :is_money_moving, :is_sealed, :edition);

-- Q_LEAD_CHANGE
UPDATE lead SET unit = :unit, round = :round, stage = :stage, severity = :severity, is_money_moving = :is_money_moving,
    is_sealed = :is_sealed, edition = :edition
WHERE lead = :lead;

-- Q_CLOCK_ADD
INSERT INTO clock (lead, round, clock, occurrence, state, due, run_from, left_unit, left_amount, extra_days, whole, position, said,
    hold, ended, next, is_money_moving, unit, started, first_due)
VALUES (:lead, :round, :clock, :occurrence, :state, :due, :run_from, :left_unit, :left_amount, :extra_days, :whole, :position, :said,
    :hold, :ended, :next, :is_money_moving, :unit, :started, :first_due);

-- Q_CLOCK_CHANGE
UPDATE clock SET occurrence = :occurrence, state = :state, due = :due, run_from = :run_from, left_unit = :left_unit,
    left_amount = :left_amount, extra_days = :extra_days, whole = :whole, position = :position, said = :said, hold = :hold,
    ended = :ended, next = :next, is_money_moving = :is_money_moving
WHERE lead = :lead AND round = :round AND clock = :clock AND occurrence = :was_occurrence;

-- Q_CLOCKS_OF_LEAD
SELECT * FROM clock WHERE lead = :lead ORDER BY round, clock, occurrence LIMIT 1000;

-- Q_CLOCKS_OPEN
SELECT * FROM clock WHERE lead = :lead AND state IN (1, 3) LIMIT 32;

-- Q_CLOCK_LAST_OCCURRENCE
SELECT max(occurrence) FROM clock WHERE lead = :lead AND round = :round AND clock = :clock;

-- A lead of which an event is parked is not judged: what is parked may be the act itself.
-- Q_CLOCKS_UP
SELECT * FROM clock WHERE next < :until
    AND NOT EXISTS (SELECT 1 FROM parked WHERE producer = :router AND subject = clock.lead) ORDER BY next LIMIT :at_most;

-- Q_NEXT
SELECT next FROM clock WHERE next IS NOT NULL ORDER BY next LIMIT 1;

-- Q_STEP_ADD
INSERT INTO step (lead, round, clock, occurrence, step, at, is_missed)
VALUES (:lead, :round, :clock, :occurrence, :step, :at, :is_missed);

-- Q_STEPS_OF_LEAD
SELECT * FROM step WHERE lead = :lead ORDER BY at, round, clock, occurrence LIMIT 5000;

-- Q_PAUSE_ADD
INSERT INTO pause (lead, at, round, until, reason) VALUES (:lead, :at, :round, :until, :reason)
ON CONFLICT (lead, at) DO UPDATE SET until = :until, reason = :reason;

-- Q_PAUSE_END
UPDATE pause SET until = :at WHERE lead = :lead AND at <= :at AND until > :at;

-- Q_PAUSES_OF_LEAD
SELECT * FROM pause WHERE lead = :lead ORDER BY at;

-- Q_EXTENSION_ADD
INSERT INTO extension (lead, at, round, clock, days, was, due) VALUES (:lead, :at, :round, :clock, :days, :was, :due)
ON CONFLICT (lead, at, clock) DO NOTHING;

-- Q_EXTENSIONS_OF_LEAD
SELECT * FROM extension WHERE lead = :lead ORDER BY at, clock;

-- Q_SUPERVISION_LAST
SELECT max(coalesce((SELECT max(n) FROM supervision WHERE year = :year), 0),
           coalesce((SELECT n FROM spared WHERE year = :year), 0));

-- Q_SUPERVISION_SPARE
INSERT INTO spared (year, n) VALUES (:year, :n) ON CONFLICT (year) DO UPDATE SET n = excluded.n;

-- Q_SUPERVISION_ADD
INSERT INTO supervision (year, n, lead, round, clock, occurrence, unit, opened, due)
VALUES (:year, :n, :lead, :round, :clock, :occurrence, :unit, :opened, :due);

-- Q_SUPERVISIONS_OF_LEAD
SELECT * FROM supervision WHERE lead = :lead ORDER BY year, n;

-- Q_CALENDARS
SELECT calendars, after FROM calendars WHERE id = 1;

-- Q_CALENDARS_PUT
INSERT INTO calendars (id, calendars, after) VALUES (1, :calendars, :after)
ON CONFLICT (id) DO UPDATE SET calendars = :calendars, after = :after;

-- Q_CALENDARS_AFTER_PUT
UPDATE calendars SET after = :after WHERE id = 1;

-- Q_LEADS_AFTER
SELECT lead, stage FROM lead WHERE lead > :after ORDER BY lead LIMIT :at_most;

-- Q_SILENCE_BEGINS
INSERT INTO silence (id, since) VALUES (1, :now) ON CONFLICT (id) DO NOTHING;

-- Q_SILENCE
SELECT since FROM silence WHERE id = 1;

-- Q_SILENCE_ENDS
DELETE FROM silence;
