/** What THROW throws: a contract around it may catch it. */
export class VmThrow extends Error {
  /** Null when what was thrown is no text, as rehearsals tell it. */
  constructor(readonly text: string | null) {
    super(text ?? '');
  }
}

/** What nothing in a script can catch: ABORT, a missing method, a lack of gas. */
export class VmFault extends Error {}

/** How an execution tells of what ended it (neo-go's words around a THROW). */
export function exceptionOf(thrown: unknown): string {
  if (thrown instanceof VmThrow) {
    const said = thrown.text === null ? '[…]' : JSON.stringify(thrown.text);
    return `at instruction 0 (THROW): unhandled exception: ${said}`;
  }
  if (thrown instanceof VmFault) return `at instruction 0 (SYSCALL): ${thrown.message}`;
  throw thrown;
}
