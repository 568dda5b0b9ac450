/**
 * The base of all test providers: an HTTP server on loopback that can be closed at any moment, whatever its connections
 * are doing, and a log of the requests that it received.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A request that a test provider received. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly path: string;
  /** By name in lower case. Repeated fields are joined as node:http joins them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface Loopback {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and closes every connection. May be called again. */
  close(): Promise<void>;
}

/** The connection of a larger request body is closed. */
const bodyLimit = 64 * 1024 * 1024;

/**
 * Starts a server.
 *
 * @param handle is called once the request is complete; if it throws, the connection is closed
 * @param port default 0: any free port
 */
export async function startLoopback(
  handle: (request: SeenRequest, response: ServerResponse) => Promise<void>,
  port = 0,
): Promise<Loopback> {
  const server = createServer((message, response) => {
    response.on('error', () => response.destroy());
    readRequest(message)
      .then((request) => handle(request, response))
      .catch(() => response.destroy());
  });
  server.on('connection', (socket) => socket.setNoDelay(true));
  server.keepAliveTimeout = 60_000;
  const bound = await listen(server, port);
  return { url: `http://127.0.0.1:${bound}`, port: bound, close: () => close(server) };
}

/** A port of 127.0.0.1 on which nothing listens: connections to it are refused. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await close(server);
  return port;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function readRequest(message: IncomingMessage): Promise<SeenRequest> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of message) {
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size > bodyLimit) throw new RangeError(`A request body is at most ${bodyLimit} bytes`);
    pieces.push(bytes);
  }
  const headers = Object.entries(message.headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const,
  );
  return {
    method: message.method ?? 'GET',
    path: message.url ?? '/',
    headers: Object.fromEntries(headers),
    body: Buffer.concat(pieces),
  };
}

/** The latest requests: at most 1 000, and 64 MB of their bodies. */
export class RequestLog {
  readonly #requests: SeenRequest[] = [];
  #bytes = 0;

  add(request: SeenRequest): void {
    this.#requests.push(request);
    this.#bytes += request.body.length;
    while (this.#requests.length > 1_000 || (this.#bytes > bodyLimit && this.#requests.length > 1)) {
      this.#bytes -= this.#requests.shift()?.body.length ?? 0;
    }
  }

  /** Oldest first. */
  list(): readonly SeenRequest[] {
    return [...this.#requests];
  }
}
