/**
 * Checks the options of `createCache`: a misspelt one would have no effect.
 */
import type { CacheOptions } from './contract.ts';
import { type SemanticOptions, withSemanticOptions } from './semantic/options.ts';
import {
  type Check,
  callback,
  checkEach,
  object,
  orCallback,
  wrongOption,
} from './settings/option-checks.ts';

/** Settings have a check of their own. */
const checkedLater: Check = () => undefined;
const observers: Check = (value) =>
  [value].flat().every((one) => typeof one === 'function')
    ? undefined
    : 'must be a function, or a list of functions';

const ofCaches: Readonly<Record<keyof CacheOptions, Check>> = {
  settings: checkedLater,
  store: object,
  clock: object,
  protocols: object,
  flags: object,
  observe: observers,
  semantic: object,
  ledger: object,
  tracing: object,
};

const ofSemanticTiers: Readonly<Record<keyof SemanticOptions, Check>> = {
  embedder: object,
  verifier: orCallback(object),
  sameAnswer: callback,
  judge: object,
  index: callback,
  ownGuards: object,
  maxErrorRate: checkedLater,
  upper: checkedLater,
  lower: checkedLater,
  guards: checkedLater,
  gates: checkedLater,
  crossLanguage: checkedLater,
  auditShare: checkedLater,
  mode: checkedLater,
  rollout: checkedLater,
};

/**
 * The options, with those of the semantic tier that are settings among the settings.
 * @throws AskonceError `invalid_settings`, naming the option.
 */
export function checkedOptions(options: CacheOptions): CacheOptions {
  checkEach('', options, ofCaches);
  const { settings, semantic } = options;
  if (semantic !== undefined) {
    checkEach('semantic.', semantic, ofSemanticTiers);
    if (semantic.embedder === undefined) throw wrongOption('semantic.embedder', 'must be an object');
  }
  return { ...options, settings: withSemanticOptions(settings, semantic) };
}
