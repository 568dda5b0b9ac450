/**
 * The write gate decides which answers become entries: complete, successful, non-empty ones with a natural finish and
 * valid tool calls, from the model that was asked, and JSON where JSON was asked for.
 */
import { isJsonArray, isJsonObject, type JsonValue, tryParseJson } from '../json.ts';
import type { Settings } from '../settings/table.ts';
import { isSuccess } from './entry.ts';

/** The reason for which an answer is not stored. A closed set, since it labels a metric. */
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
  | 'other-form'
  /** Content that is not JSON, or does not fit the schema, where that was asked for. */
  | 'not-json'
  | 'schema'
  /** The answer of a fallback, by its own word or that of a header; the answer of another model than was asked for. */
  | 'fallback'
  | 'other-model'
  /** The answer says that it must not be stored, or for no time (`Protocol.answers`). */
  | 'not-storable';

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
  /** Whether the answer is a stream or a body, as the request asked. */
  readonly formAsAsked: boolean;
  readonly confidence: number | undefined;
  /** Why the content is not the JSON that was asked for. */
  readonly notAsAsked?: Extract<GateRefusal, 'not-json' | 'schema'> | undefined;
  readonly isFallback?: boolean | undefined;
  readonly isOtherModel?: boolean | undefined;
}

/** Undefined if the answer may be stored. The rules in `gateOff` are skipped; completeness and success never are. */
export function refusal(
  evidence: GateEvidence,
  settings: Pick<Settings, 'gateOff' | 'minConfidence'>,
): GateRefusal | undefined {
  const off = settings.gateOff;
  if (!isSuccess(evidence)) return 'status';
  if (!evidence.formAsAsked) return 'other-form';
  if (evidence.finish === 'failed' || evidence.finish === 'incomplete' || evidence.finish === 'unreadable')
    return evidence.finish;
  if (evidence.finish !== 'natural' && !off.includes('natural-finish')) return evidence.finish;
  if (evidence.empty && !off.includes('non-empty')) return 'empty';
  if (evidence.toolCalls === 'invalid' && !off.includes('valid-tool-calls')) return 'tool-calls';
  if (evidence.isFallback && !off.includes('no-fallback')) return 'fallback';
  if (evidence.isOtherModel && !off.includes('same-model')) return 'other-model';
  if (evidence.notAsAsked !== undefined && !off.includes('fitting-json')) return evidence.notAsAsked;
  // Compared in this direction, NaN is refused.
  if (evidence.confidence !== undefined && !(evidence.confidence >= settings.minConfidence))
    return 'confidence';
  return undefined;
}

/**
 * The confidence that an answer states: the number from 0 to 1 at a JSON pointer (RFC 6901), or undefined. The pointer
 * also leads into strings that hold JSON (a message's content, the arguments of a tool call).
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
