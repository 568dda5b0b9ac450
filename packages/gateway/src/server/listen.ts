/**
 * Binds a server to its address.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type SettingSource, wrongSetting } from 'askonce/gateway-kit';
import type { Address } from '../settings/address.ts';

/** Where the settings that give the address are from, for messages. */
interface AddressSources {
  readonly host: SettingSource;
  readonly port: SettingSource;
}

/** Resolves with the origin at which clients reach the server. @throws AskonceError `invalid_settings`, in one line. */
export async function listen(
  server: Server,
  { host, port }: Address,
  sources: AddressSources,
): Promise<string> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    const [which, message] = reason(error, host, port);
    throw wrongSetting(sources[which], message, { cause: error });
  }
  return originOf(server, host);
}

function reason(error: unknown, host: string, port: number): readonly ['host' | 'port', string] {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return ['port', `${port} on ${host} is in use by another process; choose another port`];
  if (code === 'EACCES') return ['port', `listening on ${port} is not permitted; choose a port above 1023`];
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return ['host', `${host} is not an address of this machine; choose one that is`];
  return ['host', `cannot listen on ${host} (${String(code)}); check host and port`];
}

function originOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
