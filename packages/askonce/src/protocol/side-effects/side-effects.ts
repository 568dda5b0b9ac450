/**
 * Whether a request lets the provider act while it answers (search, browse, retrieve, run code, call other services), by
 * the table and the settings. The answer to such a request may differ tomorrow.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { Settings } from '../../settings/table.ts';
import { isOn, isOneOn } from './switches.ts';
import { fields, functionNames, models, type SideEffect, toolKeys, toolTypes } from './table.ts';
import { wildcards } from './wildcards.ts';

/** Whether a tool of a type is one that the caller runs. Any other type acts at the provider, a new one included. */
type IsCallersTool = (type: string, tool: JsonObject) => boolean;

/** Decides about a body by the model that it asks for, its fields and its tools. */
export type SideEffects = (body: JsonObject, model: string, isCallersTool: IsCallersTool) => boolean;

type SideEffectSettings = Pick<
  Settings,
  'sideEffectTools' | 'sideEffectFields' | 'sideEffectModels' | 'sideEffectExceptions'
>;

/** Objects in a body that carry fields of other dialects. */
const carriers: ReadonlySet<string> = new Set([
  'extra_body',
  'extraBody',
  'extra_params',
  'google',
  'provider_options',
  'providerOptions',
  'venice_parameters',
]);

/** Depth to which carriers in carriers are read; no provider nests deeper. */
const maxDepth = 3;

/** Keys of a tool without a type that declares functions of the caller. */
const declarations = [
  'name',
  'function',
  'custom',
  'functionDeclarations',
  'function_declarations',
  'toolSpec',
];

/** Decisions about models that are remembered. */
const maxModels = 1000;

/** Makes the decision by the table, with the names that the settings add and without those that they except. */
export function sideEffects(settings: SideEffectSettings): SideEffects {
  const { sideEffectTools, sideEffectFields, sideEffectModels, sideEffectExceptions } = settings;
  const isExcepted = wildcards(sideEffectExceptions);
  const inForce = (rows: readonly SideEffect[]) => rows.filter(({ name }) => !isExcepted(name));
  const listed = (rows: readonly SideEffect[]) => inForce(rows).map(({ name }) => name);
  const isActingType = wildcards([...listed(toolTypes), ...sideEffectTools]);
  const isActingKey = wildcards([...listed(toolKeys), ...sideEffectTools]);
  const isActingFunction = wildcards([...listed(functionNames), ...sideEffectTools]);
  const actingFields = new Map<string, Pick<SideEffect, 'unless' | 'holdsSwitches'>>([
    ...sideEffectFields.map((name) => [name, {}] as const),
    ...inForce(fields).map((one) => [one.name, one] as const),
  ]);
  const isActingModel = modelRule([...listed(models), ...sideEffectModels], sideEffectExceptions);

  function bodyActs(body: JsonObject, isCallersTool: IsCallersTool, depth: number): boolean {
    for (const name of Object.keys(body)) {
      const value = body[name];
      const rule = actingFields.get(name);
      if (rule !== undefined && fieldActs(body, value, rule)) return true;
      if (depth < maxDepth && carriers.has(name) && isJsonObject(value)) {
        if (bodyActs(value, isCallersTool, depth + 1)) return true;
      }
    }
    const { tools } = body;
    return isJsonArray(tools) && tools.some((tool) => toolActs(tool, isCallersTool));
  }

  function toolActs(tool: JsonValue, isCallersTool: IsCallersTool): boolean {
    if (!isJsonObject(tool)) return true;
    if (!isOn(tool)) return false;
    const { type } = tool;
    const name = functionName(tool);
    if (name !== undefined && isActingFunction(name)) return true;
    if (typeof type !== 'string') return untypedToolActs(tool);
    // Some providers configure a tool below a key of its type's name (`{ type: "web_search", web_search: { … } }`).
    if (isExcepted(type) || (tool[type] !== undefined && !isOn(tool[type]))) return false;
    return isActingType(type) || !isCallersTool(type, tool);
  }

  function untypedToolActs(tool: JsonObject): boolean {
    const given = Object.keys(tool).filter((key) => isOn(tool[key]) && !isExcepted(key));
    if (given.some(isActingKey)) return true;
    return given.length > 0 && !given.some((key) => declarations.includes(key));
  }

  return (body, model, isCallersTool) =>
    // Perplexity's models search unless this field says otherwise.
    ([model, ...furtherModels(body)].some(isActingModel) && body['disable_search'] !== true) ||
    bodyActs(body, isCallersTool, 0);
}

/** The models that a router may ask instead (OpenRouter's `models`; `fallbacks` of LiteLLM and others). */
function furtherModels({ models: listed, fallbacks }: JsonObject): readonly string[] {
  if (!isJsonArray(listed) && !isJsonArray(fallbacks)) return [];
  return [listed, fallbacks]
    .flatMap((list) => (isJsonArray(list) ? list : []))
    .map((one) => (isJsonObject(one) ? one['model'] : one))
    .filter((one) => typeof one === 'string');
}

/** The decision by the built-in table alone. */
export const builtInSideEffects = sideEffects({
  sideEffectTools: [],
  sideEffectFields: [],
  sideEffectModels: [],
  sideEffectExceptions: [],
});

function fieldActs(
  body: JsonObject,
  value: JsonValue | undefined,
  { unless, holdsSwitches }: Pick<SideEffect, 'unless' | 'holdsSwitches'>,
): boolean {
  if (unless !== undefined && body[unless] === false) return false;
  return holdsSwitches ? isOneOn(value) : isOn(value);
}

function functionName({ name, function: declared }: JsonObject): string | undefined {
  const given = isJsonObject(declared) ? declared['name'] : name;
  return typeof given === 'string' ? given : undefined;
}

/** Matches a model's name in lower case: the whole, and what follows a vendor's prefix, with and without its options. */
function modelRule(acting: readonly string[], excepted: readonly string[]): (model: string) => boolean {
  const isActing = wildcards(acting.map((name) => name.toLowerCase()));
  const isExcepted = wildcards(excepted.map((name) => name.toLowerCase()));
  const known = new Map<string, boolean>();
  return (model) => {
    const before = known.get(model);
    if (before !== undefined) return before;
    // Helicone takes several models, separated by commas.
    const acts = model
      .toLowerCase()
      .split(',')
      .map(namesOf)
      .some((names) => names.some(isActing) && !names.some(isExcepted));
    if (known.size >= maxModels) known.clear();
    known.set(model, acts);
    return acts;
  };
}

function namesOf(model: string): readonly string[] {
  const whole = model.trim();
  const bare = whole.slice(whole.lastIndexOf('/') + 1);
  return [whole, bare, bare.replace(/(?<=.):.*$/s, '')];
}
