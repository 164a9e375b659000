export interface ParkingLimits {
  /** Executions that may be parked at a time. */
  readonly maxParked: number;
  /** What they may take in memory. */
  readonly maxParkedBytes: number;
}

/** One requester has at most one of so many parts of the places, and of the memory. */
const REQUESTER_SHARE = 8;

interface Place {
  readonly requester: string;
  bytes: number;
}

/** Counts the executions that wait without a thread, and what they take in memory. */
export class ParkingLot<Job> {
  readonly #limits: ParkingLimits;
  readonly #places = new Map<Job, Place>();

  constructor(limits: ParkingLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#places.size;
  }

  /** Takes a place for at most so many bytes; false when there is no room. */
  reserve(job: Job, requester: string, bytes: number): boolean {
    const { maxParked, maxParkedBytes } = this.#limits;
    const own = [...this.#places.values()].filter((place) => place.requester === requester);
    const ownCount = Math.max(1, Math.floor(maxParked / REQUESTER_SHARE));
    const hasRoom =
      fits([...this.#places.values()], bytes, maxParked, maxParkedBytes) &&
      fits(own, bytes, ownCount, maxParkedBytes / REQUESTER_SHARE);
    if (hasRoom) this.#places.set(job, { requester, bytes });
    return hasRoom;
  }

  /** Tells how many bytes it is indeed. */
  measured(job: Job, bytes: number): void {
    const place = this.#places.get(job);
    if (place !== undefined) place.bytes = bytes;
  }

  release(job: Job): boolean {
    return this.#places.delete(job);
  }
}

function fits(places: readonly Place[], bytes: number, count: number, maxBytes: number): boolean {
  const taken = places.reduce((sum, place) => sum + place.bytes, 0);
  return places.length < count && taken + bytes <= maxBytes;
}
