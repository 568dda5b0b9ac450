/**
 * The local embedder: an ONNX sentence model on this machine, in a process of its own. Its memory is bounded there, its work
 * holds no event loop but its own, and whatever ends it costs vectors and never an answer.
 */
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../../clock.ts';
import { AskonceError } from '../../../errors.ts';
import { isJsonObject, tryParseJson } from '../../../json.ts';
import { notify } from '../../../observe/report.ts';
import type { Embedder, EmbedderAvailability } from '../../contract.ts';
import type { LoadedModel } from './messages.ts';
import type { Pooling } from './model/configuration.ts';
import { textQueue } from './queue.ts';
import { failed, superviseModel } from './supervisor.ts';

export interface LocalEmbedderOptions {
  /**
   * The folder of the model, in the layout of Hugging Face and sentence-transformers; or a function that makes it ready, by
   * pulling it from a hub, say, and resolves with it. Then `name` is needed.
   */
  readonly model: string | ((signal: AbortSignal) => Promise<string>);
  /**
   * The model's name, such as `intfloat/multilingual-e5-small`: prefix and thresholds may depend on it. Default: by
   * `config.json`, else the folder's name.
   */
  readonly name?: string | undefined;
  /** The graph's file, such as `onnx/model_fp16.onnx`. Default: 8-bit weights (`model_quantized.onnx`), else `model.onnx`. */
  readonly file?: string | undefined;
  /** Put before each text. Default: the model's own prompt for queries, if its files name one, else that of its family. */
  readonly prefix?: string | undefined;
  /** From the vectors of tokens to that of the text. Default: by the model's own files, else its family, else `mean`. */
  readonly pooling?: Pooling | undefined;
  /** Tokens of the longest text that gets a vector. Default: by the model's own files, at most 2048. */
  readonly maxTokens?: number | undefined;
  /** Threads of a text's arithmetic. Default 1. */
  readonly threads?: number | undefined;
  /** Bound on the resident memory of the model's process, in bytes. Beyond it the process is restarted. Default 2 GB. */
  readonly memoryBytes?: number | undefined;
  /** Expected wait from which texts are refused rather than queued, in milliseconds. Default 200. */
  readonly patienceMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** What is known of the model and its process. */
export interface LocalModelReport extends LoadedModel {
  /** From the start of the process until the model could be used, in milliseconds. */
  readonly loadMs: number;
  /** Undefined while there is no process. */
  readonly pid: number | undefined;
  /** Resident memory of the process, in bytes; 0 while there is none. */
  readonly resident: number;
}

export interface LocalEmbedder extends Embedder {
  readonly availability: EmbedderAvailability;
  embed(text: string, signal?: AbortSignal): Promise<Float32Array | undefined>;
  /** Undefined until the model is loaded. */
  report(): LocalModelReport | undefined;
}

/** Raised when the same files would get other vectors. */
const version = '1';
const defaults = { threads: 1, memoryBytes: 2 * 1024 ** 3, patienceMs: 200 } as const;

/**
 * Creates a local embedder. The model's process starts with the first text, or when `availability.ready()` is called. Needs
 * the packages `onnxruntime-node` and `@huggingface/tokenizers`.
 *
 * @throws AskonceError `invalid_settings` if a model that must be fetched has no name
 */
export function localEmbedder(options: LocalEmbedderOptions): LocalEmbedder {
  return embedderWith(options);
}

/** As {@link localEmbedder}. @param program what the process runs in place of a model, for tests */
export function embedderWith(options: LocalEmbedderOptions, program?: URL): LocalEmbedder {
  const { threads, memoryBytes, patienceMs } = { ...defaults, ...given(options) };
  const { file, prefix, pooling, maxTokens, clock = systemClock } = options;
  const name = nameOf(options);
  const folder = folderOf(options);
  const listeners = new Set<(message: string) => void>();
  let waiters: PromiseWithResolvers<void> | undefined;
  let loadMs = 0;
  let began = clock.monotonic();

  const supervisor = superviseModel({
    name,
    folder,
    settings: { file, prefix, pooling, maxTokens, threads },
    memoryBytes,
    clock,
    program,
    onChange: changed,
    onTrouble(message) {
      for (const listener of listeners) notify(listener, message);
    },
  });
  const queue = textQueue({
    clock,
    patienceMs,
    canRun: () => supervisor.phase === 'ready',
    run: supervisor.run,
    onChange: hold,
  });

  function hold(): void {
    supervisor.hold(queue.size > 0 || waiters !== undefined);
  }

  function changed(): void {
    const { phase, trouble } = supervisor;
    if (phase === 'loading') began = clock.monotonic();
    if (phase === 'ready') {
      loadMs = Math.round(clock.monotonic() - began);
      settleWaiters((waiting) => waiting.resolve());
      queue.advance();
      return;
    }
    const error = failed(trouble ?? `The model ${name} is closed.`);
    // A model that was loaded before is loaded again, for the texts that wait.
    if (phase === 'closed' || phase === 'replaced' || (phase === 'down' && supervisor.model === undefined)) {
      settleWaiters((waiting) => waiting.reject(error));
      queue.drop(error);
    }
  }

  function settleWaiters(settle: (waiting: PromiseWithResolvers<void>) => void): void {
    const waiting = waiters;
    waiters = undefined;
    if (waiting !== undefined) settle(waiting);
    hold();
  }

  const availability: EmbedderAvailability = {
    async ready() {
      if (supervisor.phase === 'closed') throw failed(`The model ${name} is closed.`);
      if (supervisor.model !== undefined) return;
      supervisor.start();
      waiters ??= Promise.withResolvers();
      const { promise } = waiters;
      hold();
      await promise;
    },
    now() {
      const { phase, model } = supervisor;
      if (phase === 'ready') return queue.isBusy ? 'busy' : 'ready';
      if (phase === 'replaced' || phase === 'closed') return 'failed';
      return phase === 'down' && model === undefined ? 'failed' : 'loading';
    },
    trouble: () => supervisor.trouble,
    onTrouble(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };

  return {
    name,
    version,
    get dimension() {
      return supervisor.model?.dimension;
    },
    get prefix() {
      return supervisor.model?.prefix ?? '';
    },
    get pooling() {
      return supervisor.model?.pooling ?? '';
    },
    get weights() {
      return supervisor.model?.weights ?? '';
    },
    availability,
    async embed(text, signal) {
      signal?.throwIfAborted();
      const { phase, trouble } = supervisor;
      if (phase === 'closed') throw failed(`The model ${name} is closed.`);
      if (phase === 'replaced') throw failed(trouble ?? '');
      supervisor.start();
      return await queue.add(text, signal);
    },
    report() {
      const { model, pid, resident } = supervisor;
      return model && { ...model, loadMs, pid, resident };
    },
    async close() {
      await supervisor.close();
    },
  };
}

function given(options: LocalEmbedderOptions): Partial<Record<keyof typeof defaults, number>> {
  const all = Object.entries({
    threads: options.threads,
    memoryBytes: options.memoryBytes,
    patienceMs: options.patienceMs,
  });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

function folderOf({ model }: LocalEmbedderOptions): (signal: AbortSignal) => Promise<string> {
  if (typeof model !== 'string') return model;
  const folder = resolve(model);
  return () => Promise.resolve(folder);
}

function nameOf({ model, name }: LocalEmbedderOptions): string {
  if (name !== undefined) return name;
  if (typeof model === 'string') return modelNameIn(resolve(model));
  throw new AskonceError('invalid_settings', 'A model that must be fetched needs a name; set `name`.');
}

/** The name that a model's own files give it, else its folder's. */
function modelNameIn(folder: string): string {
  try {
    const config = tryParseJson(readFileSync(join(folder, 'config.json'), 'utf8'));
    const own = isJsonObject(config) ? config['_name_or_path'] : undefined;
    // A path of the machine on which the model was made says nothing.
    if (typeof own === 'string' && /^[\w.-]{1,96}\/[\w.-]{1,96}$/.test(own)) return own;
  } catch {
    // Whatever is wrong with the folder is said when the model is loaded.
  }
  return basename(folder);
}
