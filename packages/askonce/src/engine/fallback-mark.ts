/**
 * Whether a response header marks an answer as a fallback's: that of another model or provider than was asked for.
 */
import type { AnswerHeaders } from '../flight/plan.ts';
import { wildcards } from '../protocol/side-effects/wildcards.ts';

const noMark: ReadonlySet<string> = new Set(['', 'false', 'no', 'none', 'null', 'off']);

/** Makes the test for the headers that the settings name. */
export function fallbackMark(names: readonly string[]): (headers: AnswerHeaders) => boolean {
  const isNamed = wildcards(names.map((name) => name.toLowerCase()));
  return (headers) => {
    const named = Object.keys(headers).filter(isNamed);
    return named.some((name) => [headers[name]].flat().some(isMark)) || isOwnFallback(headers);
  };
}

/** A count or index above zero, a path with such an index (`config.targets[1]`), or any word but one that denies. */
function isMark(value: string | undefined): boolean {
  const text = value?.trim().toLowerCase() ?? '';
  if (noMark.has(text)) return false;
  const indexes = [...text.matchAll(/\[(\d+)\]/g)].map(([, index]) => Number(index));
  if (indexes.length > 0) return indexes.some((index) => index > 0);
  // Portkey's, if the configuration has one target only.
  if (text === 'config') return false;
  const count = Number(text);
  return Number.isNaN(count) || count > 0;
}

/** Another askonce in front of the provider serves fallbacks of its own. */
function isOwnFallback({ 'cache-status': status }: AnswerHeaders): boolean {
  return [status].flat().some((one) => one?.includes('; detail="fallback"'));
}
