-- Rows as version 3 holds them: a board of a group that cannot be written, one of all groups, one that was taken away.
INSERT INTO boards (id, guild, group_id, channel, message, shown, shown_at, maker, problem, removed_at)
VALUES
    (1, 'local', 1, 77, 1001, -5, 1781650000, 42, '{"problem":"forbidden","missing":["Send Messages"]}', NULL),
    (2, 'local', NULL, 78, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, 'local', 1, 79, 1003, 6, 1781640000, 42, NULL, 1781645000);

INSERT INTO tidings (guild, tidings, person, at) VALUES ('local', '{"tidings":"watch_resumed"}', NULL, 1781650000);

INSERT INTO told (topic, what, at) VALUES ('refusal', 'token_refused', 1781650000);
