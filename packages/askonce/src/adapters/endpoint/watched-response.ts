/**
 * A response of node:http whose head is reported as it is sent, with all that other layers add to it at the last moment.
 */
import type { HeadReport } from './contract.ts';
import { textFields } from './run-headers.ts';

/** A response of node:http, or of its HTTP/2, as far as its head is read. */
export interface WatchedResponse {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  getHeaders(): Readonly<Record<string, unknown>>;
  once(event: 'close', listener: () => void): unknown;
}

/** To be called last before the reply is sent: layers that come later are not seen. */
export function watchHead(response: WatchedResponse, head: HeadReport): void {
  const writeHead: unknown = Reflect.get(response, 'writeHead');
  if (response.headersSent || response.destroyed || typeof writeHead !== 'function') {
    head.sent(undefined);
    return;
  }
  let isOver = false;
  function over(headers: Parameters<HeadReport['sent']>[0]): void {
    if (isOver) return;
    isOver = true;
    head.sent(headers);
  }
  Object.assign(response, {
    writeHead(...given: readonly unknown[]): unknown {
      const result: unknown = Reflect.apply(writeHead, response, given);
      // What only `writeHead` is given is not among the headers that are set.
      over({ ...textFields(response.getHeaders()), ...fieldsOf(given.at(-1)) });
      return result;
    },
  });
  response.once('close', () => over(undefined));
}

/** Header fields as `writeHead` takes them: an object, a flat list, or a list of pairs. */
function fieldsOf(given: unknown): ReturnType<typeof textFields> {
  if (!Array.isArray(given))
    return typeof given === 'object' && given !== null ? textFields({ ...given }) : {};
  const flat: readonly unknown[] = given.flat();
  const fields: Record<string, string[]> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = String(flat[at]).toLowerCase();
    fields[name] = [...(fields[name] ?? []), String(flat[at + 1])];
  }
  return fields;
}
