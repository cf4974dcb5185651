-- Rows as version 5 holds them: an answer that held no more than 100 sessions, and one that told nothing.
INSERT INTO inquiries (subject, place, at, told_from, told_until)
VALUES (1100000002, 1, 1781640200, 1781500000, NULL), (1100000003, 1, 1781640300, 1781640300, 1781640300);
