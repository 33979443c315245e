-- The router's ledger. One row per lead, and the row names exactly one accountable unit: `unit` is NOT NULL and there is no other
-- place where a lead could belong to anybody. Numbers of enumerations are those of life.h and town.h: never renumbered.

-- 1
CREATE TABLE lead (
    lead TEXT NOT NULL PRIMARY KEY CHECK (length(lead) BETWEEN 6 AND 24), -- intake's number, 2026-000123; grows with time
    status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 5),       -- enum life: 1 dispatched 2 signed 3 concluded 4 closed 5 awaiting a receipt
    unit TEXT NOT NULL CHECK (unit <> ''),                        -- code of the accountable unit; of a closed lead the last one
    round INTEGER NOT NULL DEFAULT 1 CHECK (round >= 1),          -- 1, then one more for each redo or reopening
    hop INTEGER NOT NULL DEFAULT 0 CHECK (hop >= 0),              -- how often it changed its unit in this round
    severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 3),   -- enum severity
    urgency INTEGER NOT NULL CHECK (urgency BETWEEN 0 AND 2),     -- enum urgency: 0 routine 1 urgent 2 money-moving
    claimed INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)), -- the urgency is only claimed by the sender
    named INTEGER NOT NULL DEFAULT 0 CHECK (named IN (0, 1)),     -- a reporter wants an answer
    unmatched INTEGER NOT NULL DEFAULT 0 CHECK (unmatched IN (0, 1)), -- only the catch-all fitted and the office has not looked yet
    parked TEXT,                                                  -- why lead.received could not be read, until it can or somebody has acted on the placeholder
    sealed INTEGER NOT NULL DEFAULT 0 CHECK (sealed BETWEEN 0 AND 2), -- enum seal: 0 open 1 sealed until the office has decided 2 a complaint
    against TEXT,                                                 -- unit code or village (12 digits) complained of
    village TEXT,                                                 -- 12 digits
    channel TEXT NOT NULL,                                        -- kind of channel: hotline police platform field
    sender TEXT,                                                  -- account of the channel that has a card of it
    assist TEXT NOT NULL DEFAULT '[]', -- list of codes of assisting units
    groups INTEGER NOT NULL DEFAULT 0 CHECK (groups BETWEEN 0 AND 15), -- bits 1 << enum group
    finding TEXT,                                                 -- word of the latest conclusion in this round
    facts TEXT NOT NULL,                -- what lead.received told, masked, and what was found out since
    rounds TEXT NOT NULL,              -- list, one entry per holding by one unit, oldest first
    dispatched INTEGER NOT NULL,                                  -- ms UTC: the present unit was made accountable
    updated INTEGER NOT NULL,                                     -- ms UTC: last change; lists are in this order
    closed INTEGER,                                               -- ms UTC
    forget INTEGER,                                               -- ms UTC: when the channel's card of a closed lead goes
    revision INTEGER NOT NULL,                                    -- counts the changes
    CHECK ((status = 4) = (closed IS NOT NULL)),
    CHECK (against IS NULL OR sealed > 0),
    CHECK (against IS NOT unit),
    CHECK (forget IS NULL OR closed IS NOT NULL)
) STRICT;
-- Lists are read off these alone, filters included; the row is fetched only for what is listed.
CREATE INDEX lead_of_unit ON lead (unit, updated, lead, status, severity, village, sealed);
CREATE INDEX lead_of_all ON lead (updated, lead, status, severity, village, sealed);
CREATE INDEX lead_to_forget ON lead (forget) WHERE forget IS NOT NULL;

-- What people did with a lead, with all they said about it. Never changed.
CREATE TABLE act (
    act INTEGER PRIMARY KEY AUTOINCREMENT,
    lead TEXT NOT NULL REFERENCES lead (lead),
    round INTEGER NOT NULL,
    at INTEGER NOT NULL,                       -- ms UTC
    by TEXT,                                   -- account; NULL: the clock
    action TEXT NOT NULL,                      -- word of the contract
    more TEXT NOT NULL -- the request's fields
) STRICT;
CREATE INDEX act_of_lead ON act (lead, act);

-- Leads that look alike, both ways round.
CREATE TABLE link (
    lead TEXT NOT NULL REFERENCES lead (lead),
    other TEXT NOT NULL REFERENCES lead (lead),
    why TEXT NOT NULL,      -- phone account name url text
    PRIMARY KEY (lead, other),
    CHECK (lead <> other)
) STRICT, WITHOUT ROWID;
