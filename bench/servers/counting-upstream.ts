/** A provider that answers after so many ms as its argument says (default: 30), and reports its number of calls at `/calls`. Prints its port. */
import { createServer } from 'node:http';
import process from 'node:process';
import { chatAnswer } from '../requests.ts';

const latencyMs = Number(process.argv[2] ?? 30);
let calls = 0;
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/calls') {
      response.end(String(calls));
      return;
    }
    calls++;
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': chatAnswer.length });
      response.end(chatAnswer);
    }, latencyMs);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
