-- Names are searched by reading all of them: that takes some milliseconds, while an index of every word of every name was most
-- of what the watch wrote to the disk.

-- Every name ever as it is compared, by player, so that a newcomer's is written beside the newcomer.
CREATE TABLE folded_names (
    -- Who has or had the name. Former names may be learnt before the current one, in the same transaction.
    player INTEGER NOT NULL REFERENCES players (id) DEFERRABLE INITIALLY DEFERRED,
    -- The folded name.
    folded TEXT NOT NULL,
    PRIMARY KEY (player, folded)
) STRICT, WITHOUT ROWID;

INSERT INTO folded_names (player, folded) SELECT player, start FROM player_name_starts;

-- What begins at a later word of a name is found by that name.
DELETE FROM folded_names
WHERE EXISTS (
    SELECT 1 FROM folded_names AS whole
    WHERE whole.player = folded_names.player
        AND length(whole.folded) > length(folded_names.folded)
        AND substr(whole.folded, -length(folded_names.folded)) = folded_names.folded
);

DROP TABLE player_name_starts;
