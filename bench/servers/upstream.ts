/** A provider that answers at once, so that only what a proxy adds is measured. Prints its port. */
import { createServer } from 'node:http';
import { chatAnswer } from '../requests.ts';

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': chatAnswer.length });
    response.end(chatAnswer);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
