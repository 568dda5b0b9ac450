/**
 * Values that JSON cannot express, such as errors, by a name that is written in their place: a reader in
 * the process that got the answer finds the value itself.
 */
import { randomUUID } from 'node:crypto';
import { recentMap } from '../../recent-map.ts';

export interface HeldValues {
  /** The name of a value. */
  hold(value: object): string;
  /** Undefined if the value is another process's, or has been dropped. */
  find(name: string): { readonly value: unknown } | undefined;
}

/** The values of all calls. */
export interface AllHeldValues {
  /** For one call: what it holds stays for as long as the call, or a stream of its answer, does. */
  ofCall(): HeldValues;
}

/** Values that stay behind their calls, for readers that are slower. */
const mostBehind = 64;
/** Values that one call holds; of a longer stream, the latest. */
const mostOfCall = 1024;
/** Names that are known; a name alone keeps no value. */
const mostNames = 16_384;

export function heldValues(): AllHeldValues {
  const named = recentMap<WeakRef<object>>(mostNames);
  const behind = recentMap<object>(mostBehind);
  return {
    ofCall() {
      // Made when there is a value: few calls have any.
      let own: ReturnType<typeof recentMap<object>> | undefined;
      return {
        hold(value) {
          const name = randomUUID();
          named.set(name, new WeakRef(value));
          behind.set(name, value);
          own ??= recentMap(mostOfCall);
          own.set(name, value);
          return name;
        },
        find(name) {
          const value = own?.get(name) ?? behind.get(name) ?? named.get(name)?.deref();
          return value && { value };
        },
      };
    },
  };
}
