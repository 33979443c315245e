-- The ledger of deadlines. Instants are ms UTC since 1970. Numbers of enumerations are those of policy.h, calendar.h, rules.h and
-- town.h: never renumbered. Keys begin with the lead's number, which grows with time.

-- 1
-- Editions of the configuration that leads are pinned to, once each, because their ids are long.
CREATE TABLE edition (
    n INTEGER PRIMARY KEY,
    edition TEXT NOT NULL UNIQUE -- 64 hex digits
) STRICT;

-- What the clocks have to know of a lead: one row from its dispatch on, kept for ever.
CREATE TABLE lead (
    lead TEXT NOT NULL PRIMARY KEY,                                          -- 2026-000123
    unit TEXT NOT NULL,                                                      -- code of the accountable unit
    round INTEGER NOT NULL CHECK (round >= 1),                               -- one more for each redo or reopening
    stage INTEGER NOT NULL CHECK (stage BETWEEN 1 AND 3),                    -- enum stage: 1 in hand 2 concluded 3 closed
    severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 3),              -- enum severity
    is_money_moving INTEGER NOT NULL CHECK (is_money_moving IN (0, 1)),      -- the lane of real minutes
    is_sealed INTEGER NOT NULL CHECK (is_sealed IN (0, 1)),                  -- on no unit's topic
    edition INTEGER NOT NULL REFERENCES edition (n)                          -- of this round
) STRICT, WITHOUT ROWID;

CREATE TABLE clock (
    lead TEXT NOT NULL,
    round INTEGER NOT NULL,
    clock INTEGER NOT NULL CHECK (clock BETWEEN 1 AND 9),                    -- enum clock_kind
    occurrence INTEGER NOT NULL CHECK (occurrence >= 1),                     -- repeats, owners and extensions within a round
    unit TEXT NOT NULL,                                                      -- code of the unit it runs against
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),                    -- enum clock_state: 1 runs 2 met 3 breached 4 late 5 ended
    started INTEGER NOT NULL,                                                -- instant
    due INTEGER NOT NULL,                                                    -- instant; an act exactly then is in time
    first_due INTEGER NOT NULL,                                              -- instant: as it was before any extension, pause or correction
    run_from INTEGER NOT NULL,                                               -- instant from which `left` runs; ahead of now while paused
    left_unit INTEGER NOT NULL CHECK (left_unit BETWEEN 1 AND 4),            -- enum budget_unit
    left_amount INTEGER NOT NULL CHECK (left_amount >= 0),                   -- ms for units of minutes, days for units of days
    extra_days INTEGER NOT NULL CHECK (extra_days >= 0),                     -- working days of an extension, after `left`
    whole INTEGER NOT NULL,                                                  -- ms of counting time from start to due: what permille are of
    position INTEGER NOT NULL,                                               -- steps of the ladder whose instant has passed: the colour
    said INTEGER NOT NULL,                                                   -- steps recorded; never goes back in an occurrence
    hold INTEGER,                                                            -- instant before which punitive steps wait
    ended INTEGER,                                                           -- instant of the act or of what made it pointless
    outage INTEGER NOT NULL DEFAULT 0,                                       -- minutes in which its card could not be shown (reserved)
    next INTEGER,                                                            -- instant of the next step; NULL: none to come
    PRIMARY KEY (lead, round, clock, occurrence)
) STRICT, WITHOUT ROWID;
-- The one index a tick reads: its cost is the steps that are due, whatever the number of open clocks.
CREATE INDEX clock_next ON clock (next) WHERE next IS NOT NULL;

-- Each step once: this row is committed before anybody is shown anything.
CREATE TABLE step (
    lead TEXT NOT NULL,
    round INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    step TEXT NOT NULL,                                                      -- its name on the ladder
    at INTEGER NOT NULL,                                                     -- instant it was recorded at
    is_missed INTEGER NOT NULL CHECK (is_missed IN (0, 1)),                  -- its time had passed before we could say it
    PRIMARY KEY (lead, round, clock, occurrence, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
    lead TEXT NOT NULL,
    at INTEGER NOT NULL,                                                     -- instant it began
    round INTEGER NOT NULL,
    until INTEGER NOT NULL,                                                  -- instant it ends, by date or because it was resumed
    reason TEXT NOT NULL,                                                    -- word of the contract
    PRIMARY KEY (lead, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE extension (
    lead TEXT NOT NULL,
    at INTEGER NOT NULL,                                                     -- instant it was granted
    round INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    days INTEGER NOT NULL,                                                   -- working days
    was INTEGER NOT NULL,                                                    -- due instant before
    due INTEGER NOT NULL,                                                    -- due instant after
    PRIMARY KEY (lead, at, clock)
) STRICT, WITHOUT ROWID;

-- 督办单: numbered within its year.
CREATE TABLE supervision (
    year INTEGER NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 1),
    lead TEXT NOT NULL,
    round INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    unit TEXT NOT NULL,                                                      -- code of the unit it is for
    opened INTEGER NOT NULL,                                                 -- instant
    due INTEGER NOT NULL,                                                    -- instant by which the unit complies
    PRIMARY KEY (year, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX supervision_of_lead ON supervision (lead);

-- The calendars all clocks are computed by; one row. While `after` is a lead, those behind it still wait for the newest ones.
CREATE TABLE calendars (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    calendars TEXT NOT NULL,                                                 -- name and edition of each
    after TEXT                                                               -- lead; NULL: every clock is right
) STRICT;

-- Since when a producer has been silent that this process has never heard; at most one row.
CREATE TABLE silence (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    since INTEGER NOT NULL                                                   -- instant
) STRICT;

-- 2
-- Numbers of supervision orders that a ledger which was lost may have given.
CREATE TABLE spared (
    year INTEGER PRIMARY KEY,
    n INTEGER NOT NULL CHECK (n >= 0)                                        -- the next one is above
) STRICT;

-- 3
-- The lane in which each clock was started: its rule and its ladder are of that one, also when money turns out to be moving later.
ALTER TABLE clock ADD COLUMN is_money_moving INTEGER NOT NULL DEFAULT 0 CHECK (is_money_moving IN (0, 1)); -- 1: minutes
UPDATE clock SET is_money_moving = 1 WHERE lead IN (SELECT lead FROM lead WHERE is_money_moving = 1);
