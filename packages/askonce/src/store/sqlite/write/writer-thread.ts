/** Writes the file in a thread, so that neither a lock nor the disk ever blocks the event loop. */
import { messageOf } from '../../../observe/report.ts';
import { faultOf } from '../../../sqlite-file/fault.ts';
import { type OpenFile, openFile } from '../../../sqlite-file/open.ts';
import { identityOf } from '../../../sqlite-file/private.ts';
import type { Port } from '../../../threads/messages.ts';
import { openForWriting } from '../file/schema.ts';
import { FileWriter } from './file-writer.ts';
import type { BatchReply, Effect, Failure, Opening, ToWriter, WriterSettings } from './messages.ts';
import { unpacked } from './packing.ts';

/** Attempts at a batch while another process has the file locked; each waits `busyTimeoutMs`. */
const attempts = 3;

/** The program of the thread. */
export function run(settings: WriterSettings, port: Port<ToWriter, Opening | BatchReply>): void {
  const file = openFile(settings, () => openWriter(settings), { missingTable: 'damage' });
  if ('type' in file) {
    port.send(file);
    port.close();
    return;
  }
  port.onMessage((message) => {
    if (message.type === 'batch') {
      port.send(write(file, settings, message));
      return;
    }
    // The last connection that closes writes the write-ahead log into the file and removes it.
    file.close();
    port.close();
  });
  port.send(file.opening);
}

function openWriter({ file, busyTimeoutMs, maxBytes }: WriterSettings) {
  const database = openForWriting(file, busyTimeoutMs);
  try {
    return { writer: new FileWriter(database, maxBytes), close: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}

function write(
  file: OpenFile<ReturnType<typeof openWriter>>,
  settings: WriterSettings,
  batch: Extract<ToWriter, { type: 'batch' }>,
): BatchReply {
  if (identityOf(settings.file) !== file.opening.identity) {
    return {
      type: 'failed',
      reason: 'replaced',
      message: 'The file was moved or replaced while it was open.',
    };
  }
  const operations = unpacked(batch.operations);
  for (let attempt = 1; ; attempt++) {
    try {
      const written = file.content.writer.write(operations, batch.now);
      const isRebuilt = operations.some(({ type }) => type === 'rebuild') && rebuilt(file);
      const effectOf = (effect: Effect, at: number) =>
        isRebuilt && operations[at]?.type === 'rebuild' ? 'done' : effect;
      return { type: 'committed', ...written, effects: written.effects.map(effectOf) };
    } catch (error) {
      const reason = failureOf(error);
      if (reason !== 'busy' || attempt === attempts)
        return { type: 'failed', reason, message: messageOf(error) };
    }
  }
}

/** False while another process has the file open, and where there is no room for a copy: then the file is as it was. */
function rebuilt(file: OpenFile<ReturnType<typeof openWriter>>): boolean {
  try {
    return file.alone(() => file.content.writer.rebuild());
  } catch {
    return false;
  }
}

function failureOf(error: unknown): Failure {
  const fault = faultOf(error);
  return fault === 'denied' ? 'failed' : fault;
}
