/**
 * A circuit. Closed: calls pass, and failures in a row are counted. Open: no call passes. Half-open: one call passes as a
 * trial; its success closes the circuit, its failure opens it again.
 *
 * Calls that were in progress when a failure was counted are not counted after it: a store that pauses for a moment fails
 * every waiting call, and that is one failure.
 */
import type { Clock } from '../../clock.ts';

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitSettings {
  readonly clock: Clock;
  /** Failures in a row that open the circuit. */
  readonly failures: number;
  /** Milliseconds until an open circuit lets a trial pass. */
  readonly openMs: number;
  readonly onChange: (state: CircuitState) => void;
}

/** Permission for one call: the trial, or a call that began after so many failures were counted. */
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
  /** Whether the store has reported its recovery since the trial in progress began. */
  #hasRecovered = false;

  constructor(settings: CircuitSettings) {
    this.#settings = settings;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** Whether a call may be made now, be it a trial. */
  get mayEnter(): boolean {
    if (this.#state !== 'open') return this.#state === 'closed';
    return this.#settings.clock.monotonic() >= this.#openUntil;
  }

  /** Undefined if the call must not be made. The outcome of a trial must be reported. */
  enter(): Pass | undefined {
    if (this.#state === 'closed') return this.#counted;
    if (this.#state === 'half-open' || this.#settings.clock.monotonic() < this.#openUntil) return undefined;
    this.#hasRecovered = false;
    this.#change('half-open');
    return 'trial';
  }

  /** The store can probably be used again: the next call is a trial, however long the circuit was to stay open. */
  recovered(): void {
    this.#hasRecovered = true;
    if (this.#state === 'open') this.#openUntil = this.#settings.clock.monotonic();
  }

  /** The success of a call that began before the circuit opened does not close it. */
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
    const now = this.#settings.clock.monotonic();
    // A trial that was on its way when the store recovered says nothing of it.
    this.#openUntil = isTrial && this.#hasRecovered ? now : now + this.#settings.openMs;
    this.#change('open');
  }

  #change(state: CircuitState): void {
    this.#state = state;
    this.#settings.onChange(state);
  }
}
