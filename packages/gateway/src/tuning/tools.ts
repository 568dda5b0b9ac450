/**
 * The parts of the semantic tier that decide on a pair, as a gateway with these settings would use them.
 */
import type { Clock } from 'askonce';
import type { Embedder, Judge, Verifier } from 'askonce/semantic';
import {
  comparison,
  createGates,
  detectLanguage,
  embeddedTextOf,
  judgeOf,
  longestQuestion,
  normalizeQuestion,
  objectionsOf,
  openEmbedding,
  openGuards,
  semanticTextOf,
} from 'askonce/tuning-kit';
import type { GatewaySettings } from '../settings/table.ts';
import type { TuningTools } from './score.ts';

export interface ToolOptions {
  readonly settings: Pick<
    GatewaySettings,
    'semanticGates' | 'semanticGuards' | 'semanticOpposites' | 'semanticCrossLanguage' | 'semanticJudge'
  >;
  readonly embedder: Embedder;
  readonly verifier: Verifier | undefined;
  readonly clock: Clock;
}

/** Time for one text, in ms: no request waits for it, and a remote embedder may be far away. */
const budgetMs = 30_000;

export interface OpenedTools extends TuningTools {
  /** Judges the pairs of a log; undefined if the settings want none. */
  readonly judge: Judge | undefined;
  close(): Promise<void>;
}

export function tuningTools({ settings, embedder, verifier, clock }: ToolOptions): OpenedTools {
  const gates = createGates(settings.semanticGates);
  const guards = openGuards({ names: settings.semanticGuards, opposites: settings.semanticOpposites });
  let trouble = '';
  const embedding = openEmbedding({
    embedder,
    clock,
    budgetMs,
    onTrouble: (message) => {
      trouble = message;
    },
  });
  async function vectorOf(text: string): Promise<Float32Array | undefined> {
    const embedded = await embedding.embed(text, { scope: '' });
    if ('vector' in embedded) return embedded.vector;
    if (embedded.none === 'unknown') return undefined;
    throw new Error(trouble === '' ? 'the embedder gave no vector; check its settings' : trouble);
  }
  const compare = () =>
    comparison({
      embedder: embedder.name,
      embed: vectorOf,
      objections: objectionsOf(settings.semanticOpposites),
    });
  return {
    languageOf: detectLanguage,
    spelt: (question, language) => ({
      text: normalizeQuestion(question, language),
      core: semanticTextOf(question, language),
      embeddable: embeddedTextOf(question, language),
    }),
    gateOf: (text, language) =>
      text.length > longestQuestion ? 'too-long' : gates.keptOutBy(text, language),
    guardOf: (asked, stored, language) => guards.veto(asked, stored, language)?.guard,
    vectorOf,
    crossLanguage: settings.semanticCrossLanguage,
    // Nothing is learnt from it here, so that the comparison of answers is better than no judge.
    judge:
      settings.semanticJudge === 'none' ? undefined : (judgeOf({ verifier }, settings, compare) ?? compare()),
    close: () => embedding.close(),
  };
}
