import { z } from 'zod';
import { REQUEST_KINDS, REQUEST_STATES } from '../../requests/request-machine.js';
import { block, count, id, price, time } from './values.js';

/** Names of events, as in the line `event:`. */
export const EVENT_NAMES = ['block', 'request', 'poll', 'round', 'run', 'gap'] as const;

const event = <N extends (typeof EVENT_NAMES)[number], S extends z.ZodRawShape>(
  name: N,
  shape: S,
) => z.object({ event: z.literal(name), at: time('when the node saw it'), ...shape });

export const eventShape = z
  .discriminatedUnion('event', [
    event('block', {
      height: block('index of the block that was taken in'),
      networkHeight: block("index of the network's latest block"),
    }),
    event('request', {
      id: id('the request'),
      kind: z.enum(REQUEST_KINDS),
      state: z.enum(REQUEST_STATES).meta({ description: 'where it stands now' }),
    }),
    event('poll', {
      pair: z.string(),
      price: price().nullable().meta({ description: 'null: the sources agreed on nothing' }),
      decision: z.enum(['publish', 'wait', 'none']),
      accepted: count('sources that counted'),
      rejected: count('sources that did not'),
    }),
    event('round', { pair: z.string(), round: id('the round'), price: price(), block: block() }),
    event('run', { id: id('the upkeep'), isDelivered: z.boolean(), block: block() }),
    event('gap', {
      missed: count('at least so many events are gone: read anew what you show'),
    }),
  ])
  .meta({ description: 'the data of one event, as JSON in one line' });

export type ApiEvent = z.input<typeof eventShape>;
export type NewApiEvent = ApiEvent extends infer E
  ? E extends { event: string; at: string }
    ? Omit<E, 'at'>
    : never
  : never;
