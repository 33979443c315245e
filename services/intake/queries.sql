-- Statements of intake. One lead costs about ten of them, nearly all on keys that grow with time.

-- Q_SECRET
SELECT hex FROM secret WHERE one = 1;
-- Q_SECRET_MAKE
INSERT INTO secret (one, hex) VALUES (1, :hex);

-- Two statements: RETURNING builds a table of its own each time, which costs ten times what the update does.
-- Q_NUMBER_LAST
SELECT last FROM counter WHERE one = 1 AND year = :year;
-- Q_NUMBER_SET
UPDATE counter SET last = :last, year = :year WHERE one = 1;
-- Q_NUMBER_JUMP
UPDATE counter SET last = CASE WHEN year = :year THEN max(last, :number) ELSE :number END, year = :year
    WHERE one = 1 AND year <= :year;
-- Q_NUMBER_SPARE
UPDATE counter SET last = CASE WHEN year = :year THEN last ELSE 0 END + :count, year = :year WHERE one = 1;

-- Q_LEAD_ADD
INSERT INTO lead (lead, at, status, updated, answer, sealed, similar, words, facts)
    VALUES (:lead, :at, 0, :at, NULL, :sealed, 0, :words, :facts);
-- Q_LEAD
SELECT lead, status, updated, answer, sealed, similar, words, facts FROM lead WHERE lead = :lead;
-- Q_LEAD_FACTS
UPDATE lead SET words = :words, facts = :facts, sealed = max(sealed, :sealed) WHERE lead = :lead;
-- Q_LEAD_STATUS
UPDATE lead SET status = :status, updated = :at, answer = coalesce(:answer, answer) WHERE lead = :lead;
-- Q_LEAD_TOUCHED
UPDATE lead SET updated = :at WHERE lead = :lead;
-- Q_LEAD_SIMILAR
UPDATE lead SET similar = :similar WHERE lead = :lead;
-- Q_LEAD_SEALED
UPDATE lead SET sealed = 1 WHERE lead = :lead;

-- Q_TRACK_ADD
INSERT INTO track (code, lead) VALUES (:code, :lead);
-- Q_TRACK
SELECT l.lead, l.status, l.updated, l.answer FROM track t JOIN lead l ON l.lead = t.lead WHERE t.code = :code;

-- Q_SOURCE
SELECT lead FROM source WHERE account = :account AND source_ref = :source_ref;
-- Q_SOURCE_ADD
INSERT INTO source (account, source_ref, lead) VALUES (:account, :source_ref, :lead);

-- Q_ENTITY_ADD
INSERT INTO entity (hash, lead) VALUES (:hash, :lead) ON CONFLICT (hash, lead) DO NOTHING;
-- Q_ENTITY_OTHERS
SELECT e.lead, l.facts FROM entity e JOIN lead l ON l.lead = e.lead
    WHERE e.hash = :hash AND e.lead <> :lead AND l.sealed = 0 ORDER BY e.lead DESC LIMIT :limit;

-- Q_VAULT_ADD
INSERT INTO vault (lead, part, box) SELECT :lead, coalesce(max(part), 0) + 1, :box FROM vault WHERE lead = :lead;

-- Q_SAID
SELECT lead FROM said WHERE hash = :hash AND at > :after;
-- Q_SAID_ADD
INSERT INTO said (hash, lead, at) VALUES (:hash, :lead, :at) ON CONFLICT (hash) DO UPDATE SET lead = excluded.lead, at = excluded.at;
-- Q_SAID_PASS
DELETE FROM said WHERE hash IN (SELECT hash FROM said WHERE at < :before ORDER BY at LIMIT 150);

-- Q_PACE
SELECT hour, leads, day, urgent, beyond FROM pace WHERE account = :account AND device = :device;
-- Q_PACE_ADD
INSERT INTO pace (account, device, hour, leads, day, urgent, beyond) VALUES (:account, :device, :hour, :leads, :day, :urgent, :beyond);
-- Q_PACE_SET
UPDATE pace SET hour = :hour, leads = :leads, day = :day, urgent = :urgent, beyond = :beyond
    WHERE account = :account AND device = :device;
-- Q_PACE_BEYOND
SELECT count(*) FROM pace WHERE beyond = 1 AND hour = :hour;
-- Q_PACE_PASS
DELETE FROM pace WHERE (account, device) IN
    (SELECT account, device FROM pace WHERE device <> '' AND hour < :hour ORDER BY hour LIMIT 150);

-- Q_WRONG
SELECT tries, open_at FROM wrong WHERE account = :account AND device = :device;
-- Q_WRONG_SET
INSERT INTO wrong (account, device, tries, open_at) VALUES (:account, :device, :tries, :open_at)
    ON CONFLICT (account, device) DO UPDATE SET tries = excluded.tries, open_at = excluded.open_at;
-- Q_WRONG_FORGET
DELETE FROM wrong WHERE account = :account AND device = :device;
-- Q_WRONG_PASS
DELETE FROM wrong WHERE (account, device) IN
    (SELECT account, device FROM wrong WHERE open_at < :before ORDER BY open_at LIMIT 150);

-- Q_CLEANED
SELECT hour FROM cleaned WHERE one = 1;
-- Q_CLEANED_SET
UPDATE cleaned SET hour = :hour WHERE one = 1;
