/**
 * The server that has the admin calls alone, at an address of its own.
 */
import type { Server } from 'node:http';
import type { Gate } from '../proxy/gate.ts';
import { healthPath, writeHealth } from '../proxy/health.ts';
import { guardedServer, noSuchRoute, refuse } from '../server/guarded.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { type AdminListener, isAdminCall } from './listener.ts';

export function createAdminServer(
  settings: GatewaySettings,
  host: string,
  gate: Gate,
  admin: AdminListener,
): Server {
  return guardedServer(settings, host, gate, (request, response) => {
    const { url = '', method } = request;
    if (isAdminCall(request)) admin(request, response);
    else if (url === healthPath && method === 'GET') writeHealth(response, gate.traffic.draining);
    else refuse(request, response, noSuchRoute(), gate);
  });
}
