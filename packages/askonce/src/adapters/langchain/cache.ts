/**
 * The cache as LangChain's cache of a model: `new ChatOpenAI({ cache: new AskonceCache(createCache()) })`.
 */
import { createHash } from 'node:crypto';
import { BaseCache } from '@langchain/core/caches';
import type { Generation } from '@langchain/core/outputs';
import type { Cache } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import { nfc } from '../../identity/language/nfc.ts';
import { type CallerContext, type Directives, maxTagBytes } from '../../identity/request.ts';
import { parseJson } from '../../json.ts';
import { atOnce } from '../../settings/option-checks.ts';
import type { ValueQuestion } from '../values/contract.ts';
import { askValue, setValue } from '../values/values.ts';
import { factsOf } from './facts.ts';
import { generationsOf, type Stored, storedForm } from './generations.ts';
import { countedKey, isChat, isLossy, modelIn } from './model-key.ts';
import { isPartial, lastTurn } from './prompt.ts';
import { hasWantedOutput } from './structured.ts';

export interface AskonceCacheOptions {
  /**
   * Separates these answers from those of other models, where these differ in what LangChain does not name: the deployment of
   * `AzureChatOpenAI`, or the base URL and the API key of `ChatAnthropic`, say. 1 to 256 characters. Default: `langchain`.
   */
  readonly name?: string | undefined;
  /**
   * The caller's context: tenant, user, tags, category …, or a function that returns it, called at each lookup and update
   * (it may read an AsyncLocalStorage). It narrows what is shared.
   */
  readonly context?: CallerContext | (() => CallerContext) | undefined;
  /** Lifetimes of what is stored (`ttl`, `staleAfter`), and what may be served. A stale answer is a miss unless `maxStale` allows it. */
  readonly directives?: Directives | undefined;
  /** Types of domain events that invalidate the answers: `cache.emit({ type: 'prices.changed' })`. */
  readonly invalidateOn?: readonly string[] | undefined;
}

/** Errors of what the application says. */
const callersOwn: ReadonlySet<string> = new Set(['invalid_request', 'invalid_settings']);

type KeyEncoder = Parameters<BaseCache['makeDefaultKeyEncoder']>[0];

/**
 * A LangChain cache whose answers have lifetimes, tags, walls and savings. LangChain asks it at `invoke`, `batch` and
 * `generate`, and never at `stream`; it reports neither that a call has begun nor that it failed, so there is no
 * single-flight here. `cachingFetch` of `askonce/fetch`, given to the model, has both.
 */
export class AskonceCache extends BaseCache {
  readonly #cache: Cache;
  readonly #options: AskonceCacheOptions;
  #encoder: KeyEncoder | undefined;

  constructor(cache: Cache, options: AskonceCacheOptions = {}) {
    super();
    this.#cache = cache;
    this.#options = options;
  }

  /** Lets a function decide what counts. Its keys are all that counts then, so that no answer is found by its meaning. */
  override makeDefaultKeyEncoder(encoder: KeyEncoder): void {
    super.makeDefaultKeyEncoder(encoder);
    this.#encoder = encoder;
  }

  /**
   * The stored generations, as objects of the caller's own; null if there are none. Counts as a request.
   * @throws AskonceError `invalid_request` for a context beyond its limits, `invalid_settings` for one with a part that does not exist.
   */
  override async lookup(prompt: string, llmKey: string): Promise<Generation[] | null> {
    const question = this.#question(prompt, llmKey);
    if (question === undefined) return null;
    const directives = { maxStale: 0, ...question.directives, onlyIfCached: true };
    try {
      const { value } = await askValue<readonly Stored[]>(this.#cache, { ...question, directives }, noWork);
      return generationsOf(value);
    } catch (error) {
      if (AskonceError.isInstance(error) && callersOwn.has(error.code)) throw error;
      // Not stored, the cache is closed, or another version of LangChain stored it: the model answers.
      return null;
    }
  }

  /** Stores generations, if they are complete, and have the structured output that is wanted. Never rejects: LangChain would lose the answer. */
  override async update(prompt: string, llmKey: string, generations: Generation[]): Promise<void> {
    try {
      const question = this.#question(prompt, llmKey);
      const stored = storedForm(generations);
      if (question === undefined || stored === undefined) return;
      const json = parseJson(JSON.stringify(stored));
      if (!hasWantedOutput(json, llmKey)) return;
      await setValue(this.#cache, question, stored, factsOf(json));
    } catch {
      // Trouble costs a later hit; a wrong context has been reported by the lookup.
    }
  }

  /** Undefined if the prompt, or a parameter of the model, has more than its text says. */
  #question(prompt: string, llmKey: string): ValueQuestion | undefined {
    const { name = 'langchain', context: given = {}, directives, invalidateOn } = this.#options;
    const input = this.#input(prompt, llmKey);
    if (input === undefined) return undefined;
    const context = atOnce('context', typeof given === 'function' ? given() : given);
    const tags = [...(context.tags ?? []), ...modelTags(llmKey)];
    return { name, input, text: 'text', context: { ...context, tags }, directives, invalidateOn };
  }

  #input(prompt: string, llmKey: string): Readonly<Record<string, string>> | undefined {
    if (this.#encoder !== undefined) return { key: this.#encoder(prompt, llmKey) };
    if (isPartial(prompt) || isLossy(llmKey)) return undefined;
    // A digest, since LangChain puts the API key among the parameters.
    const model = createHash('sha256').update(countedKey(llmKey)).digest('hex');
    // As for any request to a model, the Unicode form of a prompt does not count.
    const composed = nfc(prompt);
    const turn = isChat(llmKey) ? lastTurn(composed) : undefined;
    return turn === undefined ? { model, prompt: composed } : { model, ...turn };
  }
}

/** Lets an invalidation select the answers of a model, which the name of the function does not tell. */
function modelTags(llmKey: string): readonly string[] {
  const model = modelIn(llmKey);
  const tag = `model=${model ?? ''}`;
  return model === undefined || Buffer.byteLength(tag) > maxTagBytes ? [] : [tag];
}

function noWork(): never {
  throw new AskonceError('not_cached', 'A lookup calls no model.');
}
