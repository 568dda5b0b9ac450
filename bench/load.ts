/** Load on servers, in turns, so that a machine that is busy for a moment disturbs them all alike. */
import autocannon from 'autocannon';
import { median } from './measure.ts';
import { type Running, usageAtRest } from './processes.ts';
import { chatText } from './requests.ts';

export interface Target {
  readonly server: Pick<Running, 'url' | 'usage'>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body of `same` questions. Default: {@link chatText}. */
  readonly body?: string | undefined;
}

/** What each round has measured. */
export interface Rounds {
  /** Requests per second. */
  readonly rate: number[];
  /** Microseconds of processor time a request, all threads of the server. */
  readonly processorTime: number[];
  /** The same of its event loop's thread alone. */
  readonly eventLoopTime: number[];
}

export const chatPath = '/v1/chat/completions';
export const chatHeaders = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' } as const;

const connections = 64;
const warmUpSeconds = 2;
const secondsARound = 3;
const rounds = 5;

/** Asks both targets the same question again and again, or another one each time, in turns. */
export async function loadInTurns(
  ours: Target,
  beside: Target,
  questions: 'same' | 'distinct',
): Promise<{ readonly ours: Rounds; readonly beside: Rounds }> {
  const measured = { ours: emptyRounds(), beside: emptyRounds() };
  for (const target of [beside, ours]) await load(target, warmUpSeconds, questions);
  for (let round = 0; round < rounds; round++) {
    add(measured.beside, await loadMeasured(beside, questions));
    add(measured.ours, await loadMeasured(ours, questions));
  }
  return measured;
}

/** Medians of a measure, and the median of its rounds' ratios. */
export function compare(
  { ours, beside }: { readonly ours: Rounds; readonly beside: Rounds },
  measure: keyof Rounds,
) {
  return {
    ours: median(ours[measure]),
    beside: median(beside[measure]),
    ratio: median(ours[measure].map((value, round) => value / (beside[measure][round] ?? Number.NaN))),
  };
}

type Round = Readonly<Record<keyof Rounds, number>>;

async function loadMeasured(target: Target, questions: 'same' | 'distinct'): Promise<Round> {
  const before = await usageAtRest(target.server);
  const { answers, rate } = await load(target, secondsARound, questions);
  const after = await usageAtRest(target.server);
  return {
    rate,
    processorTime: (after.processorTime - before.processorTime) / answers,
    eventLoopTime: ((after.eventLoopTime ?? Number.NaN) - (before.eventLoopTime ?? 0)) / answers,
  };
}

/** Numbers of questions, of which none is ever asked twice. */
let asked = 0;

async function load(
  { server, headers, body = chatText() }: Target,
  duration: number,
  questions: 'same' | 'distinct',
) {
  const url = server.url + chatPath;
  const result = await autocannon({
    url,
    connections,
    duration,
    method: 'POST',
    headers: { ...chatHeaders, ...headers },
    ...(questions === 'distinct'
      ? { requests: [{ setupRequest: (request) => ({ ...request, body: chatText(++asked) }) }] }
      : { body }),
  });
  if (result.errors > 0 || result.non2xx > 0)
    throw new Error(`${url}: ${result.errors} errors, ${result.non2xx} answers that are not 2xx`);
  return { answers: result['2xx'], rate: result['2xx'] / result.duration };
}

function emptyRounds(): Rounds {
  return { rate: [], processorTime: [], eventLoopTime: [] };
}

function add(rounds: Rounds, { rate, processorTime, eventLoopTime }: Round): void {
  rounds.rate.push(rate);
  rounds.processorTime.push(processorTime);
  rounds.eventLoopTime.push(eventLoopTime);
}
