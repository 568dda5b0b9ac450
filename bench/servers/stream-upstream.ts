/** A provider that begins a stream at once and sends its events after `POST /release`. Prints its port. */
import { createServer, type ServerResponse } from 'node:http';
import { writeStream } from '../stream.ts';

let waiting: ServerResponse[] = [];
let calls = 0;
const server = createServer((request, response) => {
  request.resume();
  if (request.url === '/calls') {
    response.end(String(calls));
  } else if (request.url === '/release') {
    const streams = waiting;
    waiting = [];
    response.end();
    void writeStream((event) => {
      for (const stream of streams) stream.write(event);
    }).then(() => {
      for (const stream of streams) stream.end();
    });
  } else {
    calls++;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': begun\n\n');
    waiting.push(response);
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
