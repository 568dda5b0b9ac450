/**
 * Decides which lookups in the lower tier may fill the upper tier with what they found.
 *
 * Without it: a lookup reads the old entry below; the entry is replaced or deleted in both tiers; the lookup then writes
 * the old entry above, where it lives on. So a change under a key bars every lookup of that key in progress from
 * filling. Its size grows with the lookups in progress only.
 */
export class Fills {
  readonly #reading = new Map<string, { lookups: number; changes: number }>();

  /** Begins a lookup. The result must be passed to {@link Fills.end} for each key. */
  begin(keys: readonly string[]): ReadonlyMap<string, number> {
    const begun = new Map<string, number>();
    for (const key of keys) {
      if (begun.has(key)) continue;
      const reading = this.#reading.get(key);
      if (reading === undefined) this.#reading.set(key, { lookups: 1, changes: 0 });
      else reading.lookups += 1;
      begun.set(key, reading?.changes ?? 0);
    }
    return begun;
  }

  /** Ends the lookup of one key. True if nothing changed under it meanwhile. */
  end(begun: ReadonlyMap<string, number>, key: string): boolean {
    const reading = this.#reading.get(key);
    if (reading === undefined) return false;
    reading.lookups -= 1;
    if (reading.lookups === 0) this.#reading.delete(key);
    return reading.changes === begun.get(key);
  }

  changed(key: string): void {
    const reading = this.#reading.get(key);
    if (reading !== undefined) reading.changes += 1;
  }

  /** Bars every lookup in progress from filling. */
  allChanged(): void {
    for (const reading of this.#reading.values()) reading.changes += 1;
  }
}
