/**
 * What a request used that was answered part by part: its own call apart from what entries and other requests' flights gave.
 */
import type { Awaitable } from '../clock.ts';
import type { Usage } from '../entry/entry.ts';
import type { Ending } from '../generate/closing.ts';
import { totalUsage } from '../protocol/usage.ts';

/** What one part, or one call, used. */
export interface Used {
  readonly usage?: Usage | undefined;
  readonly model?: string | undefined;
}

/** An answered part, or one that an entry gave. */
export interface UsedByPart {
  /** Whether the request's own call gave it. */
  readonly isOwn: boolean;
  readonly used: () => Awaitable<Used>;
}

/** @param calls what each call of the request used */
export async function endingOf(
  status: number,
  parts: readonly UsedByPart[],
  calls: readonly (() => Used | undefined)[],
): Promise<Ending> {
  const given = await Promise.all(parts.filter(({ isOwn }) => !isOwn).map(({ used }) => used()));
  const others = sumOf(given);
  if (calls.length === 0) return { by: 'flight', status, ...others };
  return { by: 'call', status, ...sumOf(calls.map((held) => held() ?? {})), savedUsage: others.usage };
}

function sumOf(all: readonly Used[]): Used {
  return {
    usage: totalUsage(all.flatMap(({ usage }) => usage ?? [])),
    model: all.find(({ model }) => model !== undefined)?.model,
  };
}
