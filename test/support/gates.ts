/**
 * Gates that hold a provider back until the test opens them.
 */

export interface Gates {
  /** Passes once that many have been opened. */
  wait(index: number): Promise<void>;
  /** Opens the gates below `count`. */
  open(count: number): void;
}

export function gates(): Gates {
  let opened = 0;
  let waiting: { readonly index: number; readonly pass: () => void }[] = [];
  return {
    wait(index) {
      if (index < opened) return Promise.resolve();
      return new Promise((pass) => waiting.push({ index, pass }));
    },
    open(count) {
      opened = Math.max(opened, count);
      for (const { index, pass } of waiting) if (index < opened) pass();
      waiting = waiting.filter(({ index }) => index >= opened);
    },
  };
}
