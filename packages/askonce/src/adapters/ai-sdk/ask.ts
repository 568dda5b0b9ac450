/**
 * Asking the cache about a call of a model.
 */
import { newRequestId } from '../../engine/reply-headers.ts';
import { AskonceError } from '../../errors.ts';
import type { Provider } from '../../flight/provider.ts';
import type { CacheRequest } from '../../identity/request.ts';
import { type CallFrame, emptyRequest, requestOf } from './call.ts';
import { carriedBy } from './failure.ts';
import { type AskonceOptions, controlsOf } from './options.ts';
import type { ModelReply } from './reply.ts';
import type { ModelCall } from './types.ts';
import { accountBehind, settingsOf, upstreamOf } from './upstream.ts';

/** Answers one call: from the cache, from a flight, or by the model. Rejects with what the model threw. */
export type AskModel = (provider: Provider) => Promise<ModelReply>;

/** Errors of the cache that the model answers better: a closed cache caches nothing. */
const uncached: ReadonlySet<string> = new Set(['closed', 'request_too_deep']);

export interface AskedModel {
  readonly provider: string;
  readonly modelId: string;
}

/** A call, and how its request is written. */
export interface AskedCall extends Pick<CallFrame, 'protocol' | 'route' | 'fields'> {
  readonly call: ModelCall;
  /** The options of the call that its request has, besides the fields. */
  readonly written: Partial<ModelCall>;
}

/** @throws AskonceError `invalid_request` for a wrong `providerOptions.askonce`. */
export async function asking(
  options: AskonceOptions,
  model: AskedModel,
  { call, written, ...frame }: AskedCall,
): Promise<AskModel> {
  const { cache } = options;
  const settings = settingsOf(model, options.upstream);
  const whole: CallFrame = {
    ...frame,
    upstream: upstreamOf(model, options.upstream),
    account: accountBehind(model),
    fields: { model: model.modelId, ...frame.fields, ...(settings && { modelSettings: settings }) },
    // A deployment is named by its owner, whatever model it has.
    renamesModels: model.provider.startsWith('azure'),
  };
  const controls = await controlsOf(call, options);
  const expressed = requestOf(written, whole, controls);
  const request = expressed ?? emptyRequest(whole, controls);
  const signal = call.abortSignal;
  return async (provider) => {
    try {
      return await cache.ask(request, provider, {
        signal,
        bypass: expressed === undefined ? 'unrepresentable' : undefined,
      });
    } catch (error) {
      if (!AskonceError.isInstance(error) || !uncached.has(error.code)) throw carriedBy(error);
      return await passed(request, provider, signal);
    }
  };
}

/** The model's own answer, without a cache. */
async function passed(
  request: CacheRequest,
  provider: Provider,
  signal: AbortSignal | undefined,
): Promise<ModelReply> {
  try {
    const answer = await provider(request, signal ?? new AbortController().signal);
    return { ...answer, cacheStatus: { kind: 'forward', reason: 'bypass' }, requestId: newRequestId() };
  } catch (error) {
    throw carriedBy(error);
  }
}
