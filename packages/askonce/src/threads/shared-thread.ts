/**
 * A thread that several programs share: it starts with the first of them and ends with the last. A thread takes some 15 MB
 * by itself, whatever it does.
 */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { FromThread, ToThread } from './messages.ts';

/**
 * The program of that name beside the module with this URL: its TypeScript from source. The build knows these calls by their
 * form, and puts where the program's JavaScript lies in their place.
 */
export function programBeside(moduleUrl: string, name: string): URL {
  return new URL(`./${name}.ts`, moduleUrl);
}

const host = programBeside(import.meta.url, 'host');

export interface SharedThread {
  /**
   * Runs a program: a module that exports `run` (see `messages.ts`). Its messages come in order. The process waits for the
   * thread until the channel is released.
   */
  start<Received, Sent>(program: URL, settings: unknown, listener: Listener<Received>): Channel<Sent>;
}

/** A thread that can begin before its first program. */
export interface PreparableThread extends SharedThread {
  /**
   * Begins the thread, so that its first program need not wait for that. The process does not wait for it. The returned
   * function ends it if no program has been started.
   */
  prepare(): () => void;
}

interface Listener<Received> {
  onMessage(message: Received): void;
  /** Called once: when the program has closed its port, could not be started, or lost its thread (`failure`). */
  onEnd(failure?: string): void;
}

/** What reaches a program, until it has ended. */
export interface Channel<Sent> {
  send(message: Sent, transfer?: readonly ArrayBuffer[]): void;
  /** The process stays alive for the program. */
  hold(): void;
  release(): void;
}

interface Running {
  readonly worker: Worker;
  readonly listeners: Map<number, Listener<unknown>>;
  readonly held: Set<number>;
}

/**
 * Starts no thread yet. Without a limit V8 lets the garbage of short-lived objects grow to 96 MB.
 *
 * @param name of the thread, for tools that list threads
 */
export function sharedThread(name: string, resourceLimits: ResourceLimits): PreparableThread {
  let running: Running | undefined;
  let lastChannel = 0;

  function begin(): Running {
    const worker = new Worker(host, { name, resourceLimits });
    // Until a program holds it.
    worker.unref();
    const begun: Running = { worker, listeners: new Map(), held: new Set() };
    let failure = 'The thread ended.';
    worker.on('message', (said: FromThread) => {
      const listener = begun.listeners.get(said.channel);
      if (said.type === 'message') return listener?.onMessage(said.message);
      begun.listeners.delete(said.channel);
      setHeld(begun, said.channel, false);
      if (begun.listeners.size === 0) end(begun);
      listener?.onEnd(said.failure);
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error.message : failure;
    });
    worker.on('exit', () => {
      if (running === begun) running = undefined;
      const left = [...begun.listeners.values()];
      begun.listeners.clear();
      for (const listener of left) listener.onEnd(failure);
    });
    return begun;
  }

  /** What is started from now on gets a thread of its own. */
  function end(ended: Running): void {
    if (running === ended) running = undefined;
    post(ended.worker, { type: 'end' });
  }

  return {
    prepare() {
      running ??= begin();
      const begun = running;
      return () => {
        if (running === begun && begun.listeners.size === 0) end(begun);
      };
    },
    start(program, settings, listener) {
      running ??= begin();
      const begun = running;
      const channel = ++lastChannel;
      begun.listeners.set(channel, listener);
      setHeld(begun, channel, true);
      post(begun.worker, { type: 'start', channel, program: program.href, settings });
      return {
        send: (message, transfer) => post(begun.worker, { type: 'message', channel, message }, transfer),
        hold: () => setHeld(begun, channel, begun.listeners.has(channel)),
        release: () => setHeld(begun, channel, false),
      };
    },
  };
}

function setHeld({ worker, held }: Running, channel: number, isHeld: boolean): void {
  if (isHeld) held.add(channel);
  else held.delete(channel);
  if (held.size > 0) worker.ref();
  else worker.unref();
}

function post(worker: Worker, message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
  worker.postMessage(message, transfer);
}
