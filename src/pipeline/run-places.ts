/** Counts transactions that are prepared at once; some are of one run that has to be alone. */
export function createRunPlaces(concurrency: number, signal: AbortSignal) {
  let taken = 0;
  let takenAlone = 0;
  const isFree = (): boolean => taken < concurrency;
  // Whoever brought a transaction down is slow to look at: the others keep a place.
  const isFreeAlone = (): boolean => isFree() && takenAlone < concurrency - 1;
  /** Null where all that was due had a place; else whether there is one now. */
  let waits: (() => boolean) | null = null;
  let onPlace = (): void => {};

  return {
    /** What is due is looked for anew: whoever waited before is found again. */
    beginLook(): void {
      waits = null;
    },

    /** False where there is none; it is told of as soon as there is. */
    take(isAlone: boolean): boolean {
      const hasPlace = isAlone ? isFreeAlone : isFree;
      if (!hasPlace()) {
        waits = hasPlace;
        return false;
      }
      taken += 1;
      if (isAlone) takenAlone += 1;
      return true;
    },

    free(isAlone: boolean): void {
      taken -= 1;
      if (isAlone) takenAlone -= 1;
      if (!signal.aborted && waits?.()) onPlace();
    },

    /** Told when there is a place again, and more was due than had one: time for another look. */
    onPlace(listener: () => void): void {
      onPlace = listener;
    },
  };
}
