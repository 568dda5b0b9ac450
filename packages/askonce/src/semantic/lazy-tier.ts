/**
 * The semantic tier of a cache, loaded only where there is one: its word lists and indexes take 3 MB and a tenth of a
 * second, and most caches have none.
 */
import type { Stage } from '../engine/outcome.ts';
import { messageOf } from '../observe/report.ts';
import { noTier, type SemanticTier } from './no-tier.ts';
import type { SemanticOptions } from './options.ts';
import type { TierOptions } from './tier.ts';

/** Without an embedder, or without the text of questions, there is no tier. */
export function semanticTier(tier: TierOptions): SemanticTier {
  const { engine, options } = tier;
  if (!engine.settings.keepText) return noTier(engine, 'no-text');
  return options === undefined ? noTier(engine, 'no-embedder') : loadedTier(tier, options);
}

/**
 * The first requests wait for the tier behind the exact lookup, for as long as it takes to load. One that cannot be opened
 * costs semantic hits, and nothing else.
 */
function loadedTier(tier: TierOptions, options: SemanticOptions): SemanticTier {
  const { engine } = tier;
  let opened: SemanticTier | undefined;

  async function open(): Promise<SemanticTier> {
    try {
      const { openTier } = await import('./tier.ts');
      opened = openTier(tier, options);
    } catch (error) {
      engine.observe({ type: 'semantic-trouble', part: 'tier', message: `It is off: ${messageOf(error)}` });
      const close = async () => await options.embedder.close?.();
      opened = { ...noTier(engine, 'failed'), close };
    }
    return opened;
  }

  const opening = open();

  const stage: Stage = (ask, missed) => {
    if (opened !== undefined) return first(opened)(ask, missed);
    return opening.then((loaded) => first(loaded)(ask, missed));
  };

  return {
    stages: [stage],
    // Until it is known: then the lease of the exact lookup is taken later, at the cost of a round trip.
    takes: (asked) => opened?.takes(asked) ?? true,
    vectorOf: async (asked) => await (await opening).vectorOf(asked),
    feedback: async (feedback) => await (await opening).feedback(feedback),
    report: async () => await (await opening).report(),
    // It loads within a tenth of a second.
    state: () => opened?.state() ?? { state: 'ok', trouble: [] },
    explain: async (asked) => await (await opening).explain(asked),
    // A tier that could not be loaded must not keep the store from being closed.
    close: () => opening.then((loaded) => loaded.close(), noClose),
  };
}

/** The tier's stage; one that adds nothing if it has none. */
function first({ stages: [stage = () => undefined] }: SemanticTier): Stage {
  return stage;
}

async function noClose(): Promise<void> {}
