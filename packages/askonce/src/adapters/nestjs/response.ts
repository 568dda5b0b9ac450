/**
 * The response of Express or Fastify, as far as both are alike.
 */
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { EndpointReply, HeadReport } from '../endpoint/contract.ts';
import { ownHeaders, textFields } from '../endpoint/run-headers.ts';
import { type WatchedResponse, watchHead } from '../endpoint/watched-response.ts';

export interface FrameworkResponse {
  statusCode: number;
  getHeaders(): Readonly<Record<string, unknown>>;
  removeHeader(name: string): unknown;
  /** Node's response, of Fastify. */
  readonly raw?: { readonly writableFinished: boolean; once(event: 'close', listener: () => void): unknown };
  readonly writableFinished?: boolean;
  once?(event: 'close', listener: () => void): unknown;
}

/** Names in lower case. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** The headers that are set on a response, names in lower case, each value as text. */
export function headersOf(response: FrameworkResponse): Fields {
  return textFields(response.getHeaders());
}

/** The headers of an answer (see `ownHeaders`), and those that are named: decorators have set them before the run. */
export function answerHeaders(after: Fields, before: Fields, named: readonly string[]): Fields {
  const declared = Object.entries(after).filter(([name]) => named.includes(name));
  return { ...ownHeaders(after, before), ...Object.fromEntries(declared) };
}

/** Sets status and headers of a reply. What middleware has set for every response stays, also in `Vary`. */
export function setHead(
  adapter: AbstractHttpAdapter,
  response: FrameworkResponse,
  { status, headers }: Pick<EndpointReply, 'status' | 'headers'>,
): void {
  const before = headersOf(response);
  adapter.status(response, status);
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'set-cookie') {
      // Those of this request, which its handler has set, are there already.
      const held = [before[name] ?? []].flat();
      for (const cookie of [value].flat())
        if (!held.includes(cookie)) adapter.appendHeader(response, name, cookie);
      continue;
    }
    const values = name === 'vary' ? union(before[name], value) : [value].flat();
    adapter.setHeader(response, name, values.join(', '));
  }
}

function union(
  one: string | readonly string[] | undefined,
  other: string | readonly string[],
): readonly string[] {
  const names = [one ?? [], other]
    .flat()
    .flatMap((list) => list.split(','))
    .map((name) => name.trim());
  const seen = new Map(names.filter((name) => name !== '').map((name) => [name.toLowerCase(), name]));
  return [...seen.values()];
}

/** Reports the head that Nest sends, with what middleware and hooks add to it. */
export function reportHead(response: FrameworkResponse, head: HeadReport): void {
  const node: object = response.raw ?? response;
  if (isWatchable(node)) watchHead(node, head);
  else head.sent(undefined);
}

function isWatchable(response: object): response is WatchedResponse {
  return 'getHeaders' in response && 'headersSent' in response && 'once' in response;
}

/** A signal that aborts if the client leaves before it has the whole response. */
export function clientSignal(response: FrameworkResponse): AbortSignal {
  const controller = new AbortController();
  const raw = response.raw ?? response;
  raw.once?.('close', () => {
    if (raw.writableFinished !== true) controller.abort();
  });
  return controller.signal;
}
