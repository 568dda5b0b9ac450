/**
 * A flight: one generation under way. Its leader pays for it; whoever asks the same meanwhile follows.
 *
 * A flight belongs to nobody: it ends when the provider does, not when the client leaves that began it. Once
 * nobody waits for it any more it goes on for a bounded while, or is cancelled, by a setting.
 */
import type { Clock } from '../clock.ts';
import { type EventMarks, type Form, isStream, type Recording } from '../entry/recording.ts';
import { EventCutter } from '../entry/sse.ts';
import { AskonceError, type ErrorCode } from '../errors.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { Settings } from '../settings/table.ts';
import type { Provider, ProviderAnswer } from './provider.ts';
import { Transcript } from './transcript.ts';

export type AnswerHeaders = ProviderAnswer['headers'];

/** The beginning of an answer. */
export interface Head {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Whether the body is an event stream, whatever was asked for. */
  readonly streamed: boolean;
}

/** A flight that has come to its end. */
export interface Landing {
  readonly head: Head;
  /** The whole answer, or undefined where it outgrew the flight's buffer. */
  readonly recording: Recording | undefined;
  /** Whether a tier took it. */
  readonly stored: boolean;
}

export interface FlightPlan {
  readonly request: CacheRequest;
  readonly provider: Provider;
  readonly form: Form;
  /** Keyed digest of the leader's credential: failures are shared within it only. */
  readonly credential: string;
  /** Random id of the recording to be, for event ids. */
  readonly recordingId: string;
  readonly settings: Pick<Settings, 'flightMaxBytes' | 'abandoned' | 'abandonedMs' | 'abandonedBytes'>;
  readonly clock: Clock;
  /** The response headers that belong to a recording. */
  readonly keptHeaders: (head: Head) => Readonly<Record<string, string>>;
  /** Told of the response's head before anybody else is. */
  readonly onHead: (head: Head) => void;
  /** Keeps the recording, if it is fit; says whether a tier took it. Called before the flight's end is told. */
  readonly keep: (recording: Recording, head: Head) => Promise<boolean>;
  readonly onCutOff: () => void;
}

export class Flight {
  readonly plan: FlightPlan;
  /** Rejects where the provider could not be asked. */
  readonly head: Promise<Head>;
  /** Rejects where the answer broke off. */
  readonly landing: Promise<Landing>;
  /** Resolves when the answer outgrows the buffer: it can be read on, but neither joined nor kept. */
  readonly outgrown: Promise<void>;
  readonly transcript: Transcript;
  readonly #abort = new AbortController();
  readonly #started: number;
  #aboard = 0;
  #landed = false;
  #tellOutgrown = () => {};
  #bytesLeft = Number.POSITIVE_INFINITY;
  #stopAbandonment: (() => void) | undefined;

  constructor(plan: FlightPlan) {
    this.plan = plan;
    this.#started = plan.clock.monotonic();
    this.transcript = new Transcript(plan.settings.flightMaxBytes, plan.onCutOff);
    const departure = this.#takeOff();
    this.head = departure.then(({ head }) => head);
    this.landing = departure.then(({ head, answer }) => this.#fly(head, answer));
    this.outgrown = new Promise((resolve) => {
      this.#tellOutgrown = resolve;
    });
    // Who is aboard hears of failures; a flight that all have left fails in silence.
    this.head.catch(() => {});
    this.landing.catch(() => {});
  }

  get landed(): boolean {
    return this.#landed;
  }

  /** How many wait for it or read from it. */
  get aboard(): number {
    return this.#aboard;
  }

  /** Comes aboard; the returned function leaves (once). */
  board(): () => void {
    this.#aboard++;
    this.#stopAbandonment?.();
    this.#stopAbandonment = undefined;
    this.#bytesLeft = Number.POSITIVE_INFINITY;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#aboard--;
      if (this.#aboard === 0 && !this.#landed) this.#abandon();
    };
  }

  /** Ends the flight at once. */
  cancel(reason: Error): void {
    this.#abort.abort(reason);
  }

  async #takeOff(): Promise<{ head: Head; answer: ProviderAnswer }> {
    const { provider, request, onHead } = this.plan;
    try {
      const answer = await provider(request, this.#abort.signal);
      const streamed = /^text\/event-stream\b/i.test(String(answer.headers['content-type'] ?? ''));
      const head: Head = { status: answer.status, headers: answer.headers, streamed };
      onHead(head);
      return { head, answer };
    } catch (error) {
      this.#landed = true;
      throw asAskonceError(error, 'provider_unreachable', 'the provider could not be asked');
    }
  }

  async #fly(head: Head, answer: ProviderAnswer): Promise<Landing> {
    try {
      const events = await this.#read(answer, head.streamed);
      const recording = this.transcript.overflowed ? undefined : this.#record(head, events);
      const stored = recording === undefined ? false : await this.plan.keep(recording, head);
      this.#land(() => this.transcript.end());
      return { head, recording, stored };
    } catch (error) {
      const failure = asAskonceError(
        error,
        'provider_broke_off',
        'the provider broke off in the middle of its answer',
      );
      this.#land(() => this.transcript.fail(failure));
      throw failure;
    }
  }

  async #read(answer: ProviderAnswer, streamed: boolean): Promise<EventMarks | undefined> {
    const cutter = new EventCutter();
    const ends: number[] = [];
    const at: number[] = [];
    const mark = (offset: number | undefined) => {
      if (offset === undefined) return;
      ends.push(offset);
      at.push(Math.round(this.plan.clock.monotonic() - this.#started));
    };
    for await (const piece of answer.body) {
      // Whoever stops waiting for the signal must not get more than was allowed.
      if (this.#abort.signal.aborted) throw this.#abort.signal.reason;
      this.transcript.append(piece);
      this.#bytesLeft -= piece.length;
      if (this.#bytesLeft < 0)
        this.cancel(new AskonceError('provider_broke_off', 'nobody waited for the answer any more'));
      if (this.transcript.overflowed) {
        this.#tellOutgrown();
        await this.transcript.room();
      } else if (streamed) {
        cutter.push(piece).forEach(mark);
      }
    }
    if (this.#abort.signal.aborted) throw this.#abort.signal.reason;
    mark(cutter.finish());
    return streamed ? { ends: Uint32Array.from(ends), at: Uint32Array.from(at) } : undefined;
  }

  #record(head: Head, events: EventMarks | undefined): Recording {
    const asked = this.plan.form;
    const form: Form = head.streamed
      ? isStream(asked)
        ? asked
        : 'stream'
      : isStream(asked)
        ? 'body'
        : asked;
    return {
      form,
      status: head.status,
      headers: this.plan.keptHeaders(head),
      body: this.transcript.whole(),
      events,
    };
  }

  #land(tell: () => void): void {
    this.#landed = true;
    this.#stopAbandonment?.();
    tell();
  }

  #abandon(): void {
    const { abandoned, abandonedMs, abandonedBytes } = this.plan.settings;
    const cancel = () =>
      this.cancel(new AskonceError('provider_broke_off', 'nobody waited for the answer any more'));
    if (abandoned === 'cancel' || this.transcript.overflowed) {
      cancel();
      return;
    }
    this.#bytesLeft = abandonedBytes;
    this.#stopAbandonment = this.plan.clock.schedule(cancel, abandonedMs);
  }
}

function asAskonceError(error: unknown, code: ErrorCode, message: string): AskonceError {
  return AskonceError.isInstance(error) ? error : new AskonceError(code, message, { cause: error });
}
