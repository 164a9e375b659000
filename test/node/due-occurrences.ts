// What was due, told anew from triggers, block headers and events, for comparison with what ran. It
// shares no code with the node: it imports nothing, and works by brute force.

export interface Header {
  readonly index: number;
  readonly timeMs: number;
}

export interface RegisteredTrigger {
  readonly trigger: string;
  /** Block that it was registered in. */
  readonly block: number;
}

/** An occurrence: `due` as the gateway has it, and the block with which it came due. */
export interface Due {
  readonly due: number;
  readonly block: number;
}

/**
 * All occurrences up to the last header, in order. `headers` follow one another and begin with the
 * registration's at the latest; `eventBlocks` are those that held the event of an `on:` trigger.
 */
export function dueOccurrences(
  { trigger, block: registered }: RegisteredTrigger,
  headers: readonly Header[],
  eventBlocks: readonly number[],
): Due[] {
  const text = trigger.split(';')[0] ?? '';
  const later = headers.filter(({ index }) => index > registered);
  if (text.startsWith('every:')) {
    const blocks = Number(text.slice('every:'.length));
    return later
      .filter(({ index }) => (index - registered) % blocks === 0)
      .map(({ index }) => ({ due: index, block: index }));
  }
  if (text.startsWith('on:')) {
    return later
      .filter(({ index }) => eventBlocks.includes(index))
      .map(({ index }) => ({ due: index, block: index }));
  }
  if (text.startsWith('cron:')) {
    const fields = text.slice('cron:'.length).split(' ');
    const found: Due[] = [];
    let beforeMs = headers.find(({ index }) => index === registered)?.timeMs ?? Number.NaN;
    for (const { index, timeMs } of later) {
      // Every minute that began after the block before, and not after this one.
      for (let at = beforeMs - (beforeMs % 60_000) + 60_000; at <= timeMs; at += 60_000) {
        if (matches(fields, new Date(at))) found.push({ due: at, block: index });
      }
      beforeMs = timeMs;
    }
    return found;
  }
  throw new Error(`nothing is known beforehand of ${trigger}`);
}

function matches(fields: readonly string[], at: Date): boolean {
  const now = [
    at.getUTCMinutes(),
    at.getUTCHours(),
    at.getUTCDate(),
    at.getUTCMonth() + 1,
    at.getUTCDay(),
  ];
  const lowest = [0, 0, 1, 1, 0];
  const highest = [59, 23, 31, 12, 7];
  return fields.every((field, place) =>
    field.split(',').some((item) => {
      const [range = '', step = '1'] = item.split('/');
      const [from, to = from] =
        range === '*' ? [lowest[place], highest[place]] : range.split('-').map(Number);
      for (let value = from ?? 0; value <= (to ?? 0); value += Number(step)) {
        if (value === now[place] || (place === 4 && value === 7 && now[place] === 0)) return true;
      }
      return false;
    }),
  );
}
