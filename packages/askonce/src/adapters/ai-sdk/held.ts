/**
 * Values that JSON cannot express, such as errors, by a name that is written in their place: a reader in
 * the process that got the answer finds the value itself.
 */
import { randomUUID } from 'node:crypto';
import { recentMap } from '../../recent-map.ts';

export interface HeldValues {
  /** The name of a value. */
  hold(value: unknown): string;
  /** Undefined if the value is another process's, or has been dropped. */
  find(name: string): { readonly value: unknown } | undefined;
}

/** Values of answers in progress; an older one is dropped. */
const most = 64;

export function heldValues(): HeldValues {
  const values = recentMap<{ readonly value: unknown }>(most);
  return {
    hold(value) {
      const name = randomUUID();
      values.set(name, { value });
      return name;
    },
    find: (name) => values.get(name),
  };
}
