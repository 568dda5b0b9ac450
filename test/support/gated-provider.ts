/**
 * A provider that is a plain function and whose every answer the test gives, and readers of the replies.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CacheRequest, LiveBody, Provider, ProviderAnswer, Reply } from 'askonce';

export interface GatedCall {
  readonly request: CacheRequest;
  readonly signal: AbortSignal;
  /** Pieces requested so far. */
  readonly pulls: number;
  /** Whether the reader has left before the end. */
  readonly left: boolean;
  /** Gives status and headers. */
  begin(status: number, headers: ProviderAnswer['headers']): void;
  send(piece: string | Uint8Array): void;
  end(): void;
  /** Breaks off; before `begin` it refuses to answer at all. */
  fail(error: unknown): void;
}

export interface GatedProvider {
  readonly provider: Provider;
  readonly calls: readonly GatedCall[];
  /** The call at `index`, which must have been made. */
  call(index: number): GatedCall;
}

export function gatedProvider(): GatedProvider {
  const calls: GatedCall[] = [];
  const provider: Provider = (request, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<ProviderAnswer>();
    const body = new GatedBody();
    let begun = false;
    calls.push({
      request,
      signal,
      get pulls() {
        return body.pulls;
      },
      get left() {
        return body.left;
      },
      begin(status, headers) {
        begun = true;
        resolve({ status, headers, body });
      },
      send: (piece) => body.push(typeof piece === 'string' ? Buffer.from(piece) : piece),
      end: () => body.finish({}),
      fail: (error) => (begun ? body.finish({ error }) : reject(error)),
    });
    return promise;
  };
  return {
    provider,
    calls,
    call(index) {
      const call = calls[index];
      if (call === undefined) throw new Error(`there were only ${calls.length} calls`);
      return call;
    },
  };
}

class GatedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #pieces: Uint8Array[] = [];
  #over: { readonly error?: unknown } | undefined;
  #wake = () => {};
  pulls = 0;
  left = false;

  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#wake();
  }

  finish(how: { readonly error?: unknown }): void {
    this.#over = how;
    this.#wake();
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.pulls++;
    while (true) {
      const value = this.#pieces.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#over !== undefined && 'error' in this.#over) throw this.#over.error;
      if (this.#over !== undefined) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.left = true;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return this;
  }
}

/** Lets everything happen that is due. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

/** The whole body of a reply as text. */
export async function textOf({ body }: Pick<Reply, 'body'>): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** A reader that takes everything at once, and shows what it has so far. */
export interface Listener {
  readonly text: string;
  readonly ended: boolean;
  readonly error: Error | undefined;
  leave(): void;
}

export function listen({ body }: Pick<Reply, 'body'>): Listener {
  if (body instanceof Uint8Array) throw new Error('the body is whole already');
  return listenTo(body);
}

function listenTo(body: LiveBody): Listener {
  const heard = { text: '', ended: false, error: undefined as Error | undefined };
  const subscription = body.subscribe({
    write(piece) {
      heard.text += Buffer.from(piece).toString('latin1');
      return true;
    },
    end() {
      heard.ended = true;
    },
    fail(error) {
      heard.error = error;
    },
  });
  return {
    get text() {
      return heard.text;
    },
    get ended() {
      return heard.ended;
    },
    get error() {
      return heard.error;
    },
    leave: () => subscription.close(),
  };
}
