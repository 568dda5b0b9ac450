/**
 * The semantic tier: what its gates, guards, verifier and audits did.
 */
import { counter, counterBy, counterByTwo, type Family, gaugeBy } from '../family.ts';
import { all } from '../figures.ts';
import { semanticParts } from '../names.ts';
import { countOf } from './requests.ts';

/** Each part, and whether it is in trouble. */
function degradedParts(inTrouble: readonly string[]): readonly (readonly [string, number])[] {
  return semanticParts.map((part) => [part, Number(inTrouble.includes(part))] as const);
}

export const semanticFamilies: readonly Family[] = [
  counterBy(
    'semantic_gate',
    'Questions that a gate kept out of the semantic tier.',
    'gate',
    ({ figures }) => figures.gates.counts,
  ),
  counterBy(
    'semantic_veto',
    'Stored questions nearby that a guard vetoed.',
    'guard',
    ({ figures }) => figures.vetoes.counts,
  ),
  counterBy(
    'semantic_verdict',
    'Verdicts of the verifier.',
    'verdict',
    ({ figures }) => figures.verifierVerdicts.counts,
  ),
  counter(
    'semantic_audit',
    'Semantic hits that were asked of the provider all the same, so that the answers can be compared.',
    ({ figures }) => countOf(figures.audits, all),
  ),
  counter(
    'semantic_shadow',
    'Semantic hits that were not served, since the tier or the caller is in shadow.',
    ({ figures }) => countOf(figures.shadowHits, all),
  ),
  counter(
    'semantic_shadow_tokens',
    'Input and output tokens of the answers that semantic hits in shadow would have served.',
    ({ figures }) => countOf(figures.shadowTokens, all),
  ),
  counterByTwo(
    'semantic_label',
    'Audited pairs that were judged, by verdict, and by whether the pair would have been a hit.',
    ['verdict', 'source'],
    ({ figures }) => figures.labels.counts,
  ),
  counterBy(
    'semantic_feedback',
    'Feedback on semantic hits that was accepted.',
    'verdict',
    ({ figures }) => figures.feedback.counts,
  ),
  counterBy(
    'semantic_calls',
    'Calls to services that are paid for, by the part that made them.',
    'part',
    ({ figures }) => figures.paidCalls.counts,
  ),
  gaugeBy(
    'semantic_degraded',
    'Whether something is wrong with a part of the semantic tier now: 1, or 0.',
    'part',
    ({ cache }) => degradedParts(cache?.semantic.trouble.map(({ part }) => part) ?? []),
  ),
  counterBy(
    'semantic_trouble',
    'Failures and time-outs of a part of the semantic tier that requests went on without.',
    'part',
    ({ figures }) => figures.semanticTrouble.counts,
  ),
];
