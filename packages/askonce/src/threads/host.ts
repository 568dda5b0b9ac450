/** In a shared thread: starts programs, and passes each the messages of its channel. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../observe/report.ts';
import type { FromThread, Port, Program, ToThread } from './messages.ts';

/** What a program has not received yet, or the listener that receives it. */
interface Inbox {
  readonly waiting: unknown[];
  listener: ((message: unknown) => void) | undefined;
}

function main(parent: NonNullable<typeof parentPort>): void {
  const inboxes = new Map<number, Inbox>();
  const send = (message: FromThread, transfer: readonly ArrayBuffer[] = []) =>
    parent.postMessage(message, transfer);

  function end(channel: number, failure?: string): void {
    if (inboxes.delete(channel)) send({ type: 'ended', channel, failure });
  }

  function portOf(channel: number, inbox: Inbox): Port<unknown, unknown> {
    return {
      send: (message, transfer) => send({ type: 'message', channel, message }, transfer),
      onMessage(listener) {
        inbox.listener = listener;
        for (const message of inbox.waiting.splice(0)) listener(message);
      },
      close: () => end(channel),
    };
  }

  async function start(channel: number, program: string, settings: unknown): Promise<void> {
    const inbox: Inbox = { waiting: [], listener: undefined };
    inboxes.set(channel, inbox);
    try {
      const { run }: { readonly run: Program<unknown, unknown, unknown> } = await import(program);
      run(settings, portOf(channel, inbox));
    } catch (error) {
      end(channel, messageOf(error));
    }
  }

  function receive(channel: number, message: unknown): void {
    const inbox = inboxes.get(channel);
    if (inbox?.listener === undefined) inbox?.waiting.push(message);
    else inbox.listener(message);
  }

  parent.on('message', (message: ToThread) => {
    if (message.type === 'start') void start(message.channel, message.program, message.settings);
    else if (message.type === 'message') receive(message.channel, message.message);
    else parent.close();
  });
}

if (parentPort !== null) main(parentPort);
