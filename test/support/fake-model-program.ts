/**
 * What a local embedder's process runs in tests in place of a model. It does what the folder says, which is JSON, and what
 * single texts say.
 */
import { z } from 'zod';
import { type FromModel, toModel } from '../../packages/askonce/src/semantic/embedders/local/messages.ts';

const behaviour = z.object({
  /** Why the model cannot be loaded. */
  fails: z.string().optional(),
  /** Nothing is ever loaded. */
  neverLoads: z.boolean().optional(),
  /** No text is answered. */
  isStalled: z.boolean().optional(),
  /** Memory that loading takes, in bytes. */
  takes: z.number().optional(),
});

const send = (message: FromModel) => process.send?.(message);
const held: Buffer[] = [];
let isStalled = false;

function answer(id: number, text: string): void {
  if (text === 'crash') process.exit(3);
  if (text === 'grow') held.push(Buffer.alloc(512 * 1024 * 1024, 1));
  const [, name] = /^env (\w+)$/.exec(text) ?? [];
  if (name !== undefined)
    return void send({ type: 'vector', id, vector: Float32Array.of(name in process.env ? 1 : 0, 1) });
  if (text === 'unknown') return void send({ type: 'none', id });
  if (text === 'refused') return void send({ type: 'refused', id, message: 'no' });
  const [one, other] = [text.length + 1, text.charCodeAt(0) || 1];
  const length = Math.hypot(one, other);
  send({ type: 'vector', id, vector: Float32Array.of(one / length, other / length) });
}

function load(folder: string): void {
  const { fails, neverLoads, takes, ...does } = behaviour.parse(JSON.parse(folder));
  isStalled = does.isStalled ?? false;
  if (takes !== undefined) held.push(Buffer.alloc(takes, 1));
  if (fails !== undefined)
    process.send?.({ type: 'failed', message: fails } satisfies FromModel, () => process.exit(1));
  else if (neverLoads !== true)
    send({
      type: 'loaded',
      model: {
        dimension: 2,
        prefix: 'p: ',
        pooling: 'mean',
        weights: 'w',
        file: 'model.onnx',
        maxTokens: 8,
        bytes: 1,
      },
    });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (received) => {
  const message = toModel.parse(received);
  if (message.type === 'load') load(message.settings.folder);
  else if (!isStalled && message.text !== 'wait') answer(message.id, message.text);
});
