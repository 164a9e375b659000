/**
 * Who has work that waits, and his oldest of it: without reading what a requester that asks for
 * more than the node can answer has piled up in front of the others.
 */
export const SCHEMA_17_TURNS = `
CREATE INDEX request_in_turn ON request (state, requester, due_ms, id)
  WHERE state IN ('received', 'resolved', 'overdue');
`;
