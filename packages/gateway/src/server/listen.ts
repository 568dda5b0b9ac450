/**
 * Binds a server to its address.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { AskonceError } from 'askonce';
import type { Address } from '../settings/address.ts';

/** The names of the settings that give the address, for messages. */
interface AddressNames {
  readonly host: string;
  readonly port: string;
}

/** Resolves with the origin at which clients reach the server. @throws AskonceError `invalid_settings`, in one line. */
export async function listen(
  server: Server,
  { host, port }: Address,
  names: AddressNames = { host: 'host', port: 'port' },
): Promise<string> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    throw new AskonceError('invalid_settings', reason(error, host, port, names), { cause: error });
  }
  return originOf(server, host);
}

function reason(error: unknown, host: string, port: number, names: AddressNames): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `${names.port}: ${port} on ${host} is in use by another process; choose another port`;
  if (code === 'EACCES')
    return `${names.port}: listening on ${port} is not permitted; choose a port above 1023`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${names.host}: ${host} is not an address of this machine; choose one that is`;
  return `${names.host}: cannot listen on ${host} (${String(code)}); check host and port`;
}

function originOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
