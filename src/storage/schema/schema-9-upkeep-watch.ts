/** The first block from which anybody waits for an event, without reading all who do. */
export const SCHEMA_9_UPKEEP_WATCH = `
CREATE INDEX upkeep_watch_since ON upkeep (registered_block)
  WHERE kind = 'on' AND state IN ('waiting', 'sent', 'unfunded', 'paused');
`;
