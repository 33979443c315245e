-- schema.sql - the ledger of `warning`: warnings, whom they address, what became of each. Append-only migrations.
-- Instants are UTC milliseconds since 1970. Codes of severity, status, stage and state stand in the headers beside this file.

-- 1
-- Every warning ever ordered, in the order of issue.
CREATE TABLE warning (
    no INTEGER PRIMARY KEY AUTOINCREMENT,                         -- order of issue, the age of its items
    id TEXT NOT NULL UNIQUE,                                      -- w-2026-0017
    year INTEGER NOT NULL,                                        -- Shanghai calendar year of the issue
    number INTEGER NOT NULL CHECK (number > 0),                   -- in that year; what people say: 17
    status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 3),       -- enum phone_status
    severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 3),   -- enum severity
    urgency TEXT,                                                 -- word of the contract
    certainty TEXT,                                               -- word of the contract
    guise TEXT,                                                   -- word of the contract
    headline TEXT NOT NULL,                                       -- at most 40 code points
    text TEXT,                                                    -- the long form, at most 2000 code points
    instruction TEXT,                                             -- the errand, at most 500 code points; NULL: reading is all
    effective INTEGER NOT NULL,                                   -- ms; shown from then on
    expires INTEGER NOT NULL CHECK (expires > effective),         -- ms; disappears then
    confirm_by INTEGER NOT NULL,                                  -- ms; escalated when not confirmed by then
    audience TEXT NOT NULL,                                       -- JSON as ordered: {"all":true} | {"villages":[]} | {"workers":[]}
    edition TEXT NOT NULL,                                        -- configuration edition by which the audience was counted
    workers INTEGER NOT NULL CHECK (workers >= 0),                -- how many are addressed
    lead TEXT,                                                    -- why it was ordered; never published
    ordered_by TEXT NOT NULL,                                     -- account
    by_unit TEXT NOT NULL,                                        -- code of the unit that answers for it
    issued_at INTEGER NOT NULL,                                   -- ms
    worded_at INTEGER NOT NULL,                                   -- ms; when its present texts were ordered: what 今天 in them means
    revision INTEGER NOT NULL CHECK (revision > 0),               -- 1, and one more per update
    ask INTEGER NOT NULL CHECK (ask > 0),                         -- 1, and one more per update that asks everybody again
    stage INTEGER NOT NULL CHECK (stage BETWEEN 1 AND 5),         -- enum stage: planned spreading standing winding over
    position INTEGER NOT NULL CHECK (position >= 0),              -- how far spreading or winding has come
    ended INTEGER CHECK (ended BETWEEN 1 AND 2),                  -- enum ending: expired cancelled; NULL: in force
    ended_at INTEGER,                                             -- ms
    reason TEXT,                                                  -- of a cancellation, at most 500 code points
    board_due INTEGER,                                            -- ms; when its statistics are shown next; NULL: they are up to date
    UNIQUE (year, number)
) STRICT;
CREATE INDEX warning_planned ON warning (effective) WHERE stage = 1;
CREATE INDEX warning_moving ON warning (stage, no) WHERE stage IN (2, 4);
CREATE INDEX warning_expiring ON warning (expires) WHERE stage IN (2, 3);
CREATE INDEX warning_board ON warning (board_due) WHERE board_due IS NOT NULL;

-- The villages a warning concerns, and how far it has come there. Counts only grow, except where an update asks again.
CREATE TABLE coverage (
    warning INTEGER NOT NULL REFERENCES warning (no),
    place INTEGER NOT NULL CHECK (place >= 0),                    -- 0, 1, 2 … in the town's order
    village TEXT NOT NULL,                                        -- 12 digits
    shown_here INTEGER NOT NULL CHECK (shown_here IN (0, 1)),     -- 1: it stands on the village's topic
    rank INTEGER NOT NULL,                                        -- for the order of notices: severity, 10 more if it is no exercise
    workers INTEGER NOT NULL DEFAULT 0 CHECK (workers >= 0),      -- addressed here
    shown INTEGER NOT NULL DEFAULT 0 CHECK (shown >= 0),          -- on whose phone it has been
    read INTEGER NOT NULL DEFAULT 0 CHECK (read >= 0),            -- who confirmed reading
    relayed INTEGER NOT NULL DEFAULT 0 CHECK (relayed >= 0),      -- who confirmed passing on
    refused INTEGER NOT NULL DEFAULT 0 CHECK (refused >= 0),      -- who said 办不了
    reached INTEGER NOT NULL DEFAULT 0 CHECK (reached >= 0),      -- households
    escalated INTEGER NOT NULL DEFAULT 0 CHECK (escalated >= 0),  -- workers whose item went up
    PRIMARY KEY (warning, village)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX coverage_place ON coverage (warning, place);
CREATE INDEX coverage_notice ON coverage (village, rank DESC, warning) WHERE shown_here = 1;

-- Every worker of the town, and what stands on the phone.
CREATE TABLE worker (
    no INTEGER PRIMARY KEY,                                       -- in the order in which they were first seen
    account TEXT NOT NULL UNIQUE,                                 -- w200-1
    edition TEXT NOT NULL,                                        -- the newest configuration edition that has this worker
    gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1)),       -- 1: no edition in force has this worker; topics are clear
    shown INTEGER NOT NULL DEFAULT 0,                             -- item.no on the phone; 0: none
    shown_at INTEGER,                                             -- ms; since when, or since its text changed in substance
    tapped_at INTEGER,                                            -- ms; the last tap that counted
    look_again INTEGER NOT NULL DEFAULT 0 CHECK (look_again IN (0, 1)), -- 1: the text begins 请再看：
    echo INTEGER NOT NULL DEFAULT 0 CHECK (echo BETWEEN 0 AND 2), -- enum echo: none confirmed refused
    echo_item INTEGER NOT NULL DEFAULT 0,                         -- item.no the echo is about; 0: none
    echo_at INTEGER,                                              -- ms; the tap it answers
    wake_at INTEGER                                               -- ms; when the echo of a refusal makes room
) STRICT;
CREATE INDEX worker_waking ON worker (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX worker_edition ON worker (edition) WHERE gone = 0;

-- One warning for one worker.
CREATE TABLE item (
    no INTEGER PRIMARY KEY,                                       -- grows; the age among items of one worker
    warning INTEGER NOT NULL REFERENCES warning (no),
    worker INTEGER NOT NULL REFERENCES worker (no),
    village TEXT NOT NULL,                                        -- 12 digits; of the worker when the item was made
    severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 3),   -- of the warning; for the order on the phone
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 6),         -- enum item_state; 1 to 3 are open
    ask INTEGER NOT NULL,                                         -- which asking of the warning it answers
    revision INTEGER NOT NULL,                                    -- which revision the worker was given
    shown_at INTEGER,                                             -- ms; first on the phone in this asking
    read_at INTEGER,                                              -- ms; by the worker's own clock where that is believed
    relayed_at INTEGER,                                           -- ms; likewise
    refused_at INTEGER,                                           -- ms
    refused_from INTEGER,                                         -- the state a withdrawn refusal goes back to
    reached INTEGER,                                              -- households, as last reported
    method TEXT,                                                  -- how, in the page's words, at most 100 code points
    reminders INTEGER NOT NULL DEFAULT 0,                         -- how often it was shown again
    rungs INTEGER NOT NULL DEFAULT 0,                             -- how many rungs of the ladder it has climbed
    escalated_at INTEGER,                                         -- ms; the first of them
    remind_at INTEGER,                                            -- ms; the next reminder; NULL: none
    due_at INTEGER,                                               -- ms; when something has to be done about it; NULL: never
    UNIQUE (warning, worker)
) STRICT;
CREATE INDEX item_open ON item (worker, severity DESC, no) WHERE state <= 3;
CREATE INDEX item_due ON item (due_at) WHERE due_at IS NOT NULL;

-- Acts of the web page that were done, so that a repeat does nothing.
CREATE TABLE act (
    no INTEGER PRIMARY KEY,
    worker INTEGER NOT NULL REFERENCES worker (no),
    id TEXT NOT NULL,                                             -- the page's
    at INTEGER NOT NULL,                                          -- ms; arrival
    UNIQUE (worker, id)
) STRICT;
CREATE INDEX act_age ON act (at);

-- Leads that an order may name. Nothing of a lead but that it exists.
CREATE TABLE lead (
    id TEXT PRIMARY KEY,                                          -- 2026-000123
    sealed INTEGER NOT NULL CHECK (sealed IN (0, 1))              -- 1: nobody but the director may know that it exists
) STRICT, WITHOUT ROWID;

-- How far the walk through the town's villages and workers has come that makes every topic stand.
CREATE TABLE walk (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    edition TEXT NOT NULL,                                        -- configuration edition that is walked
    position INTEGER NOT NULL                                     -- villages and workers done; -1: all
) STRICT;
-- Villages whose notice stands.
CREATE TABLE village (
    code TEXT PRIMARY KEY,                                        -- 12 digits
    edition TEXT NOT NULL                                         -- the newest edition that has it
) STRICT, WITHOUT ROWID;
CREATE INDEX village_edition ON village (edition);

-- 2
-- Numbers of warnings that a ledger which was lost may have given.
CREATE TABLE spared (
    year INTEGER PRIMARY KEY,                                     -- Shanghai calendar year
    number INTEGER NOT NULL CHECK (number >= 0)                   -- the next one is above
) STRICT;
