/**
 * Takes an admin call from its request to its answer.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { AskonceError } from 'askonce';
import { discardBody } from '../proxy/body.ts';
import type { Gate } from '../proxy/gate.ts';
import { answerError, answerJson, newRequestId } from './answer.ts';
import { readJson } from './body.ts';
import type { AdminCall, AdminContext } from './call.ts';
import { type Caller, callerCheck, type Refusal } from './caller.ts';
import { type AdminMethod, findRoute } from './routes.ts';

export type AdminListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface AdminListenerOptions {
  readonly key: string;
  readonly context: AdminContext;
  readonly gate: Pick<Gate, 'log' | 'traffic' | 'requestTimeoutMs' | 'clock'>;
}

/** Whether a request is for the admin calls, known or not; none of them ever goes to a provider. */
export function isAdminCall({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/cache/');
}

/** A call that may be made, before its body is read. */
interface Admitted {
  readonly method: AdminMethod;
  readonly call: Omit<AdminCall, 'body'>;
}

export function adminListener({ key, context, gate }: AdminListenerOptions): AdminListener {
  const callerOf = callerCheck(key, gate.clock);

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<void> {
    const told: OutgoingHttpHeaders = {};
    try {
      const caller = admitted(callerOf(request), told);
      const { method, call } = route(request, caller, requestId, told);
      const body = method.body === 'none' ? undefined : await readJson(request, response, gate, method.body);
      const value = await method.run(context, { ...call, body });
      answerJson(response, 200, value, { requestId, closes: gate.traffic.draining });
    } catch (error) {
      const gone = response.destroyed;
      const unread = request.headers.expect !== undefined && !request.readableDidRead;
      const late = AskonceError.isInstance(error) && error.code === 'request_timeout';
      const closes = unread || late || gate.traffic.draining;
      answerError(response, error, { requestId, headers: told, closes });
      gate.log.failed(request.url ?? '', requestId, error, gone);
    } finally {
      discardBody(request, gate.clock);
    }
  }

  return (request, response) => {
    gate.traffic.begin();
    void answer(request, response, newRequestId()).finally(() => gate.traffic.end());
  };
}

/** @throws AskonceError where the caller is not let in; `told` then has what its answer says besides. */
function admitted(caller: Caller | Refusal, told: OutgoingHttpHeaders): Caller {
  if (!('error' in caller)) return caller;
  if (caller.retryAfter === undefined) told['www-authenticate'] = 'Bearer';
  else told['retry-after'] = String(caller.retryAfter);
  throw caller.error;
}

function route(
  { url = '', method: name = '' }: IncomingMessage,
  caller: Caller,
  requestId: string,
  told: OutgoingHttpHeaders,
): Admitted {
  const queryAt = url.indexOf('?');
  const found = findRoute(queryAt === -1 ? url : url.slice(0, queryAt));
  if (found === undefined) throw new AskonceError('route_unknown', 'There is no such admin call.');
  const method = Object.hasOwn(found.methods, name) ? found.methods[name] : undefined;
  if (method === undefined) {
    const allow = Object.keys(found.methods).join(', ');
    told['allow'] = allow;
    throw new AskonceError('method_not_allowed', `This admin call takes ${allow}.`);
  }
  const rest = found.rest === undefined ? undefined : decoded(found.rest);
  const query = queryAt === -1 ? '' : url.slice(queryAt + 1);
  decoded(query);
  return { method, call: { caller, requestId, rest, query: new URLSearchParams(query) } };
}

/** What is no UTF-8 must not become another name by being mended. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new AskonceError('invalid_request', 'The path and the query must be percent-encoded UTF-8.', {
      cause,
    });
  }
}
