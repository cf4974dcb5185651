-- How far back the past was told when it was asked for: one answer holds 100 sessions, and of a private profile nothing is
-- told at all.

ALTER TABLE inquiries ADD COLUMN
    -- From when on all sessions are known; NULL: from the first one.
    told_from INTEGER;

ALTER TABLE inquiries ADD COLUMN
    -- Until when; NULL: until it was asked for. As late as told_from: nothing was told.
    told_until INTEGER;
