/**
 * The checks that every request passes before it is routed.
 */
import type { IncomingMessage } from 'node:http';
import { AskonceError } from 'askonce';
import { isCrossSite } from './cross-site.ts';
import { hostCheck } from './host.ts';
import { refusedTarget } from './path.ts';

export interface AdmissionRules {
  /** The address that the gateway listens on. */
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly maxHeaders: number;
}

/** Why a request is refused; undefined if it is admitted. */
export function admission({
  host,
  allowedHosts,
  maxHeaders,
}: AdmissionRules): (request: IncomingMessage) => AskonceError | undefined {
  const checkHost = hostCheck(host, allowedHosts);
  return (request) => {
    const refused = refusedTarget(request.url ?? '');
    if (refused !== undefined)
      return new AskonceError(
        'invalid_path',
        `The path ${refused}; send a plain path below /v1/ or /openai/.`,
      );
    if (request.rawHeaders.length > maxHeaders * 2)
      return new AskonceError(
        'invalid_request',
        `The request has more than ${maxHeaders} header lines (maxHeaders); send fewer, or raise the limit.`,
      );
    const verdict = checkHost(request.rawHeaders);
    if (verdict === 'missing')
      return new AskonceError(
        'invalid_request',
        'The request must have exactly one Host header: a name, and optionally a port.',
      );
    if (verdict === 'foreign')
      return new AskonceError(
        'host_refused',
        'The Host header names another machine; list the name in the setting allowedHosts to allow it.',
      );
    if (isCrossSite(request.headers))
      return new AskonceError(
        'cross_site_refused',
        'Browser pages of other sites may not use this gateway; call it from a server.',
      );
    return undefined;
  };
}
