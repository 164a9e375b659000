/** A line of a unit of systemd. */
export interface Directive {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: string;
}

/** Section, key and value of each line. */
export function directivesOf(text: string): Directive[] {
  let section = '';
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const head = /^\[(\w+)\]$/.exec(line)?.[1];
      if (head !== undefined) section = head;
      const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return head === undefined ? [{ section, key, value, line }] : [];
    });
}
