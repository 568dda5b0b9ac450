/**
 * The texts that wait for the model, which embeds one at a time.
 */
import type { Clock } from '../../../clock.ts';
import { AskonceError } from '../../../errors.ts';

export interface TextQueue {
  /** Whether a text would wait for longer than the patience. */
  readonly isBusy: boolean;
  /** Texts that wait or are being embedded. */
  readonly size: number;
  /** Rejects with the signal's reason, or if too many texts wait. */
  add(text: string, signal: AbortSignal | undefined): Promise<Float32Array | undefined>;
  /** Embeds the next texts, if the model can. To be called when it has become able to. */
  advance(): void;
  /** Rejects all that wait. */
  drop(error: Error): void;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** Expected wait from which the queue is busy, in ms. */
  readonly patienceMs: number;
  readonly canRun: () => boolean;
  readonly run: (text: string) => Promise<Float32Array | undefined>;
  /** Called when a text comes or goes. */
  readonly onChange: () => void;
}

interface Waiting {
  readonly text: string;
  readonly resolve: (vector: Float32Array | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

const mostTexts = 64;
/** What a text costs before its first character, in characters: the special tokens, and the way to the model. */
const overheadCharacters = 32;
/** Weight of the newest measurement. */
const newest = 0.2;

export function textQueue({ clock, patienceMs, canRun, run, onChange }: QueueOptions): TextQueue {
  const waiting = new Set<Waiting>();
  let running: Waiting | undefined;
  /** Measured, in ms; unknown before the first text. */
  let msPerCharacter = 0;

  function isBusy(): boolean {
    let characters = running === undefined ? 0 : cost(running);
    for (const one of waiting) characters += cost(one);
    return characters * msPerCharacter > patienceMs;
  }

  function advance(): void {
    if (running !== undefined || !canRun()) return;
    const [next] = waiting;
    if (next === undefined) return;
    waiting.delete(next);
    running = next;
    const began = clock.monotonic();
    const over = () => {
      running = undefined;
      onChange();
      advance();
    };
    run(next.text).then(
      (vector) => {
        const measured = (clock.monotonic() - began) / cost(next);
        msPerCharacter =
          msPerCharacter === 0 ? measured : msPerCharacter + newest * (measured - msPerCharacter);
        next.resolve(vector);
        over();
      },
      (error: unknown) => {
        next.reject(error);
        over();
      },
    );
  }

  return {
    get isBusy() {
      return waiting.size >= mostTexts || isBusy();
    },
    get size() {
      return waiting.size + (running === undefined ? 0 : 1);
    },
    add(text, signal) {
      return new Promise((resolve, reject) => {
        if (waiting.size >= mostTexts)
          return reject(
            new AskonceError('semantic_failed', `${mostTexts} texts wait already; try again later.`),
          );
        const abort = () => {
          waiting.delete(one);
          onChange();
          reject(signal?.reason);
        };
        const settled =
          <Value>(settle: (value: Value) => void) =>
          (value: Value) => {
            signal?.removeEventListener('abort', abort);
            settle(value);
          };
        const one: Waiting = { text, resolve: settled(resolve), reject: settled(reject) };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.add(one);
        onChange();
        advance();
      });
    },
    advance,
    drop(error) {
      for (const one of [...waiting]) one.reject(error);
      waiting.clear();
      onChange();
    },
  };
}

function cost({ text }: Waiting): number {
  return overheadCharacters + text.length;
}
