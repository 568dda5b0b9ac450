/**
 * Whether the content of an answer is the JSON that its request asked for.
 */
import { createRequire } from 'node:module';
import { createContext, Script } from 'node:vm';
import type { SchemaDraft, Validator } from '@cfworker/json-schema';
import type { Recording } from '../entry/entry.ts';
import type { GateRefusal } from '../entry/gate.ts';
import type { Identity } from '../identity/identify.ts';
import { type JsonObject, type JsonValue, tryParseJson } from '../json.ts';
import { answerIn } from './read-by-protocol.ts';

/**
 * Milliseconds that the check of an answer against a schema may take. The schema comes from outside, and a pattern or a
 * recursion in it can take forever.
 */
const checkMs = 50;

/** Why an answer is not the JSON that was asked for; undefined if it is, or if none was asked for. Never throws. */
export function notAsAsked(
  identity: Pick<Identity, 'protocol' | 'wantedJson'>,
  recording: Recording,
): Extract<GateRefusal, 'not-json' | 'schema'> | undefined {
  const wanted = identity.wantedJson();
  const answer = wanted === undefined ? undefined : answerIn(identity.protocol, recording);
  if (wanted === undefined || answer === undefined) return undefined;
  const contents = identity.protocol.structured?.contents(answer) ?? [];
  const values = contents.map(tryParseJson);
  if (values.includes(undefined)) return 'not-json';
  const { schema } = wanted;
  return schema === undefined || allFit(schema, values) ? undefined : 'schema';
}

/** Whether all values fit a schema. One that can't be applied, or not in time, fits any value. */
export function allFit(schema: JsonObject, values: Values): boolean {
  try {
    check ??= limitedCheck();
    return check(schema, values);
  } catch {
    return true;
  }
}

type Values = readonly (JsonValue | undefined)[];
type Check = (schema: JsonObject, values: Values) => boolean;
let check: Check | undefined;

/** Loads the validator, which only answers to requests with a schema need. */
function limitedCheck(): Check {
  const kit: { readonly Validator: typeof Validator } = createRequire(import.meta.url)(
    '@cfworker/json-schema',
  );
  const scene = { run: () => {} };
  const context = createContext(scene);
  const script = new Script('run()');
  return (schema, values) => {
    let isValid = true;
    scene.run = () => {
      const validator = new kit.Validator(schema, draftOf(schema));
      isValid = values.every((value) => validator.validate(value).valid);
    };
    // The limit also ends what the script calls.
    script.runInContext(context, { timeout: checkMs });
    return isValid;
  };
}

function draftOf({ $schema: name }: JsonObject): SchemaDraft {
  if (typeof name !== 'string') return '2020-12';
  if (name.includes('draft-04')) return '4';
  if (name.includes('draft-06') || name.includes('draft-07')) return '7';
  return name.includes('2019-09') ? '2019-09' : '2020-12';
}
