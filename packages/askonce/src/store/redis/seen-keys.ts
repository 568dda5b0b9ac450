/** Which keys a walk has come by, so that each is told once; of very long walks, only the last of them. */
const most = 500_000;

export class SeenKeys {
  readonly #seen = new Set<string>();

  /** Those of `keys` that have not come before, each once. */
  fresh(keys: readonly string[]): readonly string[] {
    return keys.filter((key) => {
      if (this.#seen.has(key)) return false;
      this.#seen.add(key);
      for (const oldest of this.#seen) {
        if (this.#seen.size <= most) break;
        this.#seen.delete(oldest);
      }
      return true;
    });
  }
}
