/**
 * One admin call, as its handler sees it: who calls, with which parameters and which body.
 */
import { AskonceError, type Cache } from 'askonce';
import type { GatewayLog } from '../log/log.ts';
import type { Caller } from './caller.ts';
import type { HealthReport } from './health.ts';

/** What all admin calls share. */
export interface AdminContext {
  readonly cache: Cache;
  readonly log: GatewayLog;
  /** Digest under the gateway's secret, by which a log may name a user. */
  digestUser(user: string): string;
  health(): Promise<HealthReport>;
}

export interface AdminCall {
  readonly caller: Caller;
  readonly requestId: string;
  /** What stands behind the route's path, percent-decoded; undefined where nothing does. */
  readonly rest: string | undefined;
  readonly query: URLSearchParams;
  /** The body's JSON; undefined where there is none. */
  readonly body: unknown;
}

/** Answers with what becomes the body of a 200. @throws AskonceError */
export type AdminHandler = (context: AdminContext, call: AdminCall) => Promise<unknown>;

/** The values of the query's only allowed parameters, each a list. @throws AskonceError `code` for any other. */
export function parameters<Name extends string>(
  query: URLSearchParams,
  names: readonly Name[],
  code: 'invalid_request' | 'invalid_selector',
): Readonly<Record<string, readonly string[]>> {
  const known = new Set<string>(names);
  const given: Record<string, string[]> = {};
  for (const [name, value] of query) {
    if (!known.has(name))
      throw new AskonceError(code, `The query has an unknown parameter; known are ${names.join(', ')}.`);
    given[name] = [...(given[name] ?? []), value];
  }
  return given;
}
