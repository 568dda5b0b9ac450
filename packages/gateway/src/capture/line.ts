/**
 * A captured request as a line of JSON: time, path, the headers that count, body, answer, usage. What is a credential, or
 * looks like one, is left out.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Recording } from 'askonce';
import { commonHeaders, headerRules, type ProviderProtocolName, protocols } from 'askonce/gateway-kit';

/** An answered request, as capture holds it until its line is written. */
export interface CapturedExchange {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly protocol: ProviderProtocolName;
  /** Path and query, as the client sent them. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body: Uint8Array;
  };
}

/** Says what a question is about, and so which questions are alike; the caller's names are left out. */
const ownHeaders: ReadonlySet<string> = new Set(['askonce-language', 'askonce-category']);

/** A header that no table knows counts; it may hold a key all the same. */
const looksSecret = /auth|token|secret|key|cookie|session|credential|password|signature/;

const rules = new Map(
  Object.values(protocols).map(({ name, headers }) => [name, headerRules(headers, commonHeaders)] as const),
);

/**
 * The line, with its line feed; undefined for an answer that is none: an error, or one that its protocol cannot read.
 * `answer` is the JSON of the answer's body form, also where it was a stream.
 */
export function lineOf(exchange: CapturedExchange): string | undefined {
  const protocol = protocols[exchange.protocol];
  try {
    const recording = recordingOf(exchange);
    if (recording.status < 200 || recording.status > 299) return undefined;
    const answer = protocol.readAnswer(recording);
    const assessed = protocol.assess(recording);
    if (answer === undefined || assessed.finish !== 'natural') return undefined;
    const line = {
      time: new Date(exchange.time).toISOString(),
      path: pathOf(exchange.url),
      headers: countedHeaders(exchange),
      body: JSON.parse(Buffer.from(exchange.body).toString('utf8')),
      answer,
      ...(assessed.usage !== undefined && { usage: assessed.usage }),
    };
    return `${JSON.stringify(line)}\n`;
  } catch {
    // A body that nests too deep, say: the client has had its answer, and nothing is missing but this line.
    return undefined;
  }
}

function recordingOf({ protocol, answer }: CapturedExchange): Recording {
  const { framing } = protocols[protocol];
  const { status, body } = answer;
  const contentType = String(answer.headers['content-type'] ?? '');
  const plain = { status, headers: { 'content-type': contentType }, body };
  if (!framing.isStream(answer, undefined)) return { ...plain, form: 'body' };
  const cutter = framing.cutter();
  const ends = [...cutter.push(body)];
  const last = cutter.finish();
  if (last !== undefined) ends.push(last);
  const events = { ends: Uint32Array.from(ends), at: new Uint32Array(ends.length) };
  return { ...plain, form: 'stream', events };
}

/** Of the query only the API's version is known to be no key. */
function pathOf(url: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const version = new URLSearchParams(query).get('api-version');
  return version === null ? path : `${path}?${new URLSearchParams({ 'api-version': version })}`;
}

function countedHeaders({ protocol, headers }: CapturedExchange): Readonly<Record<string, unknown>> {
  const ruleOf = rules.get(protocol);
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) =>
        value !== undefined &&
        (ownHeaders.has(name) || (ruleOf?.(name) === 'counts' && !looksSecret.test(name))),
    ),
  );
}
