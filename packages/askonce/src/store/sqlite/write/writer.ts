/** Starts the writer's thread and talks to it from the store's thread. */
import { Worker } from 'node:worker_threads';
import type { BatchReply, Opening, Operation, ToWriter, WriterSettings } from './messages.ts';
import { packed } from './packing.ts';

/** From source the thread runs the TypeScript file; from the build, its JavaScript. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const program = new URL(`./writer-thread.${extension}`, import.meta.url);

export interface Writer {
  readonly identity: string;
  /** Writes one batch at a time. Never rejects: if the thread dies, the batch has failed. */
  write(operations: readonly Operation[], now: number): Promise<BatchReply>;
  /** Resolves once the file is closed. */
  close(): Promise<void>;
}

export type WriterStart =
  | { readonly type: 'started'; readonly writer: Writer; readonly movedTo: string | undefined }
  | Extract<Opening, { type: 'refused' }>;

/** What the thread creates for a batch goes with it; without a limit V8 lets such garbage grow to 96 MB. */
const maxYoungGenerationSizeMb = 8;

/** `onDeath` is called when a started thread ends without being closed. */
export function startWriter(settings: WriterSettings, onDeath: () => void): Promise<WriterStart> {
  const worker = new Worker(program, {
    workerData: settings,
    name: 'askonce-sqlite-writer',
    resourceLimits: { maxYoungGenerationSizeMb },
  });
  const send = (message: ToWriter, transfer: readonly ArrayBuffer[] = []) =>
    worker.postMessage(message, transfer);
  let isClosing = false;
  let answer: ((reply: BatchReply) => void) | undefined;

  const writer = (identity: string): Writer => ({
    identity,
    write(operations, now) {
      const { promise, resolve } = Promise.withResolvers<BatchReply>();
      // Keeps the process alive until its accepted writes are done.
      worker.ref();
      answer = (reply) => {
        answer = undefined;
        worker.unref();
        resolve(reply);
      };
      const { operations: sent, transfer } = packed(operations);
      send({ type: 'batch', now, operations: sent }, transfer);
      return promise;
    },
    close() {
      isClosing = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      worker.ref();
      worker.once('exit', () => resolve());
      send({ type: 'close' });
      return promise;
    },
  });

  return new Promise((resolve) => {
    let hasStarted = false;
    let failure = 'The writer thread ended.';
    worker.on('message', (message: Opening | BatchReply) => {
      if (message.type === 'committed' || (message.type === 'failed' && hasStarted)) {
        answer?.(message);
      } else if (message.type === 'opened') {
        hasStarted = true;
        worker.unref();
        resolve({ type: 'started', writer: writer(message.identity), movedTo: message.movedTo });
      } else if (message.type === 'refused') {
        resolve(message);
      }
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error.message : failure;
    });
    worker.on('exit', () => {
      resolve({ type: 'refused', reason: 'failed', message: failure });
      answer?.({ type: 'failed', reason: 'failed', message: failure });
      if (hasStarted && !isClosing) onDeath();
    });
  });
}
