/** Who wants to hear of something that happens again and again; one who throws disturbs nobody. */
import { quietly } from '../observe/quietly.ts';

export class Listeners {
  readonly #all = new Set<{ readonly listener: () => void }>();

  add(listener: () => void): () => void {
    const one = { listener };
    this.#all.add(one);
    return () => {
      this.#all.delete(one);
    };
  }

  call(): void {
    for (const { listener } of this.#all) quietly(listener, undefined);
  }
}
