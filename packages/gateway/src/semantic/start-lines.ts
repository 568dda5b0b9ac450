/**
 * What the start of a gateway says of its semantic tier: the embedder, what its pools begin with, and the judge.
 */
import { guardNames, priorOf } from 'askonce/gateway-kit';
import type { LocalEmbedder } from 'askonce/local-embedder';
import type { GatewaySettings } from '../settings/table.ts';
import type { SemanticServices } from './services.ts';

/** Whether the settings ask for the tier, for any share of the questions. */
export function isAskedFor({ semanticCache }: Pick<GatewaySettings, 'semanticCache'>): boolean {
  return semanticCache !== false && semanticCache !== 0;
}

/** No line if the tier is off; `services` is undefined where it is asked for and there is none. */
export function semanticLines(
  settings: GatewaySettings,
  services: SemanticServices | undefined,
): readonly string[] {
  if (!isAskedFor(settings)) return [];
  if (services === undefined)
    return [
      'the semantic tier is off: without the stored text of questions there is none; set ASKONCE_KEEP_TEXT=on',
    ];
  return [
    `the semantic tier is on${shareText(settings)}: embedder ${embedderText(settings, services)}; ${servesText(settings, services)}`,
    ...indexLines(settings),
    judgeText(settings, services),
    ...shadowLines(settings),
  ];
}

function shadowLines({ semanticMode, semanticRollout }: GatewaySettings): readonly string[] {
  if (semanticMode === 'shadow' || semanticRollout === 0)
    return [
      'the semantic tier is in shadow: the provider answers, and what would have been a semantic hit is counted and judged; the flag semanticRollout changes that',
    ];
  if (semanticRollout === 100) return [];
  return [`${semanticRollout} % of callers are served semantic hits; the others are in shadow`];
}

function shareText({ semanticCache }: GatewaySettings): string {
  return typeof semanticCache === 'number' && semanticCache < 100
    ? ` for ${semanticCache} % of questions`
    : '';
}

function embedderText({ embeddingsBaseUrl }: GatewaySettings, { embedder, local }: SemanticServices): string {
  if (local !== undefined) return localText(local);
  return embedder.name === 'remote'
    ? `${embedder.version} at ${embeddingsBaseUrl}`
    : `${embedder.name} (builtin)`;
}

function localText({ name, availability, report }: LocalEmbedder): string {
  const model = report();
  const trouble = availability.trouble();
  if (model === undefined)
    return trouble === undefined
      ? `${name} (local), which is still being loaded`
      : `${name} (local), which is out of order. ${trouble} Until then nothing but exact questions is found`;
  const { file, dimension, bytes, loadMs, maxTokens } = model;
  const size = `${Math.max(1, Math.round(bytes / 1_000_000))} MB`;
  return `${name} (local: ${file}, ${dimension} dimensions, ${maxTokens} tokens at most, ${size}, loaded in ${(loadMs / 1000).toFixed(1)} s)`;
}

function servesText(settings: GatewaySettings, services: SemanticServices): string {
  const { embedder } = services;
  const { semanticMaxErrorRate: maxErrorRate, semanticUpper: upper, semanticLower: lower } = settings;
  const allGuards = guardNames.every((name) => settings.semanticGuards.includes(name));
  const prior = priorOf({ embedder, maxErrorRate, allGuards, upper, lower });
  const rate = `at most ${Math.round(maxErrorRate * 10_000) / 100} % wrong per hit`;
  if (prior.upper === undefined)
    return `${rate}; there is no prior for this embedder and rate, so it serves identical text alone until SEMANTIC_UPPER, tuning or judged hits say more`;
  const from = `a similarity of ${prior.upper} (${upper === undefined ? 'the prior of the embedder' : 'SEMANTIC_UPPER'})`;
  return hasJudge(settings, services)
    ? `${rate}; questions from ${from} are asked and judged first, and served as that certifies the rate; identical text is served at once`
    : `${rate}; it serves from ${from}`;
}

function indexLines({ semanticIndex }: GatewaySettings): readonly string[] {
  if (semanticIndex !== 'pgvector') return [];
  return ['vectors are searched in the PostgreSQL database of DATABASE_URL, by pgvector'];
}

function hasJudge({ semanticJudge }: GatewaySettings, { verifier }: SemanticServices): boolean {
  return semanticJudge === 'answers' || (semanticJudge === 'verifier' && verifier !== undefined);
}

function judgeText(settings: GatewaySettings, services: SemanticServices): string {
  const { semanticVerifierBaseUrl, semanticVerifierModel, semanticJudge } = settings;
  const verifying =
    services.verifier === undefined
      ? 'there is no verifier, so that doubtful pairs are misses'
      : `${semanticVerifierModel} at ${semanticVerifierBaseUrl} decides doubtful pairs`;
  if (!hasJudge(settings, services)) return `${verifying}; the threshold stays at its prior: no judge`;
  if (semanticJudge === 'answers') return `${verifying}; two answers are compared to judge hits`;
  return `${verifying}, and judges hits`;
}
