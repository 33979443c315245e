-- Statements of the router. Lists: `until` first finds the last row a request may look at, so that a filter that fits nothing costs a
-- bounded walk over one index; then the rows up to there.

-- Q_LEAD
SELECT * FROM lead WHERE lead = :lead;

-- Q_LEAD_OPEN
INSERT INTO lead (lead, status, unit, round, hop, severity, urgency, claimed, named, unmatched, parked, sealed, against, village, channel,
    sender, assist, groups, finding, facts, rounds, dispatched, updated, closed, forget, revision)
VALUES (:lead, :status, :unit, :round, :hop, :severity, :urgency, :claimed, :named, :unmatched, :parked, :sealed, :against, :village,
    :channel, :sender, :assist, :groups, :finding, :facts, :rounds, :dispatched, :updated, :closed, :forget, :revision);

-- Q_LEAD_CHANGE
UPDATE lead SET status = :status, unit = :unit, round = :round, hop = :hop, severity = :severity, urgency = :urgency, claimed = :claimed,
    named = :named, unmatched = :unmatched, parked = :parked, sealed = :sealed, against = :against, village = :village,
    channel = :channel, sender = :sender, assist = :assist, groups = :groups, finding = :finding, facts = :facts, rounds = :rounds,
    dispatched = :dispatched, updated = :updated, closed = :closed, forget = :forget, revision = :revision
WHERE lead = :lead;

-- Q_ACT
INSERT INTO act (lead, round, at, by, action, more) VALUES (:lead, :round, :at, :by, :action, :more);

-- Q_ACTS
SELECT round, at, by, action, more FROM act WHERE lead = :lead ORDER BY act DESC LIMIT 50;

-- Q_LINK
INSERT OR IGNORE INTO link (lead, other, why) VALUES (:lead, :other, :why);

-- Q_LINKS_SHOWN
SELECT link.other, link.why FROM link JOIN lead ON lead.lead = link.other
WHERE link.lead = :lead AND lead.sealed = 0 ORDER BY link.other DESC LIMIT 20;

-- Q_LINKS
SELECT other FROM link WHERE lead = :lead ORDER BY other DESC LIMIT 1000;

-- Q_FORGETTABLE
SELECT lead FROM lead WHERE forget IS NOT NULL AND forget <= :now ORDER BY forget LIMIT 512;

-- Q_NEXT_TO_FORGET
SELECT min(forget) FROM lead WHERE forget IS NOT NULL;

-- Q_UNTIL_OF_UNIT
SELECT updated, lead FROM lead WHERE unit = :unit AND (updated, lead) > (:updated, :lead) AND updated < :to
ORDER BY updated, lead LIMIT 1 OFFSET :window;

-- Q_UNTIL_OF_ALL
SELECT updated, lead FROM lead WHERE (updated, lead) > (:updated, :lead) AND updated < :to ORDER BY updated, lead LIMIT 1 OFFSET :window;

-- Q_LIST_OF_UNIT
SELECT lead, unit, status, severity, urgency, claimed, village, sealed, against, round, dispatched, updated, facts FROM lead
WHERE unit = :unit AND (updated, lead) > (:updated, :lead) AND (updated, lead) <= (:until_updated, :until_lead) AND updated < :to
  AND (:status IS NULL OR status IN (:status, :also)) AND (:severity IS NULL OR severity = :severity)
  AND (:village IS NULL OR village = :village) AND (:sees_sealed OR sealed = 0)
ORDER BY updated, lead LIMIT :limit;

-- Q_LIST_OF_ALL
SELECT lead, unit, status, severity, urgency, claimed, village, sealed, against, round, dispatched, updated, facts FROM lead
WHERE (updated, lead) > (:updated, :lead) AND (updated, lead) <= (:until_updated, :until_lead) AND updated < :to
  AND (:status IS NULL OR status IN (:status, :also)) AND (:severity IS NULL OR severity = :severity)
  AND (:village IS NULL OR village = :village) AND (:sees_sealed OR sealed = 0)
ORDER BY updated, lead LIMIT :limit;
