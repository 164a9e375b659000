/** How a benchmark is run. */
export interface BenchOptions {
  /** A tiny size, to see that it works: its figures say nothing. */
  readonly quick: boolean;
  /** Another number of what is measured (requests, blocks) than the full or the quick one. */
  readonly size: number | undefined;
  /** Folder that gets a profile of the node's processor time, or undefined. */
  readonly profileFolder: string | undefined;
  /** Told what is being done, in a few words. */
  readonly tell: (step: string) => void;
}
