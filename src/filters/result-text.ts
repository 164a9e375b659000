import { Refusal } from './filter-outcome.js';

/** Collects pieces of a result, and refuses it as soon as it is longer than it may be. */
export class ResultText {
  readonly #maxBytes: number;
  readonly #pieces: string[] = [];
  #chars = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(piece: string): void {
    // A character takes at least one byte, so this never refuses too early.
    this.#chars += piece.length;
    if (this.#chars > this.#maxBytes) throw this.#tooLarge();
    this.#pieces.push(piece);
  }

  /** The bytes of all pieces in UTF-8. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new TextEncoder().encode(this.#pieces.join(''));
    if (bytes.length > this.#maxBytes) throw this.#tooLarge();
    return bytes;
  }

  #tooLarge(): Refusal {
    return new Refusal('too-large', `the result is longer than ${this.#maxBytes} bytes`);
  }
}
