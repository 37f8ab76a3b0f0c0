-- Who was merged into a patient is asked for every patient whose lists become files.
CREATE INDEX snapshot_alias_survivor ON snapshot_alias (object, survivor);
