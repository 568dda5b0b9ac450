/**
 * What a write that succeeded makes outdated (RFC 9111, section 4.4, and the routes' own `invalidateOn`).
 */
import type { HeaderFields } from '../../identity/request.ts';
import { pathTag } from '../../identity/tags.ts';
import type { EndpointRequest } from './contract.ts';
import { headerText, hostsOf, targetOf } from './question.ts';
import type { Routes } from './routes.ts';

/** Tags of the answers that are outdated now. */
export function invalidatedTags<Raw>(
  routes: Routes<Raw>,
  request: EndpointRequest<Raw>,
  answer: HeaderFields,
): readonly string[] {
  const { method, url, route } = request;
  const { path } = targetOf(url);
  const { sent, seen } = hostsOf(request);
  const paths = new Set([path]);
  for (const name of ['location', 'content-location']) {
    for (const host of new Set([sent, seen])) {
      const other = samePlace(headerText(answer, name), path, host);
      if (other !== undefined) paths.add(other);
    }
  }
  return [...[...paths].map(pathTag), ...routes.tagsOfWrite(method, route, path)];
}

/** The path that a reference leads to, if it is on the same host. */
function samePlace(reference: string, path: string, host: string): string | undefined {
  if (reference === '') return undefined;
  const base = `http://${host === '' ? 'localhost' : host}`;
  if (!URL.canParse(reference, base + path)) return undefined;
  const target = new URL(reference, base + path);
  return target.host === new URL(base).host ? target.pathname : undefined;
}
