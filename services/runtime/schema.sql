-- The tables every ledger has: its own stream, what it has heard of others, what it shows, what it answered.
-- 1
CREATE TABLE stream (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT, -- 1, 2, 3, ...; never reused
    subject TEXT NOT NULL,                     -- what the event is about
    type    TEXT NOT NULL,                     -- lead.received
    body    TEXT NOT NULL,                     -- the event as published, compact JSON
    hash    BLOB NOT NULL                      -- BLAKE2b-256 over the hash before and the body
) STRICT;
CREATE TABLE cursor (
    producer TEXT PRIMARY KEY,                 -- whose stream
    epoch    TEXT NOT NULL,                    -- of the producer's ledger; '' until it has been heard
    seq      INTEGER NOT NULL CHECK (seq >= 0),-- the last event applied
    hash     TEXT NOT NULL                     -- of that event, hex; '' at 0
) STRICT, WITHOUT ROWID;
CREATE TABLE continues (
    epoch TEXT PRIMARY KEY,                    -- of an earlier ledger that this one continues
    seq   INTEGER NOT NULL                     -- up to which its history is ours
) STRICT, WITHOUT ROWID;
CREATE TABLE view (
    topic    TEXT PRIMARY KEY,                 -- path without the root
    lane     INTEGER NOT NULL,                 -- 0 at once, 1 paced, 2 paced behind 1
    revision INTEGER NOT NULL,                 -- grows with every change in this ledger
    payload  TEXT                              -- NULL: cleared, the row stays until the broker is known to have cleared it
) STRICT;
CREATE UNIQUE INDEX view_by_revision ON view (lane, revision);
CREATE INDEX view_tombstones ON view (lane, revision) WHERE payload IS NULL;
CREATE TABLE answered (
    number  INTEGER PRIMARY KEY,               -- grows with time
    key     BLOB NOT NULL UNIQUE,              -- BLAKE2b-128 of account, device, kind, id
    digest  BLOB NOT NULL,                     -- BLAKE2b-128 of the request's value
    answer  TEXT NOT NULL,                     -- as published
    keep    INTEGER NOT NULL CHECK (keep IN (0, 1)), -- 1: for ever
    at      INTEGER NOT NULL                   -- UTC ms
) STRICT;
CREATE INDEX answered_passing ON answered (at) WHERE keep = 0;
CREATE TABLE parked (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    producer TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    subject  TEXT NOT NULL,
    body     TEXT NOT NULL,                    -- the event as heard
    reason   TEXT NOT NULL,                    -- why it could not be taken; 'behind N' when it only queues
    at       INTEGER NOT NULL,                 -- UTC ms
    UNIQUE (producer, seq)
) STRICT;
CREATE INDEX parked_by_subject ON parked (producer, subject, seq);
CREATE TABLE alarm (
    key      TEXT PRIMARY KEY,
    sentence TEXT NOT NULL,                    -- Chinese, complete
    command  TEXT,                             -- what to type
    since    INTEGER NOT NULL                  -- UTC ms
) STRICT, WITHOUT ROWID;
CREATE TABLE poison (
    key      BLOB PRIMARY KEY,                 -- BLAKE2b-128 of the message that was in hand when the process crashed
    attempts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- 2
-- An adopted ledger gives the numbers of the lost one anew, so an event is known by its own number here alone.
CREATE TABLE parked_2 (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,-- in the order of hearing
    producer TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    subject  TEXT NOT NULL,
    body     TEXT NOT NULL,                    -- the event as heard
    reason   TEXT NOT NULL,                    -- why it could not be taken; 'behind N' when it only queues
    at       INTEGER NOT NULL                  -- UTC ms
) STRICT;
INSERT INTO parked_2 (number, producer, seq, subject, body, reason, at)
    SELECT number, producer, seq, subject, body, reason, at FROM parked ORDER BY number;
DROP TABLE parked;
ALTER TABLE parked_2 RENAME TO parked;
CREATE INDEX parked_by_subject ON parked (producer, subject, number);
