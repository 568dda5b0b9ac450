/**
 * The barest reverse proxy: node:http, `undici.request`, and the answer's body piped to the client. It reads and stores
 * nothing. `argv[2]` is the upstream. Prints its port.
 */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2] ?? '', { connections: 256 });
const server = createServer((request, response) => {
  const { host: _host, connection: _connection, ...headers } = request.headers;
  pool.request({ path: request.url ?? '/', method: 'POST', body: request, headers }).then(
    (answer) => {
      const { connection: _hop, 'keep-alive': _timeout, ...rest } = answer.headers;
      response.writeHead(answer.statusCode, rest);
      answer.body.on('error', () => response.destroy()).pipe(response);
    },
    () => response.destroy(),
  );
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
