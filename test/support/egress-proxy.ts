/**
 * An HTTP proxy on loopback that forwards requests, opens tunnels, and records what it is asked for.
 */
import { once } from 'node:events';
import { createServer, request as sendRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface EgressProxy {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The request lines, with the proxy credential behind them if one came: `CONNECT localhost:443 Basic …`. */
  readonly asked: readonly string[];
  /** Refuses everything with this status from now on; 0 ends it. */
  refuse(status: number): void;
  /** Accepts tunnels from now on without ever answering them. */
  stall(): void;
}

/** Ends with the test. */
export async function startEgressProxy(): Promise<EgressProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let refusal = 0;
  let stalls = false;
  const record = (line: string, credential: string | undefined) =>
    asked.push(credential === undefined ? line : `${line} ${credential}`);

  const server = createServer((incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    const { 'proxy-authorization': credential, 'proxy-connection': _hop, ...passed } = headers;
    record(`${method} ${url}`, credential);
    if (refusal !== 0) {
      response.writeHead(refusal).end('refused');
      return;
    }
    const onward = sendRequest(url, { method, headers: passed, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    record(`CONNECT ${url}`, headers['proxy-authorization']);
    client.on('error', () => {});
    if (stalls) return;
    if (refusal !== 0) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`tunnel://${url}`);
    const provider = connect(Number(port), hostname);
    sockets.add(provider);
    provider.on('error', () => client.destroy());
    provider.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      provider.pipe(client).pipe(provider);
    });
    client.on('close', () => provider.destroy());
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return {
    host: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    asked,
    refuse(status) {
      refusal = status;
    },
    stall() {
      stalls = true;
    },
  };
}
