/**
 * The HTTP servers: the main one with the routes of the proxy, and the one for admin calls alone.
 */
import type { RequestListener, Server } from 'node:http';
import { AskonceError } from 'askonce';
import { cachedRoutes } from 'askonce/gateway-kit';
import Router from 'find-my-way';
import { isAdminCall } from '../admin/answering.ts';
import { isFeedback } from '../admin/feedback.ts';
import type { AdminHandler } from '../admin/listener.ts';
import { isScrape, metricsPath } from '../admin/scrape.ts';
import { isSubscription } from '../admin/subscription.ts';
import { cachedHandler } from '../proxy/cached.ts';
import type { ProxyContext } from '../proxy/context.ts';
import { passThrough } from '../proxy/pass-through.ts';
import { familyOf } from '../proxy/routing.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { answerProbe, guardedServer, isProbe, noSuchRoute, probePaths, refuse } from './guarded.ts';

/** What is served below `/cache/`, and the metrics. */
export interface OwnCalls {
  /** Handles the admin calls, if they are served on this port. */
  readonly admin: AdminHandler | undefined;
  readonly feedback: AdminHandler;
  /** Serves answers by their keys. */
  readonly subscription: AdminHandler;
  /** Serves the metrics, if they are served on this port. */
  readonly scrape: AdminHandler | undefined;
}

export function createGatewayServer(settings: GatewaySettings, proxy: ProxyContext, own: OwnCalls): Server {
  return guardedServer(settings, settings.host, proxy, beside(own, routed(proxy, own.scrape)));
}

/** Calls below `/cache/` have a router of their own, which answers a malformed path in the shape of admin calls. */
function beside({ admin, feedback, subscription }: OwnCalls, handler: RequestListener): RequestListener {
  return (request, response) => {
    if (!isAdminCall(request)) handler(request, response);
    else if (isFeedback(request)) feedback(request, response);
    else if (isSubscription(request)) subscription(request, response);
    else if (admin !== undefined) admin(request, response);
    else handler(request, response);
  };
}

/** The routes of the proxy, the probes and, if they are served here, the metrics. */
function routed(proxy: ProxyContext, scrape: AdminHandler | undefined): RequestListener {
  const router = Router({
    // Queries are the routes' own business.
    querystringParser: () => ({}),
    defaultRoute: (request, response) => refuse(request, response, noSuchRoute(), proxy),
    onBadUrl: (_, request, response) =>
      refuse(
        request,
        response,
        new AskonceError('invalid_path', 'The path is malformed; check its percent-encoding.'),
        proxy,
      ),
  });
  const passOn: RequestListener = (request, response) =>
    passThrough(request, response, proxy, { family: familyOf(request.url ?? '', request.headers) });
  const cached = new Map<string | undefined, RequestListener>();
  for (const route of cachedRoutes) {
    if (!proxy.directory.serves(route.family)) continue;
    const handler = cachedHandler(route, proxy);
    cached.set(route.path, handler);
    router.post(route.path, handler);
  }
  router.all('/v1/*', passOn);
  if (proxy.directory.serves('azure')) router.all('/openai/*', passOn);
  if (scrape !== undefined) router.all(metricsPath, scrape);
  for (const path of probePaths)
    router.get(path, (request, response) => answerProbe(request, response, proxy.traffic.draining));
  return (request, response) => {
    // Most paths are written as their route is. To route one takes a third as long as to look up its answer.
    const handler = request.method === 'POST' ? cached.get(request.url) : undefined;
    if (handler !== undefined) handler(request, response);
    else router.lookup(request, response);
  };
}

/** The server for admin calls and metrics at an address of their own. */
export function createAdminServer(
  settings: GatewaySettings,
  host: string,
  proxy: ProxyContext,
  { admin, feedback, scrape }: Omit<OwnCalls, 'subscription'>,
): Server {
  return guardedServer(settings, host, proxy, (request, response) => {
    // Without the admin key there are no calls below /cache/ at all.
    if (admin !== undefined && isFeedback(request)) feedback(request, response);
    else if (admin !== undefined && isAdminCall(request)) admin(request, response);
    else if (scrape !== undefined && isScrape(request)) scrape(request, response);
    else if (isProbe(request) && request.method === 'GET')
      answerProbe(request, response, proxy.traffic.draining);
    else refuse(request, response, noSuchRoute(), proxy);
  });
}
