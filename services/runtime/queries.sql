-- Statements of the runtime itself.

-- R_META
SELECT value FROM meta WHERE key = :key;
-- R_META_SET
INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- R_STREAM_ADD
INSERT INTO stream (seq, subject, type, body, hash) VALUES (:seq, :subject, :type, :body, :hash);
-- R_STREAM_HEAD
SELECT seq, hash FROM stream ORDER BY seq DESC LIMIT 1;
-- R_STREAM_HASH
SELECT hash FROM stream WHERE seq = :seq;
-- R_STREAM_FROM
SELECT seq, body FROM stream WHERE seq >= :seq ORDER BY seq LIMIT :limit;

-- R_CURSORS
SELECT producer, epoch, seq, hash FROM cursor LIMIT 100;
-- R_CURSOR_SET
INSERT INTO cursor (producer, epoch, seq, hash) VALUES (:producer, :epoch, :seq, :hash)
    ON CONFLICT (producer) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, hash = excluded.hash;
-- R_CONTINUES
SELECT epoch, seq FROM continues ORDER BY epoch LIMIT 100;
-- R_CONTINUES_ADD
INSERT INTO continues (epoch, seq) VALUES (:epoch, :seq);
-- R_CONTINUES_SHORTEN
UPDATE continues SET seq = min(seq, :seq);

-- R_VIEW
SELECT payload FROM view WHERE topic = :topic;
-- R_VIEW_SET
INSERT INTO view (topic, lane, revision, payload) VALUES (:topic, :lane, :revision, :payload)
    ON CONFLICT (topic) DO UPDATE SET lane = excluded.lane, revision = excluded.revision, payload = excluded.payload
    WHERE payload IS NOT excluded.payload;
-- R_VIEW_CLEAR
UPDATE view SET revision = :revision, payload = NULL WHERE topic = :topic AND payload IS NOT NULL;
-- R_VIEWS_AFTER
SELECT topic, revision, payload FROM view WHERE lane = :lane AND revision > :revision ORDER BY revision LIMIT :limit;
-- R_VIEWS_PRUNE
DELETE FROM view WHERE lane = :lane AND revision <= :revision AND payload IS NULL;
-- R_VIEWS_DEAD
SELECT count(*) FROM view WHERE lane = :lane AND payload IS NULL;

-- R_ANSWERED
SELECT digest, answer FROM answered WHERE key = :key;
-- R_ANSWERED_ADD
INSERT INTO answered (key, digest, answer, keep, at) VALUES (:key, :digest, :answer, :keep, :at);
-- R_ANSWERED_PRUNE
DELETE FROM answered WHERE number IN (SELECT number FROM answered WHERE keep = 0 AND at < :before ORDER BY at LIMIT 500);

-- R_PARKED_ADD
INSERT INTO parked (producer, seq, subject, body, reason, at) VALUES (:producer, :seq, :subject, :body, :reason, :at);
-- R_PARKED_COUNT
SELECT count(*) FROM parked;
-- R_PARKED_AHEAD
SELECT number FROM parked WHERE producer = :producer AND subject = :subject ORDER BY number LIMIT 1;
-- R_PARKED_LIST
SELECT number, producer, seq, subject, reason, at FROM parked WHERE number > :after ORDER BY number LIMIT 100;
-- R_PARKED_ONE
SELECT number, producer, seq, subject, body FROM parked WHERE number = :number;
-- R_PARKED_NEXT
SELECT number, producer, seq, subject, body FROM parked WHERE producer = :producer AND subject = :subject ORDER BY number LIMIT 1;
-- R_PARKED_DROP
DELETE FROM parked WHERE number = :number;

-- R_ALARMS
SELECT key, sentence, command, since FROM alarm ORDER BY since, key LIMIT 100;
-- R_ALARM_RAISE
INSERT INTO alarm (key, sentence, command, since) VALUES (:key, :sentence, :command, :since)
    ON CONFLICT (key) DO UPDATE SET sentence = excluded.sentence, command = excluded.command
    WHERE alarm.sentence IS NOT excluded.sentence;
-- R_ALARM_CLEAR
DELETE FROM alarm WHERE key = :key;

-- R_ALARM_IS
SELECT count(*) FROM alarm WHERE key = :key;

-- R_POISON
SELECT key, attempts FROM poison LIMIT 1000;
-- R_POISON_ADD
INSERT INTO poison (key, attempts) VALUES (:key, 1) ON CONFLICT (key) DO UPDATE SET attempts = attempts + 1;
