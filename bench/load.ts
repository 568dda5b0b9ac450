/** Load on servers, in turns, so that a busy moment of the machine disturbs all alike. */
import autocannon from 'autocannon';
import { median } from './measure.ts';

export interface Target {
  readonly url: string;
  readonly headers?: Record<string, string>;
  /** The body of the n-th request. */
  readonly body: (n: number) => string;
}

const connections = 64;
const secondsARound = 3;
const rounds = 5;

/** Requests per second that each target answers, round by round. */
export async function loadInTurns<Name extends string>(
  targets: Readonly<Record<Name, Target>>,
): Promise<Record<Name, number[]>>;
export async function loadInTurns(
  targets: Readonly<Record<string, Target>>,
): Promise<Record<string, number[]>> {
  const rates: Record<string, number[]> = {};
  let n = 0;
  const next = () => n++;
  for (const target of Object.values(targets)) await load(target, 1, next);
  for (let round = 0; round < rounds; round++) {
    for (const [name, target] of Object.entries(targets)) {
      const rate = await load(target, secondsARound, next);
      rates[name] = [...(rates[name] ?? []), rate];
    }
  }
  return rates;
}

async function load({ url, headers, body }: Target, duration: number, next: () => number): Promise<number> {
  const varies = body(0) !== body(1);
  const result = await autocannon({
    url,
    connections,
    duration,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench', ...headers },
    ...(varies
      ? { requests: [{ setupRequest: (request) => ({ ...request, body: body(next()) }) }] }
      : { body: body(0) }),
  });
  if (result.errors > 0 || result.non2xx > 0)
    throw new Error(`${url}: ${result.errors} errors, ${result.non2xx} answers that are not 2xx`);
  return result['2xx'] / result.duration;
}

/** Median of the rounds' ratios of two targets. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN)));
}
