/** The application of a case: it answers as the exchange says that is being played, and notes what it sees. */
import type { HttpCase, HttpExchange } from './case.ts';
import { type Lines, linesOf, valueIn } from './fields.ts';

/** A request as the application sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly lines: Lines;
}

interface ScriptedAnswer {
  readonly status: number;
  readonly lines: Lines;
  readonly body: string | null;
}

/** Rejects where the exchange says that the application fails. */
export type Application = (request: SeenRequest) => Promise<ScriptedAnswer>;

/** The field by which a response names the exchange that it is the answer to. */
export const answerField = 'x-answer';

/** The path of a case, which its exchanges may extend. */
export const pathOf = (example: HttpCase): string => `/cases/${example.id}`;

export interface Call extends SeenRequest {
  readonly exchange: number;
  readonly answer: ScriptedAnswer;
}

/** The body of the answer to an exchange, from 0. */
export const bodyOfAnswer = (example: HttpCase, exchange: number): string =>
  example.exchanges[exchange]?.answer?.body ?? `the answer to exchange ${exchange + 1}`;

const withoutBody = new Set([204, 304]);

/**
 * An application that plays a case on a clock. `at(n)` makes it answer as the exchange `n`, from 0, says; `calls` are the
 * requests that have reached it, and `asked(n)` resolves once it has been asked during that exchange.
 */
export function applicationOf(example: HttpCase, clock: { now(): number; advance(ms: number): void }) {
  const calls: Call[] = [];
  const waiting = new Set<() => void>();
  let current = 0;

  const linesOfAnswer = ({ answer: { headers = {}, locations = false } = {} }: HttpExchange): Lines =>
    linesOf(headers, clock.now()).map(([name, value]) =>
      locations && name.endsWith('location') ? [name, `${pathOf(example)}${value}`] : [name, value],
    );

  /** Whether a request's condition holds for the answer of an earlier exchange (RFC 9110, section 13.1). */
  function isUnmodified({ lines }: SeenRequest): boolean {
    const tag = valueIn(lines, 'if-none-match');
    const since = valueIn(lines, 'if-modified-since');
    const { headers = {} } =
      example.exchanges.slice(0, current).findLast(({ answer }) => answer)?.answer ?? {};
    const { etag, 'last-modified': modified } = headers;
    if (tag !== undefined) return typeof etag === 'string' && tag.includes(etag);
    return since !== undefined && modified !== undefined;
  }

  const application: Application = async (request) => {
    const exchange: HttpExchange = example.exchanges[current] ?? {};
    const { answer = {}, fails = false, expect } = exchange;
    const validated = expect?.from === 'validation' && isUnmodified(request);
    if (answer.takes !== undefined) clock.advance(answer.takes * 1000);
    const status = validated ? 304 : (answer.status ?? 200);
    const lines = linesOfAnswer(exchange);
    const given = {
      status,
      lines: [
        ...lines,
        ...(valueIn(lines, 'content-type') === undefined ? [['content-type', 'text/plain'] as const] : []),
        // A 304 has no body: the stored answer keeps naming the exchange that its body is of.
        ...(validated ? [] : [[answerField, String(current + 1)] as const]),
      ],
      body: withoutBody.has(status) ? null : bodyOfAnswer(example, current),
    };
    calls.push({ ...request, exchange: current, answer: given });
    for (const wake of waiting) wake();
    if (fails) throw new Error('the application fails, as the case says');
    return given;
  };

  return {
    application,
    calls,
    at(exchange: number) {
      current = exchange;
    },
    async asked(exchange: number): Promise<void> {
      while (!calls.some((call) => call.exchange === exchange)) {
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
        });
      }
    },
  };
}
