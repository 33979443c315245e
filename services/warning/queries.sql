-- queries.sql - every statement of `warning`. Parameters and columns by name.

-- Q_WARNING
SELECT no, id, number, status, severity, urgency, certainty, guise, headline, text, instruction, effective, expires, confirm_by,
       edition, workers, lead, ordered_by, by_unit, issued_at, worded_at, revision, ask, stage, position, ended, ended_at, reason,
       board_due
FROM warning WHERE no = :no;

-- Q_WARNING_NAMED
SELECT no, id, number, status, severity, urgency, certainty, guise, headline, text, instruction, effective, expires, confirm_by,
       edition, workers, lead, ordered_by, by_unit, issued_at, worded_at, revision, ask, stage, position, ended, ended_at, reason,
       board_due
FROM warning WHERE id = :id;

-- Q_AUDIENCE
SELECT audience FROM warning WHERE no = :no;

-- Q_NUMBER
SELECT max(coalesce((SELECT max(number) FROM warning WHERE year = :year), 0),
           coalesce((SELECT number FROM spared WHERE year = :year), 0));
-- Q_NUMBER_SPARE
INSERT INTO spared (year, number) VALUES (:year, :number) ON CONFLICT (year) DO UPDATE SET number = excluded.number;

-- Q_WARNING_ADD
INSERT INTO warning (id, year, number, status, severity, urgency, certainty, guise, headline, text, instruction, effective, expires,
                     confirm_by, audience, edition, workers, lead, ordered_by, by_unit, issued_at, worded_at, revision, ask, stage,
                     position)
VALUES (:id, :year, :number, :status, :severity, :urgency, :certainty, :guise, :headline, :text, :instruction, :effective, :expires,
        :confirm_by, :audience, :edition, :workers, :lead, :ordered_by, :by_unit, :now, :now, 1, 1, :stage, 0);

-- Q_WARNING_CHANGE
UPDATE warning SET status = :status, severity = :severity, urgency = :urgency, certainty = :certainty, guise = :guise,
                   headline = :headline, text = :text, instruction = :instruction, effective = :effective, expires = :expires,
                   confirm_by = :confirm_by, lead = :lead, worded_at = :worded_at, revision = :revision, ask = :ask
WHERE no = :no;

-- Q_STAGE
UPDATE warning SET stage = :stage, position = :position WHERE no = :no;

-- Q_END
UPDATE warning SET ended = :ended, ended_at = :ended_at, reason = :reason WHERE no = :no;

-- Q_TOUCH
UPDATE warning SET board_due = :due WHERE no = :no;

-- Q_BOARD_DUE
SELECT no FROM warning WHERE board_due <= :now ORDER BY board_due LIMIT :most;

-- Q_BOARD_DONE
UPDATE warning SET board_due = NULL WHERE no = :no;

-- Q_MOVING
SELECT no FROM warning WHERE stage IN (2, 4) AND stage = :stage ORDER BY no LIMIT 1;

-- Q_BEGINNING
SELECT no FROM warning WHERE stage = 1 AND effective <= :now ORDER BY effective LIMIT :most;

-- Q_EXPIRING
SELECT no FROM warning WHERE stage IN (2, 3) AND expires <= :now ORDER BY expires LIMIT :most;

-- Q_COVERAGE_ADD
INSERT INTO coverage (warning, place, village, shown_here, rank) VALUES (:warning, :place, :village, 0, 0);

-- Q_COVER
UPDATE coverage SET workers = workers + :workers, shown = shown + :shown, read = read + :read, relayed = relayed + :relayed,
                    refused = refused + :refused, reached = reached + :reached, escalated = escalated + :escalated
WHERE warning = :warning AND village = :village;

-- Q_COVERAGE
SELECT village, workers, shown, read, relayed, refused, reached, escalated FROM coverage WHERE warning = :warning ORDER BY place;

-- Q_COVERAGE_SUM
SELECT SUM(workers) AS workers, SUM(shown) AS shown, SUM(read) AS read, SUM(relayed) AS relayed, SUM(refused) AS refused,
       SUM(reached) AS reached, SUM(escalated) AS escalated
FROM coverage WHERE warning = :warning;

-- Q_STAND_HERE
UPDATE coverage SET shown_here = :here, rank = :rank WHERE warning = :warning AND village = :village;

-- Q_NOTICE
SELECT warning FROM coverage WHERE village = :village AND shown_here = 1 ORDER BY rank DESC, warning LIMIT 1;

-- Q_PLACES
SELECT MAX(place) + 1 FROM coverage WHERE warning = :warning;

-- Q_PLACES_FROM
SELECT village FROM coverage WHERE warning = :warning AND place >= :from ORDER BY place LIMIT :most;

-- Q_SCREEN
SELECT no, account, gone, shown, shown_at, tapped_at, look_again, echo, echo_item, echo_at, wake_at
FROM worker WHERE account = :account;

-- Q_SCREEN_NUMBERED
SELECT no, account, gone, shown, shown_at, tapped_at, look_again, echo, echo_item, echo_at, wake_at FROM worker WHERE no = :no;

-- Q_SCREEN_SAVE
UPDATE worker SET shown = :shown, shown_at = :shown_at, tapped_at = :tapped_at, look_again = :look_again, echo = :echo,
                  echo_item = :echo_item, echo_at = :echo_at, wake_at = :wake_at
WHERE no = :no;

-- Q_WORKER_ADD
INSERT INTO worker (account, edition) VALUES (:account, :edition);

-- Q_WORKER_PUT
INSERT INTO worker (account, edition) VALUES (:account, :edition)
ON CONFLICT (account) DO UPDATE SET edition = excluded.edition, gone = 0;

-- Q_WORKER_GONE
UPDATE worker SET gone = 1 WHERE no = :no;

-- Q_WORKERS_GONE
SELECT no FROM worker WHERE gone = 0 AND edition < :edition
UNION ALL SELECT no FROM worker WHERE gone = 0 AND edition > :edition LIMIT :most;

-- Q_WAKING
SELECT no FROM worker WHERE wake_at <= :now ORDER BY wake_at LIMIT :most;

-- Q_ITEM
SELECT no, warning, worker, village, severity, state, ask, revision, shown_at, read_at, relayed_at, refused_at, refused_from, reached,
       method, reminders, rungs, escalated_at, remind_at, due_at
FROM item WHERE no = :no;

-- Q_ITEM_OF
SELECT no, warning, worker, village, severity, state, ask, revision, shown_at, read_at, relayed_at, refused_at, refused_from, reached,
       method, reminders, rungs, escalated_at, remind_at, due_at
FROM item WHERE warning = :warning AND worker = :worker;

-- Q_ITEM_ADD
INSERT INTO item (warning, worker, village, severity, state, ask, revision, shown_at, remind_at, due_at)
VALUES (:warning, :worker, :village, :severity, 1, :ask, :revision, :shown_at, :remind_at, :due_at)
ON CONFLICT (warning, worker) DO NOTHING;

-- Q_ITEM_SAVE
UPDATE item SET severity = :severity, state = :state, ask = :ask, revision = :revision, shown_at = :shown_at, read_at = :read_at,
                relayed_at = :relayed_at, refused_at = :refused_at, refused_from = :refused_from, reached = :reached,
                method = :method, reminders = :reminders, rungs = :rungs, escalated_at = :escalated_at, remind_at = :remind_at,
                due_at = :due_at
WHERE no = :no;

-- Q_NEXT_ITEM
SELECT no, severity, (SELECT COUNT(*) FROM item WHERE worker = :worker AND state <= 3) AS open,
       (SELECT state FROM item WHERE no = :holder) AS held_state, (SELECT severity FROM item WHERE no = :holder) AS held_severity
FROM item WHERE worker = :worker AND state <= 3 ORDER BY severity DESC, no LIMIT 1;

-- Q_ITEMS_FROM
SELECT no, worker FROM item WHERE warning = :warning AND worker >= :from ORDER BY worker LIMIT :most;

-- Q_ITEMS_DUE
SELECT no FROM item WHERE due_at <= :now ORDER BY due_at LIMIT :most;

-- Q_RECEIPTS
SELECT worker.account AS account, item.village AS village, item.state AS state, item.shown_at AS shown_at, item.read_at AS read_at,
       item.relayed_at AS relayed_at, item.refused_at AS refused_at, item.reached AS reached, item.method AS method,
       item.escalated_at AS escalated_at, item.worker AS worker
FROM item JOIN worker ON worker.no = item.worker
WHERE item.warning = :warning AND item.worker > :after
ORDER BY item.worker LIMIT :most;

-- Q_ACT_ADD
INSERT INTO act (worker, id, at) VALUES (:worker, :id, :at);

-- Q_ACTS_FORGET
DELETE FROM act WHERE no IN (SELECT no FROM act WHERE at <= :before ORDER BY at LIMIT :most);

-- Q_LEAD_PUT
INSERT INTO lead (id, sealed) VALUES (:id, :sealed) ON CONFLICT (id) DO UPDATE SET sealed = MAX(sealed, excluded.sealed);

-- Q_LEAD
SELECT sealed FROM lead WHERE id = :id;

-- Q_WALK
SELECT position FROM walk WHERE one = 1 AND edition = :edition;

-- Q_WALK_PUT
INSERT INTO walk (one, edition, position) VALUES (1, :edition, :position)
ON CONFLICT (one) DO UPDATE SET edition = excluded.edition, position = excluded.position;

-- Q_VILLAGE_PUT
INSERT INTO village (code, edition) VALUES (:code, :edition) ON CONFLICT (code) DO UPDATE SET edition = excluded.edition;

-- Q_VILLAGES_GONE
SELECT code FROM village WHERE edition < :edition UNION ALL SELECT code FROM village WHERE edition > :edition LIMIT :most;

-- Q_VILLAGE_DROP
DELETE FROM village WHERE code = :code;

-- Q_NEXT
SELECT MIN(at) FROM (
    SELECT MIN(effective) AS at FROM warning WHERE stage = 1
    UNION ALL SELECT MIN(expires) FROM warning WHERE stage IN (2, 3)
    UNION ALL SELECT MIN(board_due) FROM warning WHERE board_due IS NOT NULL
    UNION ALL SELECT MIN(due_at) FROM item WHERE due_at IS NOT NULL
    UNION ALL SELECT MIN(wake_at) FROM worker WHERE wake_at IS NOT NULL
    UNION ALL SELECT MIN(at) + :kept FROM act);
