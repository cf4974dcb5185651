-- Rows as version 1 holds them: a guild with two groups, a server, players with former names, and changes.
INSERT INTO servers (id, name, status, query_status, updated_at, players, max_players, queue, address, country, map,
                     last_wipe, next_wipe, as_of, hides_names)
VALUES (5, 'Rusty Moose |US Monthly|', 'online', 'valid', 1781650000, 200, 250, 3, '1.2.3.4:28015', 'US',
        'Procedural Map', 1781000000, NULL, 1781650010, 0);

INSERT INTO guilds (key, time_zone, changers, log_channel, active_server, known_since, left_at)
VALUES ('local', 'Europe/Berlin', NULL, NULL, 5, 1781000000, NULL),
       ('123456789012345678', 'UTC', 9, 8, NULL, 1781000000, 1781600000);

INSERT INTO server_uses (id, guild, server) VALUES (1, 'local', 5);

INSERT INTO players (id, name, name_at, steam, private)
VALUES (1100000001, 'ChennyBounce', 1781640000, 76561197960265729, 0), (1100000002, 'Bear', 1781640000, NULL, 1);

INSERT INTO player_names (player, name, first_seen, last_seen)
VALUES (1100000001, 'ChennyBounce', 1781600000, 1781640000), (1100000001, 'Chenny', NULL, 1781500000),
       (1100000002, 'Bear', 1781640000, 1781640000);

INSERT INTO player_name_starts (start, player)
VALUES ('chennybounce', 1100000001), ('chenny', 1100000001), ('bear', 1100000002);

INSERT INTO sightings (player, server, first_seen, last_seen, total_seconds, online, since, known_at)
VALUES (1100000001, 5, 1781000000, 1781650000, 86400, 1, 1781640000, 1781650000),
       (1100000002, 5, NULL, NULL, NULL, 0, NULL, 1781650000);

INSERT INTO groups (id, guild, name, folded, pinned, created_at, deleted_at, checked_at, check_active, check_total,
                    check_unknown)
VALUES (1, 'local', 'Purple Base', 'purple base', 5, 1781000000, NULL, 1781650000, 1, 2, 1),
       (2, 'local', 'Old', 'old', NULL, 1781000000, 1781640000, NULL, 0, 0, 0);

INSERT INTO members (id, group_id, player, steam, name, added_at, removed_at)
VALUES (1, 1, 1100000001, 76561197960265729, 'Chenny', 1781000000, NULL),
       (2, 1, NULL, NULL, 'Sleepy', 1781000000, NULL),
       (3, 1, 1100000002, NULL, 'Bear', 1781000000, 1781640000);

INSERT INTO changes (id, guild, at, actor, actor_name, change, undone_at)
VALUES (1, 'local', 1781640000, 'terminal', 'ann',
        '{"change":"group_deleted","group":"2","name":"Old","members":0}', NULL);
