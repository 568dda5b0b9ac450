/** Plays a case over real connections, and says what is not as the case expects. */
import { type FakeClock, fakeClock } from 'askonce/testing';
import {
  type Application,
  answerField,
  applicationOf,
  bodyOfAnswer,
  type Call,
  pathOf,
} from './application.ts';
import type { HttpCase, HttpExchange } from './case.ts';
import { exchange, type Received } from './client.ts';
import { httpDate, linesOf, valueIn } from './fields.ts';

/** A server on loopback whose application is behind a cache that reads the clock. */
export interface CachedServer {
  readonly origin: string;
  /** Resolves once nothing is written any more of what has been answered. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export type Serve = (application: Application, clock: FakeClock) => Promise<CachedServer>;

/** What went otherwise, a line each: `2: from the application instead of the store`. None if all is as expected. */
export async function play(example: HttpCase, serve: Serve): Promise<readonly string[]> {
  const clock = fakeClock();
  const start = clock.now();
  const scripted = applicationOf(example, clock);
  const server = await serve(scripted.application, clock);
  const failures: string[] = [];
  try {
    for (const [index, one] of example.exchanges.entries()) {
      scripted.at(index);
      const { method = 'GET', suffix = '', headers = {}, body } = one.send ?? {};
      const url = `${server.origin}${pathOf(example)}${suffix}`;
      const response = await exchange({ method, url, lines: linesOf(headers, start), body }).catch(brokenOff);
      if ('reason' in response) {
        failures.push(`${index + 1}: no response: ${response.reason}`);
        break;
      }
      if (one.expect?.refreshed) await scripted.asked(index);
      const calls = scripted.calls.filter((call) => call.exchange === index);
      const context = { example, index, one, response, calls, start };
      failures.push(...checked(context).map((failure) => `${index + 1}: ${failure}`));
      await server.settled();
      clock.advance((one.wait ?? 0) * 1000);
    }
  } finally {
    await server.close();
  }
  return failures;
}

const brokenOff = (error: unknown) => ({ reason: error instanceof Error ? error.message : String(error) });

interface Played {
  readonly example: HttpCase;
  readonly index: number;
  readonly one: HttpExchange;
  readonly response: Received;
  readonly calls: readonly Call[];
  readonly start: number;
}

function checked(played: Played): string[] {
  return [...sourceOf(played), ...headOf(played), ...bodyOf(played), ...passedOn(played), ...seenOf(played)];
}

/** Where the response comes from. */
function sourceOf({ index, one: { expect }, response, calls }: Played): string[] {
  const answer = valueIn(response.lines, answerField);
  const asked = calls.length > 0;
  // A refresh behind a stale response asks the application too, but the response is an earlier one.
  const isOwn = answer === undefined ? asked : Number(answer) === index + 1;
  const found = calls.some(({ answer: { status } }) => status === 304)
    ? 'validation'
    : isOwn
      ? 'application'
      : 'store';
  const failures: string[] = [];
  if (expect?.from !== undefined && found !== expect.from) {
    failures.push(`from the ${found} instead of the ${expect.from}`);
  }
  if (expect?.of !== undefined && answer !== undefined && Number(answer) !== expect.of) {
    failures.push(`the answer to exchange ${answer} instead of ${expect.of}`);
  }
  return failures;
}

function headOf({ one: { expect = {}, answer = {} }, response, start }: Played): string[] {
  const failures: string[] = [];
  const status = expect.status ?? answer.status ?? 200;
  if (status !== 'any' && response.status !== status)
    failures.push(`status ${response.status} instead of ${status}`);
  for (const [name, wanted] of Object.entries(expect.headers ?? {})) {
    const value = valueIn(response.lines, name);
    const shown = value ?? 'none';
    if (wanted === true) {
      if (value === undefined) failures.push(`no ${name}`);
    } else if (typeof wanted === 'object' && 'above' in wanted) {
      if (!(Number(value) > wanted.above)) failures.push(`${name} is ${shown}, not above ${wanted.above}`);
    } else {
      const exact = typeof wanted === 'string' ? wanted : httpDate(start, wanted);
      if (value !== exact) failures.push(`${name} is ${shown} instead of ${exact}`);
    }
  }
  for (const one of expect.absent ?? []) {
    const [name, value] = typeof one === 'string' ? [one] : one;
    const found = valueIn(response.lines, name);
    if (value === undefined ? found !== undefined : found?.includes(value))
      failures.push(`${name} is ${found}`);
  }
  return failures;
}

function bodyOf({ example, one: { expect, send }, response }: Played): string[] {
  const { status, lines, body } = response;
  const answer = valueIn(lines, answerField);
  const isEmpty = send?.method === 'HEAD' || [204, 304].includes(status);
  const own = answer === undefined ? body : bodyOfAnswer(example, Number(answer) - 1);
  const wanted = isEmpty ? '' : (expect?.body ?? own);
  return body === wanted ? [] : [`body "${body}" instead of "${wanted}"`];
}

/** Fields that concern a connection: the server's own. */
const ofConnection = new Set(['connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade']);

/** The fields of an answer that the cache passes on. */
function passedOn({ index, response, calls }: Played): string[] {
  const call = calls.find(({ answer }) => answer.status !== 304);
  if (call === undefined || valueIn(response.lines, answerField) !== String(index + 1)) return [];
  const listed = valueIn(call.answer.lines, 'connection')?.split(/\s*,\s*/) ?? [];
  return call.answer.lines.flatMap(([name]) => {
    if (ofConnection.has(name) || name.startsWith('proxy-') || listed.includes(name)) return [];
    const [given, found] = [valueIn(call.answer.lines, name), valueIn(response.lines, name)];
    return given === found ? [] : [`passes on ${name} as ${found ?? 'none'} instead of ${given}`];
  });
}

/** What the application sees of the exchange. */
function seenOf({ one: { expect }, calls }: Played): string[] {
  if (expect?.seen === undefined) return [];
  const [call] = calls;
  if (call === undefined) return ['the application was not asked'];
  const { method, headers = {} } = expect.seen;
  const failures: string[] = [];
  if (method !== undefined && call.method !== method)
    failures.push(`asked by ${call.method} instead of ${method}`);
  for (const [name, wanted] of Object.entries(headers)) {
    const value = valueIn(call.lines, name);
    if (value !== wanted) failures.push(`asked with ${name} ${value ?? 'none'} instead of ${wanted}`);
  }
  return failures;
}
