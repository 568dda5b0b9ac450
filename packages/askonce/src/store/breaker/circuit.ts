/**
 * A circuit: closed, calls go through and failures in a row are counted; open, none goes; half-open, one goes as a
 * trial, whose success closes the circuit and whose failure opens it again.
 *
 * What was under way when a failure was counted is not counted after it: a store that stands still for a moment fails
 * all that wait for it, but once.
 */
import type { Clock } from '../../clock.ts';

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitSettings {
  readonly clock: Clock;
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Milliseconds until an open one lets a trial through. */
  readonly openMs: number;
  readonly onChange: (state: CircuitState) => void;
}

/** What a call was let through as: the trial, or one that began after so many failures were counted. */
export type Pass = 'trial' | number;

export class Circuit {
  readonly #settings: CircuitSettings;
  #state: CircuitState = 'closed';
  /** In a row. */
  #failed = 0;
  /** In all. */
  #counted = 0;
  /** On the monotonic clock. */
  #openUntil = 0;

  constructor(settings: CircuitSettings) {
    this.#settings = settings;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** Undefined where the call must not be made. A trial must be told of its end. */
  enter(): Pass | undefined {
    if (this.#state === 'closed') return this.#counted;
    if (this.#state === 'half-open' || this.#settings.clock.monotonic() < this.#openUntil) return undefined;
    this.#change('half-open');
    return 'trial';
  }

  /** What began before the circuit opened says nothing about it any more. */
  succeeded(pass: Pass): void {
    if (pass === 'trial') this.#change('closed');
    if (this.#state === 'closed') this.#failed = 0;
  }

  failed(pass: Pass): void {
    const isTrial = pass === 'trial';
    if (!isTrial && (this.#state !== 'closed' || pass < this.#counted)) return;
    this.#failed += 1;
    this.#counted += 1;
    if (!isTrial && this.#failed < this.#settings.failures) return;
    this.#openUntil = this.#settings.clock.monotonic() + this.#settings.openMs;
    this.#change('open');
  }

  #change(state: CircuitState): void {
    this.#state = state;
    this.#settings.onChange(state);
  }
}
