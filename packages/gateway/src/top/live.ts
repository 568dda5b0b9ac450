/**
 * `askonce top` on a terminal: reads, draws, and follows keys until it is asked to quit.
 */
import type { Clock } from 'askonce';
import { pause } from 'askonce/gateway-kit';
import { figuresOf } from './figures.ts';
import { rowsOf } from './panes.ts';
import type { Poll, Readings } from './poll.ts';
import { pageOf, screenLines } from './screen.ts';
import type { Style } from './style.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';
import { type Key, openView, press } from './view.ts';

export interface LiveOptions extends Pick<TerminalOptions, 'input' | 'output'> {
  readonly poll: Poll;
  readonly url: string;
  readonly clock: Clock;
  readonly style: Style;
  readonly intervalMs: number;
  /** Suspends this process, as the shell's job control does; returns once it goes on. */
  suspend(): void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

export interface Live {
  /** Resolves once it is quit, with the terminal as it was. */
  readonly ended: Promise<void>;
  /** Gives the terminal back at once, for a process that is about to die. */
  leave(): void;
}

/** @param first what the first reading found: an error there is for the shell, not for the screen */
export function startLive(first: Readings, options: LiveOptions): Live {
  const { poll, url, clock, style, signal, suspend } = options;
  const quit = new AbortController();
  const done = AbortSignal.any([signal, quit.signal]);
  let readings = first;
  let view = openView(options.intervalMs);
  /** Ends the pause between two readings. */
  let wake = new AbortController();

  function draw(): void {
    const { size: space } = terminal;
    terminal.draw(screenLines(figuresOf(readings, url), view, { space, style, now: clock.now() }));
  }

  function onKey(key: Key): void {
    const figures = figuresOf(readings, url);
    const pressed = press(view, key, { page: pageOf(terminal.size), rows: rowsOf(figures, view.pane) });
    view = pressed.view;
    if (pressed.request === 'quit') {
      quit.abort();
      return;
    }
    if (pressed.request === 'read') wake.abort();
    if (pressed.request === 'suspend') {
      terminal.leave();
      suspend();
      terminal.enter();
    }
    draw();
  }

  const terminal: Terminal = openTerminal({ ...options, onKey, onResize: draw });

  async function run(): Promise<void> {
    while (!done.aborted) {
      await rest(Math.max(view.intervalMs, readings.waitMs));
      if (done.aborted) return;
      if (!view.paused) readings = await poll(done);
      draw();
    }
  }

  async function rest(ms: number): Promise<void> {
    wake = new AbortController();
    await pause(clock, ms, AbortSignal.any([done, wake.signal])).catch(() => {});
  }

  async function live(): Promise<void> {
    terminal.enter();
    try {
      draw();
      await run();
    } catch (error) {
      if (!done.aborted) throw error;
    } finally {
      terminal.leave();
    }
  }

  return { ended: live(), leave: () => terminal.leave() };
}
