/**
 * What an answer's `Cache-Control` says to a shared cache (RFC 9111, section 5.2.2; RFC 5861).
 */
import { cacheDirectives, deltaSeconds } from './cache-directives.ts';

export interface AnswerControl {
  readonly noStore: boolean;
  /** Unqualified; with field names it only keeps those fields from being stored. */
  readonly noCache: boolean;
  readonly private: boolean;
  readonly public: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  /** Seconds. A value that is no number is 0: the answer counts as stale (section 4.2.1). */
  readonly maxAge: number | undefined;
  readonly sharedMaxAge: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
  /** Fields that `no-cache="…"` and `private="…"` name, in lower case. */
  readonly withheld: readonly string[];
}

type Flag =
  | 'noStore'
  | 'noCache'
  | 'private'
  | 'public'
  | 'mustRevalidate'
  | 'proxyRevalidate'
  | 'mustUnderstand';

const flags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  ['no-store', 'noStore'],
  ['no-cache', 'noCache'],
  ['private', 'private'],
  ['public', 'public'],
  ['must-revalidate', 'mustRevalidate'],
  ['proxy-revalidate', 'proxyRevalidate'],
  ['must-understand', 'mustUnderstand'],
]);

type Duration = 'maxAge' | 'sharedMaxAge' | 'staleWhileRevalidate' | 'staleIfError';

const durations: ReadonlyMap<string, Duration> = new Map<string, Duration>([
  ['max-age', 'maxAge'],
  ['s-maxage', 'sharedMaxAge'],
  ['stale-while-revalidate', 'staleWhileRevalidate'],
  ['stale-if-error', 'staleIfError'],
]);

const silent: AnswerControl = {
  noStore: false,
  noCache: false,
  private: false,
  public: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  mustUnderstand: false,
  maxAge: undefined,
  sharedMaxAge: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
  withheld: [],
};

/** Reads the header; of a duration that comes several times, the first counts. Unknown directives are ignored. */
export function answerControl(text: string): AnswerControl {
  if (text === '') return silent;
  const control: { -readonly [Name in keyof AnswerControl]: AnswerControl[Name] } = { ...silent };
  const withheld: string[] = [];
  for (const { name, argument } of cacheDirectives(text)) {
    const duration = durations.get(name);
    const flag = flags.get(name);
    if (duration !== undefined) control[duration] ??= deltaSeconds(argument) ?? 0;
    else if (argument !== undefined && argument !== '' && (flag === 'noCache' || flag === 'private'))
      withheld.push(...argument.toLowerCase().split(/[\t ,]+/));
    else if (flag !== undefined) control[flag] = true;
  }
  return { ...control, withheld: withheld.filter((name) => name !== '') };
}
