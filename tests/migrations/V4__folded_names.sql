-- Rows as version 4 holds them: the folded names of somebody who was renamed.
INSERT INTO players (id, name, name_at, steam, private) VALUES (1100000004, 'Wolf', 1781640000, NULL, 0);

INSERT INTO player_names (player, name, first_seen, last_seen)
VALUES (1100000004, 'Wolf', 1781640000, 1781640000), (1100000004, 'Purple Bear', NULL, 1781500000);

INSERT INTO folded_names (player, folded) VALUES (1100000004, 'wolf'), (1100000004, 'purple bear');
