-- The ledger of intake: leads as received, what finds them again, and the sealed vault. A lead's key is year * 1000000000 + its
-- number in that year, so it grows with time. Nothing here names a reporter; the vault's boxes cannot be opened on this machine.
-- 1
CREATE TABLE secret (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    hex TEXT NOT NULL                          -- 32 random bytes, made with the ledger: the key of every keyed hash below
) STRICT;
CREATE TABLE counter (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    year INTEGER NOT NULL,                     -- calendar year in Shanghai
    last INTEGER NOT NULL CHECK (last >= 0)    -- the highest number given in it; a restored ledger jumps past all it hears of
) STRICT;
INSERT INTO counter (one, year, last) VALUES (1, 0, 0);
CREATE TABLE lead (
    lead    INTEGER PRIMARY KEY,               -- year * 1000000000 + number
    at      INTEGER NOT NULL,                  -- received, UTC ms
    status  INTEGER NOT NULL CHECK (status BETWEEN 0 AND 5), -- intake.c enum status; stored: never renumber
    updated INTEGER NOT NULL,                  -- of the last change of status, UTC ms
    answer  TEXT,                              -- answer_public, shown once the lead is closed
    sealed  INTEGER NOT NULL CHECK (sealed IN (0, 1)), -- 1: never linked to others
    similar INTEGER NOT NULL CHECK (similar IN (0, 1)), -- 1: an inbox entry of likeness is shown
    words   INTEGER NOT NULL,                  -- keyed hash of the masked text
    facts   TEXT NOT NULL                      -- JSON: what lead.received and its supplements said, but the text
) STRICT;
CREATE TABLE track (
    code INTEGER PRIMARY KEY,                  -- keyed hash of a track code; the code itself is not kept
    lead INTEGER NOT NULL REFERENCES lead
) STRICT;
CREATE TABLE source (
    account    TEXT NOT NULL,                  -- who submitted; web@<device> for one visit of the public page
    source_ref TEXT NOT NULL,                  -- the sender's own number, or a keyed hash of it if it said who the reporter is
    lead       INTEGER NOT NULL REFERENCES lead,
    PRIMARY KEY (account, source_ref)
) STRICT, WITHOUT ROWID;
CREATE TABLE entity (
    hash INTEGER NOT NULL,                     -- keyed hash of a telephone, account, site, plate or firm of the suspect
    lead INTEGER NOT NULL REFERENCES lead,
    PRIMARY KEY (hash, lead)
) STRICT, WITHOUT ROWID;
CREATE TABLE vault (
    lead INTEGER NOT NULL REFERENCES lead,
    part INTEGER NOT NULL,                     -- 1 with the lead, more with its repeats and supplements
    box  BLOB NOT NULL,                        -- sealed to both custodians (vault.h)
    PRIMARY KEY (lead, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE said (
    hash INTEGER PRIMARY KEY,                  -- keyed hash of a worker and what they said, masked
    lead INTEGER NOT NULL REFERENCES lead,
    at   INTEGER NOT NULL                      -- UTC ms
) STRICT;
CREATE INDEX said_passing ON said (at);
CREATE TABLE pace (
    account TEXT NOT NULL,
    device  TEXT NOT NULL,                     -- '' for the account as a whole
    hour    INTEGER NOT NULL,                  -- hours since 1970 that `leads` counts
    leads   INTEGER NOT NULL,                  -- accepted in that hour
    day     INTEGER NOT NULL,                  -- days since 1970, Shanghai, that `urgent` counts
    urgent  INTEGER NOT NULL,                  -- money-moving ones accepted on that day
    beyond  INTEGER NOT NULL CHECK (beyond IN (0, 1)), -- 1: over its limit in that hour, an alarm is up
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX pace_beyond ON pace (hour) WHERE beyond = 1;
CREATE INDEX pace_passing ON pace (hour) WHERE device <> '';
CREATE TABLE wrong (
    account TEXT NOT NULL,
    device  TEXT NOT NULL,                     -- '' without one
    tries   INTEGER NOT NULL,                  -- wrong track codes, one after the other
    open_at INTEGER NOT NULL,                  -- until then this connection is answered too-many, UTC ms
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX wrong_passing ON wrong (open_at);
CREATE TABLE cleaned (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    hour INTEGER NOT NULL                      -- the hour that ended last when passing rows were cleared, hours since 1970
) STRICT;
INSERT INTO cleaned (one, hour) VALUES (1, 0);
