/**
 * How many replies are under way, and whether the gateway still takes new requests.
 */
export class Traffic {
  #underWay = 0;
  #draining = false;
  #whenQuiet: (() => void) | undefined;

  get draining(): boolean {
    return this.#draining;
  }

  get underWay(): number {
    return this.#underWay;
  }

  begin(): void {
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#whenQuiet?.();
  }

  /** From now on no request is taken. Resolves when the last reply has ended. */
  drain(): Promise<void> {
    this.#draining = true;
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenQuiet = resolve;
    });
  }
}
