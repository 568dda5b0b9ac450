/**
 * Random numbers from a seed: the same for equal texts.
 */
import { createHash } from 'node:crypto';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export class SeededRandom {
  readonly #state: Uint32Array;

  constructor(seed: string) {
    const digest = createHash('sha256').update(seed).digest();
    this.#state = Uint32Array.of(digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), 1);
    for (let round = 0; round < 12; round++) this.next();
  }

  /** At least 0 and below 1, by the generator sfc32. */
  next(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const sum = (a + b + counter) >>> 0;
    this.#state.set([b ^ (b >>> 9), c + (c << 3), ((c << 21) | (c >>> 11)) + sum, counter + 1]);
    return sum / 2 ** 32;
  }

  /** A whole number from `least` to `most`, inclusive. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<Item>(list: readonly [Item, ...Item[]]): Item {
    return list[this.between(0, list.length - 1)] ?? list[0];
  }

  /** Letters and digits, as in the ids of providers. */
  id(length: number): string {
    return Array.from({ length }, () => letters[this.between(0, letters.length - 1)]).join('');
  }
}
