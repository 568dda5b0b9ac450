/**
 * Keeps a process with the model in it: starts it, starts another after it has ended, and lets no other model take its
 * place. The first model that is loaded is the model; a process that finds other files than it had loads nothing.
 */
import { backOff, type Clock } from '../../../clock.ts';
import { AskonceError } from '../../../errors.ts';
import { messageOf } from '../../../observe/report.ts';
import { type Child, startChild } from './child.ts';
import type { FromModel, LoadedModel, ModelSettings } from './messages.ts';

export interface Supervisor {
  /** `down`: no process; the next one starts after a while. `replaced`: the files are not those that were loaded. */
  readonly phase: 'idle' | 'loading' | 'ready' | 'replaced' | 'down' | 'closed';
  /** What was loaded first; undefined before that. */
  readonly model: LoadedModel | undefined;
  /** What is wrong now, in a sentence. */
  readonly trouble: string | undefined;
  readonly pid: number | undefined;
  /** Resident memory of the process, in bytes; 0 without one. */
  readonly resident: number;
  /** Starts the process, if none was started yet. */
  start(): void;
  /** The vector of a text, of the process that is ready. One at a time. */
  run(text: string): Promise<Float32Array | undefined>;
  /** Whether this process must stay alive for the model's. */
  hold(isHeld: boolean): void;
  close(): Promise<void>;
}

export interface SupervisorOptions {
  readonly name: string;
  /** The model's folder, which may have to be fetched first. */
  readonly folder: (signal: AbortSignal) => Promise<string>;
  readonly settings: Omit<ModelSettings, 'folder' | 'name' | 'expected'>;
  readonly memoryBytes: number;
  readonly clock: Clock;
  readonly program?: URL | undefined;
  /** Called whenever the phase has changed. */
  readonly onChange: () => void;
  readonly onTrouble: (message: string) => void;
}

/** A process that has not loaded its model by then is ended. */
const loadMs = 300_000;
/** A text that takes longer has hung the process. */
const textMs = 30_000;
/** A text that takes longer is reported, long before the process counts as hung. */
const slowTextMs = 2_000;
const backoffMs = { least: 500, most: 60_000 } as const;
/** After so long without an end, the next one is waited for as the first one was. */
const calmMs = 60_000;

export function superviseModel(options: SupervisorOptions): Supervisor {
  const { name, folder, settings, memoryBytes, clock, program, onChange, onTrouble } = options;
  const closing = new AbortController();
  let phase: Supervisor['phase'] = 'idle';
  let child: Child | undefined;
  let model: LoadedModel | undefined;
  let trouble: string | undefined;
  let failure: string | undefined;
  let isHeld = false;
  let ends = 0;
  let readyAt = Number.POSITIVE_INFINITY;
  let lastId = 0;
  let current: { id: number; began: number; settle: (answer: FromModel | AskonceError) => void } | undefined;
  let cancelDeadline = () => {};
  let cancelStart = () => {};

  function become(next: Supervisor['phase'], wrong?: string): void {
    phase = next;
    trouble = wrong;
    if (wrong !== undefined) onTrouble(wrong);
    onChange();
  }

  function start(): void {
    if (phase !== 'idle' && phase !== 'down') return;
    // What was wrong before is still worth knowing until a model is loaded.
    phase = 'loading';
    failure = undefined;
    onChange();
    void begin();
  }

  async function begin(): Promise<void> {
    let path: string;
    try {
      path = await folder(closing.signal);
    } catch (error) {
      if (!closing.signal.aborted)
        lost(AskonceError.isInstance(error) ? error.message : unusable(messageOf(error)));
      return;
    }
    if (closing.signal.aborted) return;
    const started = startChild({
      settings: { ...settings, folder: path, name, expected: model?.weights },
      clock,
      memoryBytes,
      program,
      onMessage: (message) => child === started && received(message),
      onEnd: (why) => {
        if (child !== started) return;
        child = undefined;
        lost(failure ?? `The process of the model ${name} ${why}.`);
      },
    });
    child = started;
    started.hold(isHeld);
    cancelDeadline = clock.schedule(
      () => void started.end(`has not loaded its model in ${loadMs / 1000} s`),
      loadMs,
    );
  }

  function received(message: FromModel): void {
    switch (message.type) {
      case 'loaded':
        cancelDeadline();
        model ??= message.model;
        readyAt = clock.monotonic();
        become('ready');
        return;
      case 'failed':
        failure = unusable(message.message);
        return;
      case 'replaced':
        if (message.isReplaced) become('replaced', replacedText());
        else become('ready');
        return;
      case 'memory':
        return;
      default:
        if (message.id === current?.id) current.settle(message);
    }
  }

  function lost(wrong: string): void {
    cancelDeadline();
    if (closing.signal.aborted) return;
    if (clock.monotonic() - readyAt >= calmMs) ends = 0;
    readyAt = Number.POSITIVE_INFINITY;
    cancelStart = clock.schedule(start, backOff(ends++, backoffMs.least, backoffMs.most));
    become('down', wrong);
    current?.settle(failed(wrong));
  }

  function slowText(): string | undefined {
    const tookMs = current === undefined ? 0 : clock.monotonic() - current.began;
    if (tookMs < slowTextMs) return undefined;
    const seconds = Math.floor(tookMs / 1000);
    return `The process of the model ${name} has been busy with one text for ${seconds} s; after ${textMs / 1000} s it is started again.`;
  }

  const unusable = (why: string) => `The model ${name} cannot be used: ${why}.`;
  const replacedText = () =>
    `The files of the model ${name} are no longer those that were loaded; restart the gateway, or this process, to use the new ones.`;

  return {
    get phase() {
      return phase;
    },
    get model() {
      return model;
    },
    get trouble() {
      return trouble ?? slowText();
    },
    get pid() {
      return child?.pid;
    },
    get resident() {
      return child?.resident ?? 0;
    },
    start,
    run(text) {
      const running = child;
      if (phase !== 'ready' || running === undefined)
        return Promise.reject(failed('The model is not ready.'));
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const cancel = clock.schedule(
          () => void running.end(`was busy with one text for ${textMs / 1000} s, and was ended`),
          textMs,
        );
        current = {
          id,
          began: clock.monotonic(),
          settle(answer) {
            current = undefined;
            cancel();
            if (answer instanceof AskonceError) reject(answer);
            else if (answer.type === 'vector') resolve(answer.vector);
            else if (answer.type === 'none') resolve(undefined);
            else
              reject(
                failed((phase === 'replaced' ? trouble : undefined) ?? `The model ${name} failed on a text.`),
              );
          },
        };
        running.send({ type: 'embed', id, text });
      });
    },
    hold(held) {
      isHeld = held;
      child?.hold(held);
    },
    async close() {
      if (phase === 'closed') return;
      closing.abort();
      cancelStart();
      cancelDeadline();
      become('closed');
      current?.settle(failed(`The model ${name} is closed.`));
      await child?.end('was closed');
    },
  };
}

export function failed(message: string): AskonceError {
  return new AskonceError('semantic_failed', message);
}
