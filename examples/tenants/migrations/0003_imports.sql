-- The imports that have ended. One that was completed comes with its notes, in one transaction; of others there are no notes.
CREATE TABLE imports (
    id       TEXT PRIMARY KEY,
    ended_at TEXT NOT NULL, -- RFC 3339
    outcome  TEXT NOT NULL CHECK (outcome IN ('completed', 'failed', 'interrupted')),
    notes    INTEGER NOT NULL,
    error    TEXT
) STRICT;
