/**
 * Requests that are gathered for a moment, to be asked in one call (`batchWindowMs`).
 */
import type { Provider } from '../flight/provider.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { isJsonObject, tryParseJson } from '../json.ts';
import { commonHeaders, headerRules } from '../protocol/headers.ts';
import type { House } from './ask.ts';
import { toldCall } from './told-call.ts';

interface Single {
  readonly identity: Identity;
  readonly request: CacheRequest;
  readonly requestId: string;
  readonly provider: Provider;
}

/** Whether calls for such requests are gathered; then whoever makes the call tells of it. */
export function isGathered({ settings }: House, { protocol, parts }: Identity): boolean {
  return settings.batchWindowMs > 0 && protocol.parts !== undefined && parts === 1;
}

/** The provider of a request whose calls are gathered. */
export function gathered(house: House, single: Single): Provider {
  const { identity, provider } = single;
  const tell = () => toldCall(house, single);
  return (request, signal) => {
    const text = typeof request.body === 'string' ? request.body : Buffer.from(request.body).toString('utf8');
    const body = tryParseJson(text);
    const { protocol, form } = identity;
    const common = isJsonObject(body) ? protocol.parts?.common(body) : undefined;
    if (!isJsonObject(body) || common === undefined)
      return house.window.alone({ provider, request, signal, tell });
    const { upstream, route, query } = request;
    return house.window.join({
      group: JSON.stringify([identity.credential, upstream, route, query, headersOf(single), common]),
      request,
      body,
      form,
      protocol,
      provider,
      signal,
      tell,
    });
  };
}

/** The headers that count; who calls is told by the credential's digest. */
function headersOf({ identity, request }: Single): readonly (readonly [string, unknown])[] {
  const rule = headerRules(identity.protocol.headers, commonHeaders);
  return Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => rule(name) === 'counts')
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
