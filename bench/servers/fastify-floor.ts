/** Fastify that reads the same POST as a buffer and answers the same bytes with the same headers. Prints its port. */
import fastify from 'fastify';
import { chatAnswer } from '../requests.ts';

const app = fastify({ logger: false });
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
  done(null, body),
);
const kept = {
  'content-type': 'application/json',
  'cache-status': 'askonce; hit; ttl=604790; detail="memory"',
  age: '10',
  'askonce-key': `askonce:v1:${'0'.repeat(32)}:und:{${'0'.repeat(64)}}`,
  'x-request-id': 'req_000000000000000000',
};
app.post('/v1/chat/completions', (_request, reply) => {
  reply.headers(kept).send(chatAnswer);
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(new URL(address).port);
