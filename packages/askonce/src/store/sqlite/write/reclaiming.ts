/**
 * Has the rows of removed entries deleted, step by step, once nothing has been removed for a moment: no caller waits for
 * that. What a process leaves when it ends, the next that opens the file deletes, or one that has it open.
 */
import type { Clock } from '../../../clock.ts';
import type { Connection } from '../file/connection.ts';
import type { Writing } from './writing.ts';

/** Pause before each step, in ms: meanwhile other processes can write. */
const pauseMs = 10;

export interface Reclaiming {
  /** Has the next step begin after a pause, which starts anew with each call. */
  soon(): void;
  /** Begins no further step. */
  stop(): void;
}

export function reclaiming(connection: Connection, writing: Writing, clock: Clock): Reclaiming {
  let cancelStep: (() => void) | undefined;
  let isStepping = false;
  let isStopped = false;

  function soon(): void {
    cancelStep?.();
    cancelStep = isStopped ? undefined : clock.schedule(step, pauseMs);
  }

  function step(): void {
    cancelStep = undefined;
    if (isStepping) return;
    isStepping = true;
    writing.add({ type: 'reclaim' }, (outcome) => {
      isStepping = false;
      if (outcome !== 'failed') goOn();
    });
  }

  /** Rows may be left by another process, too. */
  function goOn(): void {
    const isWaiting = isStepping || cancelStep !== undefined;
    if (!isWaiting && connection.read('get', (reader) => reader.hasRemoved()) === true) soon();
  }

  writing.onUpkeep(goOn);
  goOn();
  return {
    soon,
    stop() {
      isStopped = true;
      cancelStep?.();
    },
  };
}
