/**
 * How Express and Fastify write values, and take the bytes of a reply.
 */
import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { EndpointReply } from '../endpoint/contract.ts';
import type { Platform } from './answer.ts';
import { isFunction } from './reflected.ts';

/** The platform below Nest; anything but Fastify is treated as Express. */
export function platformOf(adapter: AbstractHttpAdapter, response: object): Platform {
  if (adapter.getType?.() === 'fastify')
    return {
      textType: 'text/plain; charset=utf-8',
      sendsText: false,
      serialize: (value) => fastifyText(response, value),
    };
  return {
    textType: 'text/html; charset=utf-8',
    sendsText: true,
    serialize: (value) => expressText(response, value),
  };
}

/** With the serializer of the route, if it has one: a schema leaves properties out. */
function fastifyText(response: object, value: unknown): string | undefined {
  if (!('serialize' in response) || typeof response.serialize !== 'function') return JSON.stringify(value);
  const text: unknown = response.serialize(value);
  return typeof text === 'string' ? text : JSON.stringify(value);
}

/** With the application's settings for JSON. */
function expressText(response: object, value: unknown): string | undefined {
  const { app } = { app: undefined, ...pick(response, 'app') };
  const read = typeof app === 'function' && 'get' in app ? app.get : undefined;
  if (!isFunction(read)) return JSON.stringify(value);
  const setting = (name: string): unknown => Reflect.apply(read, app, [name]);
  const [replacer, spaces] = [setting('json replacer'), setting('json spaces')];
  const text = JSON.stringify(
    value,
    isFunction(replacer) ? (key, inside) => Reflect.apply(replacer, undefined, [key, inside]) : undefined,
    typeof spaces === 'number' || typeof spaces === 'string' ? spaces : undefined,
  );
  return setting('json escape') === true ? text?.replace(/[<>&]/g, escaped) : text;
}

function pick(from: object, name: 'app'): { readonly app?: unknown } {
  return name in from ? { app: Reflect.get(from, name) } : {};
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What an interceptor returns so that Nest sends a reply's body as it is. */
export function sendable(
  adapter: AbstractHttpAdapter,
  method: string,
  { headers, body }: EndpointReply,
): unknown {
  // Without a type, Nest would send a file's.
  if (method === 'HEAD' && headers['content-type'] !== undefined)
    return new StreamableFile(Readable.from([]));
  if (method === 'HEAD' || body === null || (body instanceof Uint8Array && body.length === 0))
    return undefined;
  if (!(body instanceof Uint8Array)) return new StreamableFile(Readable.from(body, { objectMode: false }));
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  return adapter.getType?.() === 'fastify' ? bytes : new StreamableFile(bytes);
}
