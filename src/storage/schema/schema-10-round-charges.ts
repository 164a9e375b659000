/**
 * What sponsors of price feeds are expected to be charged, from before the transaction was signed,
 * and how the charge of a round on the chain differs from it.
 */
export const SCHEMA_10_ROUND_CHARGES = `
CREATE TABLE round_prediction (
  tx TEXT NOT NULL REFERENCES sent_transaction (hash),
  pair TEXT NOT NULL,
  payer TEXT,
  fee INTEGER NOT NULL CHECK (fee >= 0),
  PRIMARY KEY (tx, pair),
  CHECK (payer IS NOT NULL OR fee = 0)
) STRICT, WITHOUT ROWID;

ALTER TABLE price_round ADD COLUMN charge_difference TEXT;
`;
