/**
 * Fastify that reads the same POST as a buffer and answers the same bytes with the headers of `argv[2]` (JSON). Prints
 * its port.
 */
import fastify from 'fastify';
import { chatAnswer } from '../requests.ts';

const headers: Record<string, string> = JSON.parse(process.argv[2] ?? '{}');
const app = fastify({ logger: false });
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
  done(null, body),
);
app.post('/v1/chat/completions', (_request, reply) => {
  reply.headers(headers).send(chatAnswer);
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(new URL(address).port);
