/**
 * The messages between an embedder and the process in which its model runs.
 */
import { z } from 'zod';
import { poolings } from './model/configuration.ts';

const texts = z.string().max(4096);

const modelSettings = z.object({
  folder: texts,
  /** The model's name, such as `intfloat/multilingual-e5-small`. */
  name: texts,
  /** The graph's file; undefined: by the usual names. */
  file: texts.optional(),
  prefix: texts.optional(),
  pooling: z.enum(poolings).optional(),
  maxTokens: z.number().optional(),
  threads: z.number(),
  /** Digest that the model must have; undefined: any. */
  expected: texts.optional(),
});
export type ModelSettings = z.output<typeof modelSettings>;

export const toModel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('load'), settings: modelSettings }),
  z.object({ type: z.literal('embed'), id: z.number(), text: z.string() }),
]);
export type ToModel = z.output<typeof toModel>;

/** What is known of a model once it is loaded. */
const loadedModel = z.object({
  dimension: z.number().int().positive(),
  prefix: z.string(),
  pooling: z.string(),
  /** Digest of its files. */
  weights: z.string(),
  file: z.string(),
  maxTokens: z.number(),
  /** Of all its files, in bytes. */
  bytes: z.number(),
});
export type LoadedModel = z.output<typeof loadedModel>;

export const fromModel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('loaded'), model: loadedModel }),
  /** The model cannot be loaded; the process ends. The message is a sentence. */
  z.object({ type: z.literal('failed'), message: z.string() }),
  z.object({
    type: z.literal('vector'),
    id: z.number(),
    vector: z.custom<Float32Array>((value) => value instanceof Float32Array),
  }),
  /** The text is unknown or too long. */
  z.object({ type: z.literal('none'), id: z.number() }),
  z.object({ type: z.literal('refused'), id: z.number(), message: z.string() }),
  /** The files are not what was loaded; no vector is made until they are again. */
  z.object({ type: z.literal('replaced'), isReplaced: z.boolean() }),
  z.object({ type: z.literal('memory'), bytes: z.number() }),
]);
export type FromModel = z.output<typeof fromModel>;
