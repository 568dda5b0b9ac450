/** A set of listeners to something that happens repeatedly. */
import { notify } from '../observe/report.ts';

export class Listeners<Args extends readonly unknown[] = []> {
  readonly #all = new Set<{ readonly listener: (...args: Args) => void }>();

  /** Adds a listener, which may be added twice. Returns the unsubscription. */
  add(listener: (...args: Args) => void): () => void {
    const one = { listener };
    this.#all.add(one);
    return () => {
      this.#all.delete(one);
    };
  }

  /** Calls every listener; an error that one throws is dropped. */
  call(...args: Args): void {
    for (const { listener } of this.#all) notify(() => listener(...args), undefined);
  }
}
