/**
 * Which lookups in the lower tier may still fill the upper with what they find.
 *
 * Without it: a lookup reads the old entry below; the entry is replaced or deleted in both tiers; the lookup fills
 * the old one in above, where it would live on. So a change under a key takes the right from every lookup of that
 * key that is under way. Grows with lookups under way only.
 */
export class Fills {
  readonly #reading = new Map<string, { lookups: number; changes: number }>();

  /** Begins a lookup; returns what each key's {@link Fills.end} must be told. */
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

  /** Ends the lookup of one key; true where nothing changed under it meanwhile. */
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

  /** Takes the right from every lookup that is under way. */
  allChanged(): void {
    for (const reading of this.#reading.values()) reading.changes += 1;
  }
}
