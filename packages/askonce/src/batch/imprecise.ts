/**
 * Providers whose answers to a list do not show which part belongs to which input. Their lists are asked, and stored,
 * whole.
 */
import type { Clock } from '../clock.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';

/** A provider may be mended; until then each of its lists would be asked for twice. */
const rememberedMs = 24 * 3_600_000;
const maxRemembered = 1000;

type Asked = { readonly request: CacheRequest; readonly identity: Identity };

export interface ImpreciseProviders {
  /** Whether the upstream has lately answered a list for this model so that it could not be divided with certainty. */
  includes(asked: Asked): boolean;
  note(asked: Asked): void;
}

export function impreciseProviders(clock: Clock): ImpreciseProviders {
  /** When each is forgotten, the next one first. */
  const until = new Map<string, number>();

  return {
    includes(asked) {
      if (until.size === 0) return false;
      const name = nameOf(asked);
      const time = until.get(name);
      if (time === undefined) return false;
      if (time > clock.monotonic()) return true;
      until.delete(name);
      return false;
    },
    note(asked) {
      const name = nameOf(asked);
      until.delete(name);
      const [oldest] = until.keys();
      if (until.size >= maxRemembered && oldest !== undefined) until.delete(oldest);
      until.set(name, clock.monotonic() + rememberedMs);
    },
  };
}

function nameOf({ request: { upstream, route }, identity: { protocol, subject } }: Asked): string {
  return JSON.stringify([protocol.name, upstream, route, subject]);
}
