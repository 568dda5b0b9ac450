/** The barest reverse proxy: node:http in front of undici, nothing read, nothing kept. `argv[2]` is the upstream. Prints its port. */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2] ?? '', { connections: 256 });
const server = createServer((request, response) => {
  const { host: _host, connection: _connection, ...headers } = request.headers;
  pool
    .stream(
      { path: request.url ?? '/', method: 'POST', body: request, headers, opaque: response },
      ({ statusCode, headers: answered }) => {
        const { connection: _hop, 'keep-alive': _timeout, ...rest } = answered;
        return response.writeHead(statusCode, rest);
      },
    )
    .catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
