/**
 * Evidence bundles. The hash of a bundle stays when its text and its blobs were dropped: a copy
 * that somebody kept can be held against it. Blobs are what fetches sent and brought, by their
 * SHA-256; coding: `plain` (still to be packed), `brotli`, `small` (not worth it). The total is
 * what is stored now, kept by triggers so that nobody has to count.
 */
export const SCHEMA_5_EVIDENCE = `
CREATE TABLE evidence (
  request_id INTEGER PRIMARY KEY REFERENCES request (id),
  at_ms INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  bundle TEXT,
  dropped_ms INTEGER,
  CHECK ((bundle IS NULL) = (dropped_ms IS NOT NULL))
) STRICT;
CREATE INDEX evidence_kept_by_age ON evidence (at_ms) WHERE bundle IS NOT NULL;

CREATE TABLE evidence_blob (
  id INTEGER PRIMARY KEY,
  request_id INTEGER NOT NULL REFERENCES evidence (request_id),
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  size INTEGER NOT NULL,
  coding TEXT NOT NULL CHECK (coding IN ('plain', 'brotli', 'small')),
  bytes BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX evidence_blob_of_request ON evidence_blob (request_id, sha256);
CREATE INDEX evidence_blob_to_pack ON evidence_blob (id) WHERE coding = 'plain';

CREATE TABLE evidence_total (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  bundles INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
INSERT INTO evidence_total (only_row, bundles, bytes) VALUES (1, 0, 0);

CREATE TRIGGER evidence_counts AFTER INSERT ON evidence WHEN NEW.bundle IS NOT NULL
BEGIN
  UPDATE evidence_total SET bundles = bundles + 1, bytes = bytes + octet_length(NEW.bundle);
END;
CREATE TRIGGER evidence_drops AFTER UPDATE OF bundle ON evidence
WHEN OLD.bundle IS NOT NULL AND NEW.bundle IS NULL
BEGIN
  UPDATE evidence_total SET bundles = bundles - 1, bytes = bytes - octet_length(OLD.bundle);
END;
CREATE TRIGGER evidence_blob_counts AFTER INSERT ON evidence_blob
BEGIN UPDATE evidence_total SET bytes = bytes + length(NEW.bytes); END;
CREATE TRIGGER evidence_blob_packs AFTER UPDATE OF bytes ON evidence_blob
BEGIN UPDATE evidence_total SET bytes = bytes - length(OLD.bytes) + length(NEW.bytes); END;
CREATE TRIGGER evidence_blob_drops AFTER DELETE ON evidence_blob
BEGIN UPDATE evidence_total SET bytes = bytes - length(OLD.bytes); END;
`;
