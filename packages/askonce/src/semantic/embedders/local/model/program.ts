/**
 * The process in which a model runs: loads it, and makes one vector after another. It ends with its parent, whatever way
 * that ends: the channel between them closes.
 */
import { writeFileSync } from 'node:fs';
import { systemClock } from '../../../../clock.ts';
import { type FromModel, type ModelSettings, toModel } from '../messages.ts';
import { loadModel, loadPeers, type Model, replaced } from './loaded.ts';
import { UnusableModel } from './unusable.ts';

const everyMs = 2_000;

function send(message: FromModel): void {
  process.send?.(message);
}

/** Of two processes, the kernel should rather end this one when memory is short. */
function offerToKernel(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '900');
  } catch {
    // Not Linux, or not allowed.
  }
}

async function load(settings: ModelSettings): Promise<Model | undefined> {
  try {
    const model = await loadModel(settings, await loadPeers());
    // Reading a vocabulary leaves as much garbage as it makes.
    globalThis.gc?.();
    send({ type: 'loaded', model: model.about });
    return model;
  } catch (error) {
    const message = error instanceof UnusableModel ? error.message : 'it cannot be loaded: unexpected error';
    process.send?.({ type: 'failed', message } satisfies FromModel, () => process.exit(1));
    return undefined;
  }
}

async function embed(model: Model, id: number, text: string): Promise<void> {
  try {
    // Weights may be read from their files as they are needed: looked at before and after.
    const vector = (await model.isIntact()) ? await model.vectorOf(text) : undefined;
    if (!(await model.isIntact())) {
      send({ type: 'replaced', isReplaced: true });
      send({ type: 'refused', id, message: replaced });
    } else send(vector === undefined ? { type: 'none', id } : { type: 'vector', id, vector });
  } catch {
    // The message might quote the text.
    send({ type: 'refused', id, message: 'it failed on a text' });
  }
}

function watch(model: Model): void {
  let wasIntact = true;
  const look = async () => {
    const isIntact = await model.isIntact();
    if (isIntact !== wasIntact) send({ type: 'replaced', isReplaced: !isIntact });
    wasIntact = isIntact;
    send({ type: 'memory', bytes: process.memoryUsage.rss() });
    systemClock.schedule(() => void look(), everyMs);
  };
  void look();
}

function main(): void {
  offerToKernel();
  process.on('disconnect', () => process.exit(0));
  let loading: Promise<Model | undefined> | undefined;
  let last: Promise<void> = Promise.resolve();
  process.on('message', (received) => {
    const read = toModel.safeParse(received);
    if (!read.success) return;
    const message = read.data;
    if (message.type === 'load') {
      loading ??= load(message.settings).then((model) => {
        if (model !== undefined) watch(model);
        return model;
      });
      return;
    }
    // One after another: the graph takes all of this thread anyway.
    last = last.then(async () => {
      const model = await loading;
      if (model !== undefined) await embed(model, message.id, message.text);
    });
  });
}

main();
