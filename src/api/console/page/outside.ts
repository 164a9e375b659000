import type { Fetch } from './api.js';
import type { Theme } from './state.js';

/** All that the page takes from the browser. */
export interface Outside {
  readonly fetch: Fetch;
  openEvents(): EventSource;
  nowMs(): number;
  /** Runs work once after some time; what it answers calls that off. */
  later(ms: number, work: () => void): () => void;
  /** Runs work before the next picture. */
  nextFrame(work: () => void): void;
  hash(): string;
  /** Puts another hash into the address, without an entry in the history. */
  replaceHash(hash: string): void;
  pushHash(hash: string): void;
  onHash(listener: () => void): void;
  copy(text: string): Promise<boolean>;
  theme(): Theme;
  setTheme(theme: Theme): void;
  /** Puts the keyboard's place at the head of the view that is shown. */
  focusView(): void;
}
