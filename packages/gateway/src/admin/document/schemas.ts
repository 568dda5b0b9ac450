/**
 * JSON Schemas (2020-12) of the calls' own zod schemas. What occurs twice, or within itself, becomes a component.
 */
import { z } from 'zod';
import { type JsonSchema, onceKeyword, shownKeyword } from '../route.ts';

/** The schemas of one document, and the components that they refer to. */
export interface Schemas {
  /** What a caller may send: before defaults and transformations. */
  input(schema: z.ZodType): JsonSchema;
  /** What a caller gets. */
  output(schema: z.ZodType): JsonSchema;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

export function schemas(): Schemas {
  const components: Record<string, JsonSchema> = {};

  function made(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _dialect,
      $defs = {},
      ...json
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override({ zodSchema, jsonSchema }) {
        const shown = shownIn(zodSchema);
        if (shown === undefined) return;
        delete jsonSchema[shownKeyword];
        const { $schema: _, ...given } = z.toJSONSchema(shown, { io, unrepresentable: 'any' });
        Object.assign(jsonSchema, given);
      },
    });
    // Names that zod gives by itself begin anew with each schema.
    const known = Object.keys(components).length;
    const nameOf = (name: string) => (name.startsWith('__') ? `Value${known}${name.slice(2)}` : name);
    for (const [name, one] of Object.entries($defs)) components[nameOf(name)] = object(plain(one, nameOf));
    return object(plain(json, nameOf));
  }

  return { input: (schema) => made(schema, 'input'), output: (schema) => made(schema, 'output'), components };
}

function shownIn(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const shown = z.globalRegistry.get(schema)?.[shownKeyword];
  return shown instanceof z.core.$ZodType ? shown : undefined;
}

const reference = /^#\/\$defs\/(.+)$/;

/** Without the keywords that say nothing, or something else in OpenAPI. */
function plain(value: unknown, nameOf: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => plain(one, nameOf));
  if (!isObject(value)) return value;
  const { $ref } = value;
  const [, name] = typeof $ref === 'string' ? (reference.exec($ref) ?? []) : [];
  if (name !== undefined) return { $ref: `#/components/schemas/${nameOf(name)}` };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([keyword, given]) => !isEmpty(keyword, given, value))
      .map(([keyword, given]) => [keyword, plain(given, nameOf)]),
  );
}

/** `value` may also be the properties of an object, whose names are no keywords: their values are schemas. */
function isEmpty(keyword: string, given: unknown, value: JsonSchema): boolean {
  if (isObject(given)) return keyword === 'propertyNames' && Object.keys(given).join() === 'type';
  if (keyword === 'maximum') return given === Number.MAX_SAFE_INTEGER;
  if (keyword === 'minimum') return given === Number.MIN_SAFE_INTEGER;
  // Of `readonly()`, which is about our own code.
  if (keyword === 'readOnly') return given === true;
  if (keyword === 'pattern') return value['format'] === 'date-time';
  return keyword === 'format' && given === 'starts_with';
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function object(value: unknown): JsonSchema {
  return isObject(value) ? value : {};
}

/** The parameters of a strict object of parameters, each with its schema; an empty list if the query is ignored. */
export function parameterSchemas(query: JsonSchema): readonly ParameterSchema[] {
  const required = new Set(Array.isArray(query['required']) ? query['required'] : []);
  return Object.entries(object(query['properties'])).map(([name, given]) => {
    const { [onceKeyword]: value, allowEmptyValue, ...list } = object(given);
    const isOne = value !== undefined || (list['minItems'] === 1 && list['maxItems'] === 1);
    return {
      name,
      isRequired: required.has(name),
      isRepeated: !isOne,
      mayBeEmpty: allowEmptyValue === true,
      schema: isOne ? object(value ?? list['items']) : list,
    };
  });
}

export interface ParameterSchema {
  readonly name: string;
  readonly isRequired: boolean;
  readonly isRepeated: boolean;
  /** Whether an empty value is the same as none. */
  readonly mayBeEmpty: boolean;
  readonly schema: JsonSchema;
}
