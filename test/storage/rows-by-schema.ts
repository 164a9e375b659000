/**
 * Rows of each schema, from the first on, as programs of its time wrote them: at least one of each
 * table that it brought, and one in each state that a later migration takes over.
 */
export const ROWS_BY_SCHEMA: readonly string[] = [
  `INSERT INTO chain_cursor VALUES (1, 894710606, '0x5d51bd38edeab31b7a2ce81e23eca18f560f5614',
     120, 118, '0x8d0b');
   INSERT INTO request (id, kind, requester, payer, subject, filter, max_fee, deadline,
       created_block, created_tx, created_time_ms, state, reason, due_ms, code, result, tx,
       delivered, fee, lost, premium, ended_block, ended_tx)
     VALUES (1, 'oracle', '0xc1', '0xd1', 'https://a.example', '$.a', 50000000, 340, 100, '0x01',
         1700000000000, 'received', 'waits for its answer to be fetched', 5, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL),
       (2, 'http', '0xc1', '0xd1', '{"url":"https://a.example"}', '', 60000000, 341, 101, '0x02',
         1700000001000, 'answered', 'Success, delivered to the callback', 0, 0, x'22612200', '0xf1',
         1, 24000000, 0, 5, 103, '0xf1');
   INSERT INTO request_step (request_id, seq, at_ms, block, tx, what, why, fee)
     VALUES (1, 1, 1700000000100, 100, '0x01', 'requested', NULL, NULL),
       (2, 1, 1700000001100, 101, '0x02', 'requested', NULL, NULL),
       (2, 2, 1700000002100, 103, '0xf1', 'answered', 'Success', 24000000);
   INSERT INTO sent_transaction
     VALUES ('0xf1', 'respond', 'halted', '0xd2', x'0102', 23000000, 1000000, 110, 1700000001500,
         103, NULL),
       ('0xf2', 'expire', 'signed', '0xd2', x'0103', 22000000, 1000000, 130, 1700000003500, NULL,
         NULL);
   INSERT INTO ledger_account (id, may_overdraw) VALUES ('outside', 1), ('wallet:0xd2', 0),
     ('burnt', 0), ('credit:0xd1', 0), ('reserved:0xd1', 0), ('earned:0xd2', 0);
   INSERT INTO ledger_transfer (id, phase, pending_id, debit, credit, amount, cause, block, tx,
       request_id, at_ms)
     VALUES ('a', 'single', NULL, 'outside', 'wallet:0xd2', 1000000000, 'funded', 90, '0x0a',
         NULL, 1),
       ('b', 'single', NULL, 'outside', 'credit:0xd1', 500000000, 'deposit', 91, '0x0b', NULL, 2),
       ('c', 'single', NULL, 'credit:0xd1', 'reserved:0xd1', 60000000, 'request', 101, '0x02', 2,
         3),
       ('d', 'pending', NULL, 'wallet:0xd2', 'burnt', 24000000, 'respond fees', NULL, '0xf1', 2, 4),
       ('e', 'post', 'd', 'wallet:0xd2', 'burnt', 24000000, 'respond fees', 103, '0xf1', 2, 5),
       ('f', 'single', NULL, 'reserved:0xd1', 'earned:0xd2', 24000000, 'charge', 103, '0xf1', 2, 6),
       ('g', 'pending', NULL, 'wallet:0xd2', 'burnt', 23000000, 'expire fees', NULL, '0xf2', 1,
         7);`,
  `INSERT INTO request (id, kind, requester, payer, subject, filter, max_fee, deadline,
       created_block, created_tx, created_time_ms, state, reason)
     VALUES (3, 'function', '0xc2', '0xd1', '7', '', 70000000, 350, 110, '0x03', 1700000009000,
         'stuck', 'maxFee pays for no answer'),
       (4, 'random', '0xc2', '0xd1', '1:ab', '', 70000000, 350, 110, '0x03', 1700000009000,
         'expired', 'expired: refunded');
   INSERT INTO sent_transaction VALUES ('0xf3', 'collect', 'faulted', '0xd2', x'0104', 21, 1, 131,
     1700000004500, 115, 'FAULT');`,
  `INSERT INTO own_account VALUES ('0xd2', 90, 95);
   INSERT INTO own_fault VALUES ('0xf3', '0xd2', 3, 115, 22, NULL);
   INSERT INTO spend_share VALUES ('0xf1', 0, 2, 'http', '0xc1', 24000000, 1700000001500);
   INSERT INTO prediction VALUES ('0xf1', 2, 1, 24000000, 0, 5, 24000000);
   INSERT INTO callback_fault VALUES ('0xf3', 3, '0xc2', 1700000004600);
   INSERT INTO books_difference VALUES (1, 'credit:0xd1', 5, 6, 80, 81, 84, 1699999999999, 85);
   INSERT INTO books_proof VALUES (1, 118, 1700000005000, 6);`,
  `INSERT INTO audit_entry VALUES (1, 1700000006000, 'operator:a', 'secret.set', 'secret:KEY',
       'done', NULL, '', zeroblob(32), x'${'11'.repeat(32)}'),
     (2, 1700000007000, 'contract:0xc2', 'secret.reveal', 'secret:KEY', 'refused', 3, 'no grant',
       x'${'11'.repeat(32)}', x'${'22'.repeat(32)}');
   INSERT INTO vault_key VALUES ('0011223344556677', 'current', 1700000006000);
   UPDATE vault_epoch SET epoch = 3;
   INSERT INTO vault_secret VALUES ('0xd1', 'KEY', 2, 3, '0011223344556677', x'aa', x'bb', 0,
     1700000006000, 1700000006500);
   INSERT INTO vault_grant VALUES ('0xc2', 'function', 'cc', 'KEY', '0xd1', 'a.example',
     1700000006600);`,
  `INSERT INTO evidence VALUES (2, 1700000002000, x'${'33'.repeat(32)}', '{"logs":["one"]}', NULL),
     (4, 1700000002100, x'${'44'.repeat(32)}', NULL, 1700000009999);
   INSERT INTO evidence_blob VALUES (9, 2, x'${'55'.repeat(32)}', 3, 'small', x'616263');`,
  `INSERT INTO upkeep_lock
   VALUES (20, '0xd3', 100000000, 1, 0, 112), (21, '0xd3', 100000000, 0, 1, 0);`,
  `INSERT INTO price_poll VALUES (31, 'GAS/USD', 1700000008000, '4.81', 481000000, 1700000007900, 4,
     'publish', 'heartbeat');
   INSERT INTO price_quote VALUES (31, 0, 'a', 'g', 'taken', '4.81', 1700000007900, '4.81',
     1700000007900, NULL);
   INSERT INTO price_feed VALUES ('GAS/USD', 1, '4.9', 1700000008000);
   INSERT INTO price_round VALUES ('GAS/USD', 8, 481000000, 1700000007900, 4, '0xd1', 9, 116,
         '0x16');`,
  `INSERT INTO upkeep (id, owner, target, method, trigger, kind, max_fee, locks, registered_block,
       registered_ms, registered_tx, state, reason, last_due, next_due, tx, sent_due, lost_tx,
       lost_due, watch_contract, watch_event)
     VALUES (20, '0xd3', '0xc3', 'tick', 'every:4', 'every', 100000000, 1, 100, 1700000000000,
         '0x20',
         'sent', 'on its way', 108, 112, '0xf1', 112, NULL, NULL, NULL, NULL),
       (21, '0xd3', '0xc3', 'tick', 'on:0xc4:E', 'on', 100000000, 0, 100, 1700000000000, '0x20',
         'waiting', 'waits', NULL, NULL, NULL, NULL, '0xf3', 111, '0xc4', 'E');
   INSERT INTO upkeep_run VALUES (20, 108, 109, 1700000004000, '0x21', 1, 30000000, 2, 3);
   INSERT INTO upkeep_seen VALUES (21, 117);
   INSERT INTO upkeep_watch VALUES (1, 119);`,
  '',
  `INSERT INTO round_prediction VALUES ('0xf1', 'GAS/USD', '0xd1', 9);
   UPDATE price_round SET charge_difference = 'one datoshi';`,
  `INSERT INTO console_session VALUES (x'${'66'.repeat(32)}', 1700000000000, 1700043200000);`,
  `UPDATE upkeep SET sent_cost = 40000000, sent_risk = 10000000 WHERE id IN (20, 21);
   INSERT INTO cancelled_run VALUES (21, '0xd3', '0x22', 30000000, 20000000, 1700000004100);`,
  "INSERT INTO alert_state VALUES ('DodonaWalletLow', '', 1700000000000, 1700000000001, NULL, 5);",
  `INSERT INTO api_key VALUES ('k1', 'a', 'status', x'${'77'.repeat(32)}', 1700000000000, NULL,
     NULL, NULL, 1700000000500);`,
  '',
  `INSERT INTO lost_run VALUES (20, '0xd3', '0x23', 1, 2, 1700000004200);
   UPDATE upkeep SET lost_ms = 7 WHERE id = 21;`,
  '',
  '',
];
