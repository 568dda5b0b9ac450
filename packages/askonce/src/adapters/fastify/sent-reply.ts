/**
 * The cache's answer as a reply of Fastify. Hooks of the application run for it as for any other, and may set headers of their
 * own; the answer itself has been through them once, so that its status, its body and what describes it are put in place
 * again behind them.
 */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest, onErrorHookHandler, onSendHookHandler } from 'fastify';
import type { EndpointReply } from '../endpoint/contract.ts';

/** Fields that describe the body or how to store it; a hook that sees the answer again must not change them. */
const describing = [
  'age',
  'cache-control',
  'cache-status',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
] as const;

export interface SentReplies {
  send(reply: FastifyReply, answer: EndpointReply): Promise<void>;
  /** Comes last among the route's hooks. */
  readonly onSend: onSendHookHandler;
  readonly onError: onErrorHookHandler;
}

export function sentReplies(): SentReplies {
  const answers = new WeakMap<FastifyReply, EndpointReply>();
  return {
    async send(reply, given) {
      const answer = await asSent(given);
      // The handler's time limit may have answered meanwhile.
      if (reply.sent) return;
      answers.set(reply, answer);
      reply.code(answer.status);
      for (const [name, value] of Object.entries(answer.headers)) {
        if (name !== 'set-cookie') reply.header(name, typeof value === 'string' ? value : [...value]);
      }
      reply.send(forHooks(reply, answer));
    },
    onSend(_request, reply, payload, done) {
      const answer = answers.get(reply);
      if (answer === undefined) {
        done(null, payload);
        return;
      }
      answers.delete(reply);
      reply.code(answer.status);
      for (const name of describing) {
        const value = answer.headers[name];
        if (value === undefined) reply.removeHeader(name);
        else reply.header(name, typeof value === 'string' ? value : [...value]);
      }
      addCookies(reply, answer.headers['set-cookie']);
      done(null, written(answer));
    },
    onError(_request, reply, _error, done) {
      // A hook refuses the reply: its error is the answer.
      answers.delete(reply);
      done();
    },
  };
}

/** A body of more bytes is passed on as it comes. */
const largestWhole = 1024 * 1024;

/**
 * The answer as its handler has sent it. Fastify gives a length to what is sent whole, and hooks expect to find it whole;
 * to what is sent as a stream it gives none.
 */
async function asSent(answer: EndpointReply): Promise<EndpointReply> {
  const { headers, body } = answer;
  const length = Number(headers['content-length']);
  if (body === null || body instanceof Uint8Array || !(length <= largestWhole)) return answer;
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return { ...answer, body: Buffer.concat(pieces) };
}

const textual = /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml)|application\/javascript)/i;

/** The body as hooks expect it: text as a string. A body that is still coming is none of theirs, so they see an empty one. */
function forHooks(
  reply: FastifyReply,
  { headers, body }: EndpointReply,
): string | Buffer | Readable | undefined {
  if (body instanceof Uint8Array) {
    const bytes = inBuffer(body);
    if (hasOnlyOurHooks(reply.request)) return bytes;
    const isText = headers['content-encoding'] === undefined && textual.test(String(headers['content-type']));
    return isText ? bytes.toString('utf8') : bytes;
  }
  // Fastify's own hook of HEAD routes reads a length from everything but a stream.
  return body === null && reply.request.method !== 'HEAD' ? undefined : Readable.from([]);
}

/** The hooks `onSend` that this plugin adds to each cached route: two of its scope, and one of the route. */
const ownHooks = 3;

/**
 * Whether no hook of the application will look at the body. Fastify says so only in what it keeps of the route; where that is
 * not as expected, there may be some.
 */
function hasOnlyOurHooks(request: FastifyRequest): boolean {
  routeContext ??= Object.getOwnPropertySymbols(request).find((one) => one.description === 'fastify.context');
  const context: unknown = routeContext && Reflect.get(request, routeContext);
  if (typeof context !== 'object' || context === null) return false;
  const hooks: unknown = Reflect.get(context, 'onSend');
  return Array.isArray(hooks) && hooks.length === ownHooks;
}

let routeContext: symbol | undefined;

function written({ body }: EndpointReply): Buffer | Readable | null {
  if (body === null) return null;
  return body instanceof Uint8Array ? inBuffer(body) : Readable.from(body, { objectMode: false });
}

function inBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Cookies that the handler set, besides those of hooks, none twice. */
function addCookies(reply: FastifyReply, cookies: string | readonly string[] | undefined): void {
  if (cookies === undefined) return;
  const present = [reply.getHeader('set-cookie') ?? []].flat().map(String);
  for (const cookie of [cookies].flat()) if (!present.includes(cookie)) reply.header('set-cookie', cookie);
}
