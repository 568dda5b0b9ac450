/**
 * What every request must pass before it is routed.
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

/** Why a request is refused, or undefined where it may go on. */
export function admission({
  host,
  allowedHosts,
  maxHeaders,
}: AdmissionRules): (request: IncomingMessage) => AskonceError | undefined {
  const checkHost = hostCheck(host, allowedHosts);
  return (request) => {
    const refused = refusedTarget(request.url ?? '');
    if (refused !== undefined) return new AskonceError('invalid_path', `The path ${refused}.`);
    if (request.rawHeaders.length > maxHeaders * 2)
      return new AskonceError(
        'invalid_request',
        `The request has more than ${maxHeaders} header lines (maxHeaders).`,
      );
    const verdict = checkHost(request.rawHeaders);
    if (verdict === 'missing')
      return new AskonceError(
        'invalid_request',
        'The request must have exactly one Host header, a name and perhaps a port.',
      );
    if (verdict === 'foreign')
      return new AskonceError(
        'host_refused',
        'The Host header names another machine; the setting allowedHosts lists further names.',
      );
    if (isCrossSite(request.headers))
      return new AskonceError('cross_site_refused', 'Browser pages of other sites may not use this gateway.');
    return undefined;
  };
}
