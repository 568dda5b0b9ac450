/** A bare loop that writes each event of the stream to every waiting response when `/release` comes. Prints its port. */
import { createServer, type ServerResponse } from 'node:http';
import { writeStream } from '../stream.ts';

let waiting: ServerResponse[] = [];
const server = createServer((request, response) => {
  request.resume();
  if (request.url === '/release') {
    const followers = waiting;
    waiting = [];
    response.end();
    void writeStream((event) => {
      for (const follower of followers) follower.write(event);
    }).then(() => {
      for (const follower of followers) follower.end();
    });
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': begun\n\n');
  response.socket?.setNoDelay(true);
  waiting.push(response);
});
server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
