/**
 * Takes an admin call from its request to its answer: caller, route, role, query, body, handler.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { AskonceError } from 'askonce';
import type { Access } from './access.ts';
import { answering, type Call, type CallContext } from './answering.ts';
import { admitted, forbidden, lineOf } from './caller.ts';
import type { AdminContext } from './context.ts';
import { readJson } from './json.ts';
import { type AdminRoute, type Listener, noBody, type Parameters, type SendAnswer } from './route.ts';
import { adminRoutes, type FoundRoutes, findRoutes } from './routes.ts';

export type AdminHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface AdminOptions {
  readonly access: Pick<Access, 'admit' | 'addressOf'>;
  readonly context: AdminContext;
  readonly proxy: CallContext;
  /** Default: {@link adminRoutes}. */
  readonly routes?: readonly AdminRoute[] | undefined;
}

/** Handles the admin calls of a listener; undefined if no route is served there. */
export type AdminCalls = (listener: Listener) => AdminHandler | undefined;

export function adminCalls({ access, context, proxy, routes = adminRoutes }: AdminOptions): AdminCalls {
  async function answer(
    served: readonly AdminRoute[],
    request: IncomingMessage,
    response: ServerResponse,
    { requestId, errorHeaders, line }: Call,
  ): Promise<SendAnswer> {
    const { path, query } = targetOf(request);
    const found = findRoutes(served, path);
    line['address'] = access.addressOf(request);
    // Unknown paths have the usual limit, so that they can't be used for guessing.
    const caller = admitted(await access.admit(request, found?.routes[0]?.limit), errorHeaders);
    Object.assign(line, lineOf(caller));
    const route = chosen(found, request.method ?? '', errorHeaders);
    if (!route.roles.includes(caller.role)) admitted(forbidden(caller.role, route.roles), errorHeaders);
    const parameters = parametersOf(query, found?.parameters ?? {});
    const body = await bodyOf(route, request, response);
    const { 'last-event-id': lastEvent } = request.headers;
    const lastEventId = typeof lastEvent === 'string' ? lastEvent : undefined;
    const call = { caller, requestId, lastEventId, query: parameters, body, errorHeaders };
    const send = await route.answering(context, call);
    return (answered, options) => {
      send(answered, options);
      const { statusCode: status } = answered;
      proxy.log.called(`${route.method} ${route.path}`, { status, requestId, ...line });
    };
  }

  async function bodyOf(
    { body }: AdminRoute,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<unknown> {
    if (body === noBody) return undefined;
    return await readJson(request, response, proxy, !body.safeParse(undefined).success);
  }

  return (listener) => {
    const served = routes.filter(({ listeners }) => listeners.includes(listener));
    if (served.length === 0) return undefined;
    return (request, response) =>
      answering(
        { request, response },
        proxy,
        (call) => answer(served, request, response, call),
        (_, send, options) => send(response, options),
      );
  };
}

function targetOf({ url = '' }: IncomingMessage): { readonly path: string; readonly query: string } {
  const queryAt = url.indexOf('?');
  return queryAt === -1
    ? { path: url, query: '' }
    : { path: url.slice(0, queryAt), query: url.slice(queryAt + 1) };
}

/** @throws AskonceError `route_unknown`, `method_not_allowed` */
function chosen(found: FoundRoutes | undefined, method: string, headers: OutgoingHttpHeaders): AdminRoute {
  if (found === undefined) throw new AskonceError('route_unknown', 'Unknown admin call; check its path.');
  const route = found.routes.find((one) => one.method === method);
  if (route !== undefined) return route;
  const allow = found.routes.map((one) => one.method).join(', ');
  headers['allow'] = allow;
  throw new AskonceError('method_not_allowed', `Method not allowed; use ${allow}.`);
}

/** The parameters of query and path, decoded, by name. */
function parametersOf(query: string, inPath: Readonly<Record<string, string>>): Parameters {
  const parameters = new Map<string, string[]>();
  const add = (name: string, value: string) => parameters.set(name, [...(parameters.get(name) ?? []), value]);
  for (const [name, value] of Object.entries(inPath)) add(name, decoded(value));
  decoded(query);
  for (const [name, value] of new URLSearchParams(query)) add(name, value);
  return Object.fromEntries(parameters);
}

/** Rejects what is not UTF-8: a repaired name would be another name. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new AskonceError(
      'invalid_request',
      'The path or the query is not percent-encoded UTF-8; encode it so.',
      {
        cause,
      },
    );
  }
}
