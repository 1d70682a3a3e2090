/** Limits on how much is under way at once. */

/** Leaves what was entered; only the first call counts. */
export type Leave = () => void;

export interface Lane {
  /** Waits for a place, first come first served. */
  enter: () => Promise<Leave>;
  /** A place at once, or null. */
  tryEnter: () => Leave | null;
}

export function lane(places: number): Lane {
  let free = places;
  const waiting: ((leave: Leave) => void)[] = [];
  const taken = (): Leave => {
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = waiting.shift();
      if (next === undefined) free++;
      else next(taken());
    };
  };
  const tryEnter = () => {
    if (free <= 0) return null;
    free--;
    return taken();
  };
  return {
    tryEnter,
    enter: () => {
      const leave = tryEnter();
      return leave === null ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(leave);
    },
  };
}

export interface Mailbox<T> {
  put: (item: T) => void;
  /** The oldest item, or the next one to come. */
  take: () => Promise<T>;
}

/** Hands items from those who make them to the one who takes them, in order. */
export function mailbox<T>(): Mailbox<T> {
  const items: T[] = [];
  let arrived = Promise.withResolvers<void>();
  return {
    put: (item) => {
      items.push(item);
      arrived.resolve();
    },
    take: async () => {
      while (items.length === 0) {
        arrived = Promise.withResolvers<void>();
        await arrived.promise;
      }
      return items.shift() as T;
    },
  };
}
