/**
 * Bytes that come in pieces of any size, held in blocks: any offset is found, and read from, without walking through the
 * pieces.
 */

/** Small answers take a small block; the blocks of longer ones grow up to the largest. */
const smallestBlock = 4 * 1024;
const largestBlock = 64 * 1024;

interface Block {
  /** As long as the block may become. */
  readonly room: Uint8Array;
  /** Offset of its first byte. */
  readonly start: number;
  used: number;
}

export class Blocks {
  #blocks: Block[] = [];
  #end = 0;

  /** Offset of the first byte that is still held. */
  get start(): number {
    return this.#blocks[0]?.start ?? this.#end;
  }

  /** Bytes that have come in all. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that are allocated now. */
  get heldBytes(): number {
    let held = 0;
    for (const { room } of this.#blocks) held += room.length;
    return held;
  }

  /** Copies the piece: its maker may use its memory again. */
  append(piece: Uint8Array): void {
    let rest = piece;
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.used < last.room.length) {
      const fitting = rest.subarray(0, last.room.length - last.used);
      last.room.set(fitting, last.used);
      last.used += fitting.length;
      rest = rest.subarray(fitting.length);
      this.#end += fitting.length;
    }
    if (rest.length === 0) return;
    const usual = this.#end === 0 ? 0 : Math.min(Math.max(this.#end, smallestBlock), largestBlock);
    const room = Buffer.allocUnsafe(Math.max(rest.length, usual));
    room.set(rest);
    this.#blocks.push({ room, start: this.#end, used: rest.length });
    this.#end += rest.length;
  }

  /** The bytes from `offset` to the end of their block; empty at the end. */
  from(offset: number): Uint8Array {
    // Nearly all readers are near the end.
    const block = this.#blocks.findLast(({ start }) => start <= offset);
    return block === undefined ? new Uint8Array() : block.room.subarray(offset - block.start, block.used);
  }

  /** Releases the blocks that lie entirely before `offset`. */
  dropBefore(offset: number): void {
    const first = this.#blocks.findIndex(({ start, used }) => start + used > offset);
    if (first > 0) this.#blocks.splice(0, first);
  }

  /** All that is held, in one buffer. */
  whole(): Uint8Array {
    const [first, ...others] = this.#blocks.map(({ room, used }) => room.subarray(0, used));
    if (first === undefined) return new Uint8Array();
    return others.length === 0 ? first : Buffer.concat([first, ...others]);
  }
}
