/**
 * Notices in memory, shared by simulated processes, whose calls fail, lose their answers or are slow on demand.
 */
import type { Notices } from '../../packages/askonce/src/store/shared.ts';

export interface MemoryNotices extends Notices {
  /** What lies there, by name. */
  readonly texts: Map<string, string>;
  /** How many calls have come so far. */
  readonly calls: number;
  /** What becomes of each further call, until it is set again: it may wait, or throw. */
  before: () => void | Promise<void>;
  /** The same once the call has had its effect: a failure here is a lost answer. */
  after: () => void | Promise<void>;
}

export function memoryNotices(): MemoryNotices {
  const texts = new Map<string, string>();
  let calls = 0;

  async function call<T>(work: () => T): Promise<T> {
    calls += 1;
    await notices.before();
    const answer = work();
    await notices.after();
    return answer;
  }

  const notices: MemoryNotices = {
    texts,
    get calls() {
      return calls;
    },
    before: () => {},
    after: () => {},
    get: (name) => call(() => texts.get(name)),
    put: (name, text, over) =>
      call(() => {
        const there = texts.get(name);
        if (there !== undefined && there !== over) return there;
        texts.set(name, text);
        return text;
      }),
  };
  return notices;
}
