-- What RustOps keeps from the first day: guilds, servers, players with every name they had, groups with members,
-- what is known of players on servers, and the record of changes.
--
-- Times are whole seconds since 1970, UTC. Ids of BattleMetrics, Steam and Discord are numbers. "Folded" is the form in
-- which names are compared (domain::names::folded). Schema only; not edited any more once it was released.

-- "RUST" in ASCII: by this the file is told from other programs' databases.
PRAGMA application_id = 1381323604;

CREATE TABLE guilds (
    -- Discord's id of the guild, or 'local' for the terminal.
    key TEXT NOT NULL PRIMARY KEY,
    -- IANA name of the time zone in which the guild thinks.
    time_zone TEXT NOT NULL DEFAULT 'UTC',
    -- The Discord role that may change things; NULL: everyone.
    changers INTEGER,
    -- The Discord channel where problems are told; NULL: nowhere.
    log_channel INTEGER,
    -- The server that groups without a pin are checked on; NULL: none is set.
    active_server INTEGER REFERENCES servers (id),
    -- When the guild was first seen; NULL: not noted.
    known_since INTEGER,
    -- When the bot was removed from the guild; NULL: it is there. Purged 30 days later.
    left_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE servers (
    -- BattleMetrics' id.
    id INTEGER NOT NULL PRIMARY KEY,
    -- As the owner wrote it: untrusted.
    name TEXT NOT NULL,
    -- online, offline, dead, invalid, removed or other.
    status TEXT NOT NULL,
    -- Whether BattleMetrics' last query worked: valid, invalid, timeout or other.
    query_status TEXT NOT NULL,
    -- When BattleMetrics last learnt something of it; NULL: not told.
    updated_at INTEGER,
    -- Players on; NULL: not told.
    players INTEGER,
    -- Places; NULL: not told.
    max_players INTEGER,
    -- Players waiting; NULL: not told.
    queue INTEGER,
    -- host:port for the console's connect; NULL: not told.
    address TEXT,
    -- Two letters; NULL: not told.
    country TEXT,
    -- Map name, untrusted; NULL: not told.
    map TEXT,
    -- Last wipe; NULL: not told.
    last_wipe INTEGER,
    -- Next wipe; NULL: not told.
    next_wipe INTEGER,
    -- When all of the above was told to us.
    as_of INTEGER NOT NULL,
    -- 1: the server seems to hide its players' names.
    hides_names INTEGER NOT NULL DEFAULT 0 CHECK (hides_names IN (0, 1))
) STRICT;

-- Servers that a guild had active or pinned, for suggestions.
CREATE TABLE server_uses (
    -- Grows with each use: the highest is the latest.
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- Who used it.
    guild TEXT NOT NULL REFERENCES guilds (key) ON DELETE CASCADE,
    -- What was used.
    server INTEGER NOT NULL REFERENCES servers (id),
    UNIQUE (guild, server)
) STRICT;

CREATE TABLE players (
    -- BattleMetrics' id.
    id INTEGER NOT NULL PRIMARY KEY,
    -- The current name: untrusted.
    name TEXT NOT NULL,
    -- When the current name was last noted in use: right to a day, so that a name that stays costs no writes.
    name_at INTEGER NOT NULL,
    -- The Steam account; NULL: not known. Several players may share one: servers known by names alone split people.
    steam INTEGER,
    -- 1: the public profile is switched off; such a player is never listed anywhere.
    private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1))
) STRICT;

CREATE INDEX players_steam ON players (steam) WHERE steam IS NOT NULL;

-- Every name ever, the current one among them.
CREATE TABLE player_names (
    -- Whose. Former names may be learnt before the current one, in the same transaction.
    player INTEGER NOT NULL REFERENCES players (id) DEFERRABLE INITIALLY DEFERRED,
    -- As it was written: untrusted.
    name TEXT NOT NULL,
    -- First time in use that we know of; NULL: not known.
    first_seen INTEGER,
    -- Last time in use that we know of, right to a day; NULL: not known.
    last_seen INTEGER,
    PRIMARY KEY (player, name)
) STRICT, WITHOUT ROWID;

-- Every name ever by the places where a search may begin: the whole folded name, and the rest of it from each word on.
CREATE TABLE player_name_starts (
    -- Folded text from a word's beginning to the end of the name.
    start TEXT NOT NULL,
    -- Who has or had the name.
    player INTEGER NOT NULL REFERENCES players (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (start, player)
) STRICT, WITHOUT ROWID;

-- What is known of a player on a server.
CREATE TABLE sightings (
    -- Who; may be looked for before the name is known, and so need not be among players.
    player INTEGER NOT NULL,
    -- Where.
    server INTEGER NOT NULL REFERENCES servers (id),
    -- First time there; NULL: not known.
    first_seen INTEGER,
    -- Last time there; NULL: never, or not known.
    last_seen INTEGER,
    -- All time there, in seconds; NULL: not known.
    total_seconds INTEGER,
    -- 1: was on at known_at.
    online INTEGER NOT NULL DEFAULT 0 CHECK (online IN (0, 1)),
    -- Start of the session that ran at known_at; NULL: none, or not known.
    since INTEGER,
    -- When this was so.
    known_at INTEGER NOT NULL,
    PRIMARY KEY (player, server)
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
    -- Ours; never used again, since changes refer to it.
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- Whose.
    guild TEXT NOT NULL REFERENCES guilds (key) ON DELETE CASCADE,
    -- As the users wrote it.
    name TEXT NOT NULL,
    -- The name, folded: unique among a guild's living groups.
    folded TEXT NOT NULL,
    -- The server it is checked on; NULL: the guild's active one.
    pinned INTEGER REFERENCES servers (id),
    -- When it was made.
    created_at INTEGER NOT NULL,
    -- When it was deleted; NULL: it lives. Purged 30 days later.
    deleted_at INTEGER,
    -- When it was last checked; NULL: never.
    checked_at INTEGER,
    -- Members online at the last check.
    check_active INTEGER NOT NULL DEFAULT 0,
    -- Members at the last check.
    check_total INTEGER NOT NULL DEFAULT 0,
    -- Members of whom nothing could be said at the last check.
    check_unknown INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX groups_living ON groups (guild, folded) WHERE deleted_at IS NULL;

CREATE TABLE members (
    -- Ours; never used again, since changes refer to it.
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- Of which group.
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    -- The linked player; NULL: known by name only.
    player INTEGER REFERENCES players (id),
    -- The linked Steam account; NULL: not known.
    steam INTEGER,
    -- The name when added, shown while no player is linked: untrusted.
    name TEXT NOT NULL,
    -- When the member was added.
    added_at INTEGER NOT NULL,
    -- When the member was removed; NULL: lives. Purged 30 days later.
    removed_at INTEGER
) STRICT;

CREATE UNIQUE INDEX members_living ON members (group_id, player) WHERE removed_at IS NULL;

CREATE UNIQUE INDEX members_living_steam ON members (group_id, steam) WHERE removed_at IS NULL AND steam IS NOT NULL;

CREATE INDEX members_player ON members (player, group_id) WHERE removed_at IS NULL AND player IS NOT NULL;

-- Who changed what, with what is needed to take it back.
CREATE TABLE changes (
    -- Ours; what /rustops undo takes; never used again.
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- In which guild.
    guild TEXT NOT NULL REFERENCES guilds (key) ON DELETE CASCADE,
    -- When.
    at INTEGER NOT NULL,
    -- Who: a Discord user id, or 'terminal'.
    actor TEXT NOT NULL,
    -- Their name then: untrusted.
    actor_name TEXT NOT NULL,
    -- What, as JSON (domain::report::Change).
    change TEXT NOT NULL,
    -- When it was taken back; NULL: it stands.
    undone_at INTEGER
) STRICT;

CREATE INDEX changes_guild ON changes (guild);
