/**
 * The header fields of a handler's answer.
 */
import { type OutgoingHttpHeaders, OutgoingMessage, type ServerResponse } from 'node:http';
import { answerFields, textFields } from '../endpoint/run-headers.ts';
import type { Member } from './overlay.ts';

/**
 * Fields that belong to the connection (RFC 9110, section 7.6.1), and the one that announces trailers. The cache reads
 * `Connection` itself: what it lists is not stored.
 */
const connectionFields: ReadonlySet<string> = new Set([
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Set for each reply by itself: a handler that adds to it adds to its own. */
const repliesOwn: ReadonlySet<string> = new Set(['set-cookie']);

type Field = number | string | readonly string[];

export interface HandlerHead {
  readonly members: Readonly<Record<string, Member>>;
  isSent(): boolean;
  /** Fixes the fields; `given` is what `writeHead` was called with. */
  send(given: unknown): void;
  /** The fields of the answer, names in lower case. */
  fields(): Record<string, string | readonly string[]>;
  statedLength(): number | undefined;
}

/** `before`: what had been set when the request came to the middleware. */
export function handlerHead(response: ServerResponse, before: OutgoingHttpHeaders): HandlerHead {
  // Node's own class checks names and values, and reports them in its own words.
  const own = new OutgoingMessage();
  const below = new Map<string, Field>();
  let isSent = false;

  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) continue;
    if (answerFields.has(name)) own.setHeader(name, value);
    else if (!repliesOwn.has(name)) below.set(name, value);
  }

  function set(name: string, value: Field): ServerResponse {
    checkUnsent('set');
    own.setHeader(name, value);
    below.delete(name.toLowerCase());
    return response;
  }

  function checkUnsent(verb: string): void {
    if (!isSent) return;
    const error = new Error(`Cannot ${verb} headers after they are sent to the client`);
    throw Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' });
  }

  function setAll(fields: Iterable<readonly [string, Field]>): ServerResponse {
    checkUnsent('set');
    const all = new OutgoingMessage();
    for (const [name, value] of fields)
      all.appendHeader(name, typeof value === 'number' ? String(value) : value);
    for (const [name, value] of Object.entries(all.getHeaders())) if (value !== undefined) set(name, value);
    return response;
  }

  const names = (): string[] => [...below.keys(), ...own.getHeaderNames()];

  return {
    members: {
      setHeader: { value: set },
      setHeaders: { value: setAll },
      appendHeader: {
        value(name: string, value: string | readonly string[]) {
          checkUnsent('append');
          own.appendHeader(name, value);
          return response;
        },
      },
      getHeader: { value: (name: string) => own.getHeader(name) ?? below.get(name.toLowerCase()) },
      getHeaders: { value: () => ({ ...Object.fromEntries(below), ...own.getHeaders() }) },
      getHeaderNames: { value: names },
      getRawHeaderNames: { value: names },
      hasHeader: { value: (name: string) => own.hasHeader(name) || below.has(name.toLowerCase()) },
      removeHeader: {
        value(name: string) {
          checkUnsent('remove');
          own.removeHeader(name);
          below.delete(name.toLowerCase());
        },
      },
      headersSent: { get: () => isSent },
    },
    isSent: () => isSent,
    send(given) {
      checkUnsent('write');
      for (const [name, value] of pairsOf(given)) {
        own.setHeader(name, value);
        below.delete(name.toLowerCase());
      }
      isSent = true;
    },
    fields() {
      const fields = Object.entries(textFields(own.getHeaders()));
      return Object.fromEntries(fields.filter(([name]) => !connectionFields.has(name)));
    },
    statedLength() {
      const stated = own.getHeader('content-length');
      return stated === undefined ? undefined : Number(stated);
    },
  };
}

/** Header fields as `writeHead` takes them: an object, a flat list, or a list of pairs. A field may come several times. */
function pairsOf(given: unknown): readonly (readonly [string, Field])[] {
  if (typeof given !== 'object' || given === null) return [];
  const all = new OutgoingMessage();
  if (!Array.isArray(given)) {
    for (const [name, value] of Object.entries(given)) all.setHeader(name, value);
  } else {
    const flat: readonly unknown[] = given.flat();
    for (let at = 0; at + 1 < flat.length; at += 2) {
      const value = flat[at + 1];
      all.appendHeader(String(flat[at]), typeof value === 'string' ? value : String(value));
    }
  }
  return Object.entries(all.getHeaders()).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
}

/**
 * Cookies that were set on the response itself since `before`, and takes them off it: some middleware (`cookies`, and
 * `cookie-session` by it) calls Node's own `setHeader`, past that of the response. To be called where the real response is seen.
 */
export function takeCookies(response: ServerResponse, before: OutgoingHttpHeaders): readonly string[] {
  if (response.headersSent) return [];
  const known = linesOf(before['set-cookie']);
  const taken = linesOf(response.getHeader('set-cookie')).filter((cookie) => !known.includes(cookie));
  if (taken.length === 0) return taken;
  if (known.length > 0) response.setHeader('set-cookie', known);
  else response.removeHeader('set-cookie');
  return taken;
}

export function linesOf(value: Field | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat().map(String);
}
