-- Rows as version 2 holds them: a place with a window that is over and one that runs, and sessions of both kinds.
INSERT INTO places (id, kind, number, window_start, observed_until) VALUES (1, 1, 5, 1781640000, 1781650000);

INSERT INTO windows (place, start, stop) VALUES (1, 1781500000, 1781600000);

INSERT INTO present (place, subject, start) VALUES (1, 1100000001, 1781640000);

INSERT INTO sessions (subject, place, start, length, ending, source)
VALUES (1100000001, 1, 1781510000, 3600, 0, 0), (1100000001, 1, 1781610000, 7200, 0, 1);

INSERT INTO passages (place, stop, subject, length, ending) VALUES (1, 1781645000, 1100000009, 1800, 0);

INSERT INTO inquiries (subject, place, at) VALUES (1100000001, 1, 1781640100);
