/** Reads and writes the ledger's file in a thread, so that neither a lock nor a long query ever holds the event loop. */
import { messageOf } from '../../observe/report.ts';
import { faultOf } from '../../sqlite-file/fault.ts';
import { openFile } from '../../sqlite-file/open.ts';
import { identityOf } from '../../sqlite-file/private.ts';
import type { Port } from '../../threads/messages.ts';
import type { Call, Failure, FileSettings, FromThread, Result, ToThread } from './messages.ts';
import { reader } from './reading.ts';
import { remover } from './removing.ts';
import { openLedgerFile } from './schema.ts';
import { batchWriter } from './writing.ts';

function openContent({ file, busyTimeoutMs }: FileSettings) {
  const database = openLedgerFile(file, busyTimeoutMs);
  try {
    const write = batchWriter(database);
    return { write, read: reader(database), remove: remover(database), close: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}

type Content = ReturnType<typeof openContent>;

/** Makes the function that answers a call. */
function answering({ write, read, remove }: Content): (call: Call) => Result {
  return (call) => {
    switch (call.type) {
      case 'write':
        write(call.batch);
        try {
          remove.makeRoom(call.maxBytes);
        } catch {
          // The batch is written. The next one, or a pruning, tries again.
        }
        return { type: 'written' };
      case 'counters':
        return { type: 'counters', sums: read.counters(call.query) };
      case 'tags':
        return { type: 'tags', tags: read.tags(call.query) };
      case 'patterns':
        return { type: 'patterns', patterns: read.patterns(call.query) };
      case 'runs':
        return { type: 'runs', runs: read.runs(call.limit) };
      case 'erase':
        return { type: 'removed', ...remove.erase(call.user, call.at) };
      case 'prune':
        return { type: 'removed', ...remove.prune(call.retention) };
      case 'size':
        return { type: 'size', size: read.size() };
    }
  };
}

/** The program of the thread. */
export function run(settings: FileSettings, port: Port<ToThread, FromThread>): void {
  const file = openFile(settings, () => openContent(settings), { missingTable: 'refusal' });
  if ('type' in file) {
    port.send(file);
    port.close();
    return;
  }
  const answer = answering(file.content);

  const { identity } = file.opening;

  function resultOf(call: Call): Result | Failure {
    try {
      if (identityOf(settings.file) !== identity) return replaced;
      return answer(call);
    } catch (error) {
      const fault = faultOf(error);
      const reason = call.type === 'write' && fault === 'failed' ? 'refused' : fault;
      return { type: 'failed', reason, message: messageOf(error) };
    }
  }

  port.onMessage((message) => {
    if (message.type === 'close') {
      file.close();
      port.close();
      return;
    }
    const result = resultOf(message.call);
    port.send({ type: 'reply', id: message.id, result }, buffersOf(result));
  });
  port.send(file.opening);
}

/** The buffers that are handed over rather than copied. */
function buffersOf(result: Result | Failure): readonly ArrayBuffer[] {
  return result.type === 'counters' ? [result.sums.counts.buffer, result.sums.durations.buffer] : [];
}

const replaced: Failure = {
  type: 'failed',
  reason: 'replaced',
  message: 'The file was moved or replaced while it was open.',
};
