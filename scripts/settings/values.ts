/** Describes the values that a setting accepts, from its schema. */
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** The part of JSON Schema that settings use. */
const shape = z.looseObject({
  description: z.string().optional(),
  type: z.string().optional(),
  enum: z.array(scalar).optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  pattern: z.string().optional(),
  items: z.unknown().optional(),
});

type Shape = z.output<typeof shape>;

export function valuesOf(schema: z.ZodType): string {
  return inWords(shape.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })));
}

function inWords(schema: Shape): string {
  const { type, enum: choices, description } = schema;
  if (description !== undefined) return description;
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ');
  switch (type) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
      return ['whole number', ...bounds(schema)].join(', ');
    case 'number':
      return ['number', ...bounds(schema)].join(', ');
    case 'array':
      return listInWords(schema);
    case 'object':
      return 'object (as JSON)';
    default:
      return ['text', ...lengths(schema)].join(', ');
  }
}

function listInWords({ items, maxItems }: Shape): string {
  const item = shape.parse(items);
  const most = maxItems === undefined ? '' : `, at most ${number(maxItems)}`;
  if (item.enum !== undefined) return `list of ${inWords(item)}`;
  return item.type === 'string' ? `list of texts${most}` : `list of objects (as JSON)${most}`;
}

function bounds({ minimum, exclusiveMinimum, maximum }: Shape): string[] {
  const said: string[] = [];
  if (exclusiveMinimum !== undefined) said.push(`more than ${number(exclusiveMinimum)}`);
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) said.push(`at least ${number(minimum)}`);
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) said.push(`at most ${number(maximum)}`);
  return said;
}

function lengths({ minLength = 0, maxLength, pattern }: Shape): string[] {
  if (pattern !== undefined) return [`matching \`${pattern}\``];
  if (maxLength === undefined) return [];
  return [`${number(minLength)} to ${number(maxLength)} characters`];
}

function number(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u202f');
}
