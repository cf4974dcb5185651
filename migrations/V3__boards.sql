-- Boards: messages that keep themselves current; and what is still to be told to somebody.

CREATE TABLE boards (
    -- Ours; never used again, since changes and buttons refer to it.
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- Whose.
    guild TEXT NOT NULL REFERENCES guilds (key) ON DELETE CASCADE,
    -- The group that it shows; NULL: all groups of the guild.
    group_id INTEGER REFERENCES groups (id) ON DELETE CASCADE,
    -- The Discord channel that it stands in.
    channel INTEGER NOT NULL,
    -- The Discord message; NULL: none stands there at the moment.
    message INTEGER,
    -- Fingerprint of what the message shows; NULL: not known.
    shown INTEGER,
    -- When the message was last written; NULL: never.
    shown_at INTEGER,
    -- The Discord user who put it there, told of problems where no log channel is set; NULL: the terminal, or forgotten.
    maker INTEGER,
    -- Why the message could not be written, as JSON (domain::board::Problem); told once; NULL: nothing is wrong.
    problem TEXT,
    -- When it was taken away; NULL: it lives. Purged 30 days later, once its message is gone.
    removed_at INTEGER
) STRICT;

CREATE UNIQUE INDEX boards_living ON boards (guild, coalesce(group_id, 0)) WHERE removed_at IS NULL;

CREATE INDEX boards_group ON boards (group_id) WHERE group_id IS NOT NULL;

CREATE INDEX boards_leftover ON boards (message) WHERE removed_at IS NOT NULL AND message IS NOT NULL;

-- What is still to be told on Discord; a row goes once it was told.
CREATE TABLE tidings (
    -- Ours, in the order of telling.
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- Whom it concerns.
    guild TEXT NOT NULL REFERENCES guilds (key) ON DELETE CASCADE,
    -- What, as JSON (domain::tidings::Tidings).
    tidings TEXT NOT NULL,
    -- The Discord user who is told where no log channel is set; NULL: nobody.
    person INTEGER,
    -- Since when it is to be told.
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX tidings_guild ON tidings (guild);

-- What was told already and is not to be told again while it holds.
CREATE TABLE told (
    -- Of what: refusal, release.
    topic TEXT NOT NULL PRIMARY KEY,
    -- What of it.
    what TEXT NOT NULL,
    -- When.
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
