/** Starts the writer's thread and talks to it from the store's thread. */
import { programBeside, type SharedThread } from '../../../threads/shared-thread.ts';
import type { BatchReply, Opening, Operation, ToWriter, WriterSettings } from './messages.ts';
import { packed } from './packing.ts';

const program = programBeside(import.meta.url, 'writer-thread');

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

/** `onDeath` is called when a started program ends without being closed. */
export function startWriter(
  settings: WriterSettings,
  thread: SharedThread,
  onDeath: () => void,
): Promise<WriterStart> {
  const closed = Promise.withResolvers<void>();
  const { promise: start, resolve } = Promise.withResolvers<WriterStart>();
  let isClosing = false;
  let hasStarted = false;
  let answer: ((reply: BatchReply) => void) | undefined;

  const channel = thread.start<Opening | BatchReply, ToWriter>(program, settings, {
    onMessage(message) {
      if (message.type === 'committed' || (message.type === 'failed' && hasStarted)) {
        answer?.(message);
      } else if (message.type === 'opened') {
        hasStarted = true;
        channel.release();
        resolve({ type: 'started', writer: writer(message.identity), movedTo: message.movedTo });
      } else if (message.type === 'refused') {
        resolve(message);
      }
    },
    onEnd(failure = 'The writer thread ended.') {
      closed.resolve();
      resolve({ type: 'refused', reason: 'failed', message: failure });
      answer?.({ type: 'failed', reason: 'failed', message: failure });
      if (hasStarted && !isClosing) onDeath();
    },
  });

  const writer = (identity: string): Writer => ({
    identity,
    write(operations, now) {
      const { promise, resolve: resolveBatch } = Promise.withResolvers<BatchReply>();
      // Keeps the process alive until its accepted writes are done.
      channel.hold();
      answer = (reply) => {
        answer = undefined;
        channel.release();
        resolveBatch(reply);
      };
      const { operations: sent, transfer } = packed(operations);
      channel.send({ type: 'batch', now, operations: sent }, transfer);
      return promise;
    },
    close() {
      isClosing = true;
      channel.hold();
      channel.send({ type: 'close' });
      return closed.promise;
    },
  });

  return start;
}
