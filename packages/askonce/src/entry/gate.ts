/**
 * The write gate: which answers become entries. Only complete, successful, non-empty answers with a natural
 * finish and readable tool calls do.
 */

import { isJsonArray, isJsonObject, type JsonValue, tryParseJson } from '../json.ts';
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

/* MERGED confidence.ts:
 * The confidence that an answer states itself, found by a JSON pointer (RFC 6901).
 */
/**
 * The number from 0 to 1 that `pointer` points at, or undefined where there is none. Where the way meets a string that
 * is JSON (a message's content, the arguments of a tool call) it goes on inside.
 */
export function statedConfidence(answer: JsonValue | undefined, pointer: string): number | undefined {
  let value = answer;
  for (const escaped of pointer.split('/').slice(1)) {
    value = memberOf(opened(value), escaped.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const found = opened(value);
  return typeof found === 'number' && found >= 0 && found <= 1 ? found : undefined;
}

function opened(value: JsonValue | undefined): JsonValue | undefined {
  return typeof value === 'string' ? tryParseJson(value) : value;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (isJsonArray(value)) return /^(?:0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
