/**
 * The write gate: which answers become entries. Only complete, successful, non-empty answers with a natural
 * finish and readable tool calls do.
 */
import type { Settings } from '../settings/table.ts';

/** Why an answer was not kept. A closed set: it is a metric's label. */
export type GateRefusal =
  | 'status'
  | 'length'
  | 'filtered'
  | 'refused'
  | 'paused'
  | 'failed'
  | 'incomplete'
  | 'unreadable'
  | 'empty'
  | 'tool-calls'
  | 'confidence'
  | 'other-form';

export interface GateEvidence {
  readonly status: number;
  readonly finish:
    | 'natural'
    | Extract<
        GateRefusal,
        'length' | 'filtered' | 'refused' | 'paused' | 'failed' | 'incomplete' | 'unreadable'
      >;
  readonly empty: boolean;
  readonly toolCalls: 'none' | 'valid' | 'invalid';
  /** Whether the answer came in the kind of form that was asked for. */
  readonly formAsAsked: boolean;
  readonly confidence: number | undefined;
}

/** Undefined where the answer may be kept. Rules in `gateOff` are not asked; completeness and success always are. */
export function refusal(
  evidence: GateEvidence,
  settings: Pick<Settings, 'gateOff' | 'minConfidence'>,
): GateRefusal | undefined {
  const off = settings.gateOff;
  if (evidence.status < 200 || evidence.status > 299) return 'status';
  if (!evidence.formAsAsked) return 'other-form';
  if (evidence.finish === 'failed' || evidence.finish === 'incomplete' || evidence.finish === 'unreadable')
    return evidence.finish;
  if (evidence.finish !== 'natural' && !off.includes('natural-finish')) return evidence.finish;
  if (evidence.empty && !off.includes('non-empty')) return 'empty';
  if (evidence.toolCalls === 'invalid' && !off.includes('valid-tool-calls')) return 'tool-calls';
  // Asked this way round, NaN is not enough.
  if (evidence.confidence !== undefined && !(evidence.confidence >= settings.minConfidence))
    return 'confidence';
  return undefined;
}
