-- Whom records are assigned to where the plan decides it once: the Account of each patient's Contact.
CREATE TABLE assignment (
  map TEXT NOT NULL, field TEXT NOT NULL, id TEXT NOT NULL, to_map TEXT NOT NULL, to_id TEXT NOT NULL,
  PRIMARY KEY (map, id, field)
) {clustered};
