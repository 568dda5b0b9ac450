/**
 * One provider call for several parts of a request: to each part's flight it looks like a call of its own.
 */
import type { Form, Recording } from '../entry/recording.ts';
import { AskonceError } from '../errors.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { Provider, ProviderAnswer } from './provider.ts';

export interface SharedCall {
  /** The provider of the part at `index` of the parts that the call asks for. */
  part(index: number): Provider;
  /** The provider's answer as it came; undefined where no part has led to a call. */
  whole(): Promise<WholeAnswer> | undefined;
}

export interface WholeAnswer {
  readonly answer: ProviderAnswer;
  readonly body: Uint8Array;
}

/** Bytes of a batch's answer above which it isn't taken apart. */
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * @param divide cuts the whole answer into one recording a part, or says that it can't.
 */
export function sharedCall(
  request: CacheRequest,
  form: Form,
  provider: Provider,
  divide: (answer: Recording) => readonly Recording[] | undefined,
): SharedCall {
  const abort = new AbortController();
  let waiting = 0;
  let call: Promise<WholeAnswer & { readonly parts: readonly Recording[] | undefined }> | undefined;

  async function ask() {
    const answer = await provider(request, abort.signal);
    const body = await collect(answer.body);
    const ok = answer.status >= 200 && answer.status <= 299;
    const whole: Recording = { form, status: answer.status, headers: {}, body };
    return { answer, body, parts: ok ? divide(whole) : undefined };
  }

  return {
    whole: () => call,
    part: (index) => async (_part, signal) => {
      waiting++;
      // The call is given up when the last part's flight is.
      signal.addEventListener('abort', () => --waiting === 0 && abort.abort(signal.reason), { once: true });
      call ??= ask();
      const { answer, body, parts } = await call;
      const ok = answer.status >= 200 && answer.status <= 299;
      const part = parts?.[index];
      if (ok && part === undefined)
        throw new AskonceError(
          'answer_indivisible',
          'the provider did not answer one part for each part asked',
        );
      return { status: answer.status, headers: answer.headers, body: once(part?.body ?? body) };
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > maxAnswerBytes)
      throw new AskonceError('provider_broke_off', 'the answer to a batch is over 64 MiB');
    all.push(piece);
  }
  return Buffer.concat(all);
}
