/**
 * Questions about values: asked, looked up, stored and deleted.
 *
 * One value and a stream of values are two answers, also to the same question: which of a list's items would be the values of
 * a stream is for the application to say. `getValue` and `setValue` are about the one value; `deleteValue` removes both.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AskOptions, Cache } from '../../contract.ts';
import type { Reply } from '../../engine/reply.ts';
import { AskonceError } from '../../errors.ts';
import type { Provider } from '../../flight/provider.ts';
import { answerOf, recordingOf, streamOf, valueIn } from './answers.ts';
import { checkAsking } from './checks.ts';
import type {
  ValueFacts,
  ValueOptions,
  ValueQuestion,
  ValueReply,
  ValuesOptions,
  ValuesReply,
} from './contract.ts';
import { oneOf } from './options.ts';
import { requestOf } from './request.ts';
import { carriedBy, carrying } from './thrown.ts';
import { valuesOf } from './value-stream.ts';

/**
 * Answers a question with one JSON value: from the cache, from a call in progress, or by `work`, which runs once for all
 * that wait, in the async context of the call that it runs for. `signal` aborts once nothing waits for it.
 *
 * The value is as JSON has it, also the first time. It is stored unless it is undefined. What `work` throws reaches every
 * waiting caller of this process unchanged, and is never stored.
 * @throws AskonceError `invalid_request` for an input that is no JSON; `provider_broke_off` in place of what was thrown at
 * another process; `invalid_settings` for an option, or a property of the question, its context or its directives, that
 * there is not, or of the wrong type.
 */
export async function askValue<Value>(
  cache: Cache,
  question: ValueQuestion,
  work: (signal: AbortSignal) => Value | Promise<Value>,
  options: ValueOptions<Value> = {},
): Promise<ValueReply<Value>> {
  checkAsking('askValue', options);
  const { facts, fallback } = options;
  const { name, signal } = question;
  const inContext = AsyncLocalStorage.snapshot();
  const provider: Provider = async (_request, aborted) => {
    try {
      const value = await oneOf(inContext(work, aborted), name);
      return answerOf(value, facts?.(value));
    } catch (error) {
      throw carrying(error, name, 'provider_unreachable');
    }
  };
  const instead = fallback && (async () => answerOf(await inContext(fallback), undefined));
  const request = requestOf(cache, question, 'value');
  try {
    const reply = await cache.ask(request, provider, optionsOf(signal, instead));
    return { value: await valueIn(reply), ...aboutReply(reply) };
  } catch (error) {
    throw carriedBy(error);
  }
}

/**
 * Answers a question with a stream of JSON values, each an event as it is produced. Others that ask meanwhile follow it live
 * from its first value, at this process or another that shares the store. It is stored only if it ended by itself, and
 * replayed at once, or at its own pace if the setting `replayPace` says `recorded`.
 *
 * Resolves when the first value has come, or the stream has ended without any. If `work` fails before its first value, a stale
 * stream is served, or that of `fallback`.
 *
 * What `work` or its values throw reaches every reader of this process unchanged; at another process the stream fails with
 * `provider_broke_off`.
 * @throws AskonceError `invalid_request` for an input that is no JSON; `invalid_settings` as `askValue` does.
 */
export async function askValues<Value>(
  cache: Cache,
  question: ValueQuestion,
  work: (signal: AbortSignal) => AsyncIterable<Value> | Promise<AsyncIterable<Value>>,
  options: ValuesOptions<Value> = {},
): Promise<ValuesReply<Value>> {
  checkAsking('askValues', options);
  const { facts, fallback } = options;
  const { name, signal } = question;
  const inContext = AsyncLocalStorage.snapshot();
  const provider: Provider = async (_request, aborted) => {
    try {
      const values = await inContext(work, aborted);
      return await streamOf(values, facts, { name, signal: aborted, inContext });
    } catch (error) {
      throw carrying(error, name, 'provider_unreachable');
    }
  };
  const instead =
    fallback &&
    (async () => await streamOf(await inContext(fallback), undefined, { name, signal, inContext }));
  const request = requestOf(cache, question, 'values');
  try {
    const reply = await cache.ask(request, provider, optionsOf(signal, instead));
    return { values: valuesOf(reply), ...aboutReply(reply) };
  } catch (error) {
    throw carriedBy(error);
  }
}

/**
 * The stored value, fresh or stale; undefined if there is none. Null is a value.
 * @throws AskonceError as `askValue` does for its question.
 */
export async function getValue<Value>(cache: Cache, question: ValueQuestion): Promise<Value | undefined> {
  const entry = await cache.get(requestOf(cache, question, 'value'));
  return entry && valueIn(entry.recording);
}

/**
 * Stores a value from elsewhere. True if it was stored.
 * @throws AskonceError `invalid_request` for an input that is no JSON, and for undefined; `invalid_settings` as `askValue` does.
 */
export async function setValue(
  cache: Cache,
  question: ValueQuestion,
  value: unknown,
  facts?: ValueFacts | undefined,
): Promise<boolean> {
  if (JSON.stringify(value) === undefined)
    throw new AskonceError(
      'invalid_request',
      `The value for ${question.name} is not JSON; store null if it says that there is nothing.`,
    );
  return cache.set(requestOf(cache, question, 'value'), recordingOf(value, facts));
}

/**
 * Removes the stored answers to a question: the value, and the stream of values. True if there was one.
 * @throws AskonceError as `askValue` does for its question.
 */
export async function deleteValue(cache: Cache, question: ValueQuestion): Promise<boolean> {
  const deleted = await Promise.all([
    cache.delete(requestOf(cache, question, 'value')),
    cache.delete(requestOf(cache, question, 'values')),
  ]);
  return deleted.includes(true);
}

function optionsOf(signal: AbortSignal | undefined, fallback: AskOptions['fallback']): AskOptions {
  return { signal, fallback };
}

function aboutReply({ cacheStatus, key, age, usage, match, similarity, requestId }: Reply) {
  return { cacheStatus, key, age, usage, match, similarity, requestId };
}
