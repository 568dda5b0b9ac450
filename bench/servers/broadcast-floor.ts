/**
 * A bare loop that writes each piece of one upstream stream to every waiting response. `argv[2]` is the upstream.
 * Prints its port.
 */
import { request as ask, createServer, type ServerResponse } from 'node:http';

const upstream = process.argv[2] ?? '';
let waiting: ServerResponse[] = [];
let produced: Buffer[] = [];

function begin(): void {
  const call = ask(`${upstream}/v1/chat/completions`, { method: 'POST' }, (answer) => {
    answer.on('data', (piece: Buffer) => {
      produced.push(piece);
      for (const follower of waiting) follower.write(piece);
    });
    answer.on('end', () => {
      const followers = waiting;
      waiting = [];
      produced = [];
      for (const follower of followers) follower.end();
    });
  });
  call.end();
}

const server = createServer({ noDelay: true }, (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  waiting.push(response);
  if (waiting.length === 1) begin();
  else for (const piece of produced) response.write(piece);
});
server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
