-- The watch: who was where from when to when, and when anybody looked at all.
--
-- Tracked players' sessions are kept by player, strangers' by the time they ended: those are many, and rows that are
-- added at one end cost few writes and go again from the other. Numbers are kept small for the same reason.

CREATE TABLE places (
    -- Ours, small, since every session carries it.
    id INTEGER NOT NULL PRIMARY KEY,
    -- What the place is: 1 is a game server, on which BattleMetrics' players are.
    kind INTEGER NOT NULL,
    -- Its id where it comes from.
    number INTEGER NOT NULL,
    -- Beginning of the present observation window; NULL: never looked at.
    window_start INTEGER,
    -- The last look that everything kept of this place is right for; NULL: never looked at.
    observed_until INTEGER,
    UNIQUE (kind, number)
) STRICT;

-- Observation windows that are over.
CREATE TABLE windows (
    -- Where.
    place INTEGER NOT NULL REFERENCES places (id),
    -- The first look.
    start INTEGER NOT NULL,
    -- The last look.
    stop INTEGER NOT NULL,
    PRIMARY KEY (place, start)
) STRICT, WITHOUT ROWID;

-- Who was there at the place's last look.
CREATE TABLE present (
    -- Where.
    place INTEGER NOT NULL REFERENCES places (id),
    -- Who: a BattleMetrics player; need not be among players.
    subject INTEGER NOT NULL,
    -- Since when.
    start INTEGER NOT NULL,
    PRIMARY KEY (place, subject)
) STRICT, WITHOUT ROWID;

-- Sessions that are over, of those who are or were members of a group.
CREATE TABLE sessions (
    -- Who.
    subject INTEGER NOT NULL,
    -- Where.
    place INTEGER NOT NULL REFERENCES places (id),
    -- From.
    start INTEGER NOT NULL,
    -- For how many seconds.
    length INTEGER NOT NULL,
    -- How it ended: 0 left, 1 not observed any more.
    ending INTEGER NOT NULL CHECK (ending IN (0, 1)),
    -- Who vouches for it: 0 we watched, 1 BattleMetrics told it afterwards.
    source INTEGER NOT NULL CHECK (source IN (0, 1)),
    PRIMARY KEY (subject, place, start)
) STRICT, WITHOUT ROWID;

-- Sessions that are over, of everybody else; all of them watched.
CREATE TABLE passages (
    -- Where.
    place INTEGER NOT NULL REFERENCES places (id),
    -- Until.
    stop INTEGER NOT NULL,
    -- Who.
    subject INTEGER NOT NULL,
    -- For how many seconds.
    length INTEGER NOT NULL,
    -- How it ended: 0 left, 1 not observed any more.
    ending INTEGER NOT NULL CHECK (ending IN (0, 1)),
    PRIMARY KEY (place, stop, subject)
) STRICT, WITHOUT ROWID;

-- When the past of a tracked player at a place was asked for.
CREATE TABLE inquiries (
    -- Who.
    subject INTEGER NOT NULL,
    -- Where.
    place INTEGER NOT NULL REFERENCES places (id),
    -- When it was answered: all sessions until then are known.
    at INTEGER NOT NULL,
    PRIMARY KEY (subject, place)
) STRICT, WITHOUT ROWID;

-- Strangers are forgotten in time: whether somebody is a member must not take a look at all members.
CREATE INDEX members_of_player ON members (player) WHERE player IS NOT NULL;

-- As before, but without a reference to players: forgetting one of them would read the whole table for each.
ALTER TABLE player_name_starts RENAME TO player_name_starts_before;

CREATE TABLE player_name_starts (
    -- Folded text from a word's beginning to the end of the name.
    start TEXT NOT NULL,
    -- Who has or had the name.
    player INTEGER NOT NULL,
    PRIMARY KEY (start, player)
) STRICT, WITHOUT ROWID;

INSERT INTO player_name_starts (start, player) SELECT start, player FROM player_name_starts_before;

DROP TABLE player_name_starts_before;
