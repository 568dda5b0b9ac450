/**
 * A flight: one generation in progress. Its leader calls the provider; requests for the same answer follow.
 *
 * A flight belongs to no request: it ends when the provider does, not when the leader's client leaves. Once no request
 * waits for it any more it goes on for a bounded while, or is cancelled, by a setting.
 */
import { type EventMarks, type Form, isStream, isSuccess, type Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Provenance } from '../invalidation/log.ts';
import type { Assessment } from '../protocol/contract.ts';
import type { SentEvents } from '../protocol/framing.ts';
import { StreamWatch } from '../protocol/stream-watch.ts';
import { readBody, type Wanted } from './body-reading.ts';
import { EventRecorder } from './event-recorder.ts';
import type { FlightPlan, Head, Landing } from './plan.ts';
import { asProviderError, type FlightAnswer, type Relayed } from './provider.ts';
import { Transcript } from './transcript.ts';
import { Wait } from './wait.ts';

/** Bytes of an answer for each event that is noted; a stream of ever smaller events can't be stored. */
const minBytesAnEvent = 16;

export class Flight {
  readonly plan: FlightPlan;
  /** Counts the flights of a process: a later one has a higher number. */
  readonly number: number;
  /** Rejects with an AskonceError if the provider could not be asked. */
  readonly head: Promise<Head>;
  /** Rejects with an AskonceError if the answer broke off. */
  readonly landing: Promise<Landing>;
  /** Resolves when the answer outgrows the buffer: it can be read on, but neither joined nor stored. */
  readonly outgrown: Promise<undefined>;
  readonly transcript: Transcript;
  readonly #abort = new AbortController();
  readonly #started: number;
  #joined = 0;
  #landed = false;
  #isAbandoned = false;
  #failed = false;
  /** Whether the answer seems to have ended: then it is stored even if all requests leave. */
  #isEnding = false;
  #watch: StreamWatch | undefined;
  #relayed: Relayed | undefined;
  #head: Head | undefined;
  #resolveOutgrown = () => {};
  readonly #wait = new Wait(this.#abort.signal);
  #bytesLeft = Number.POSITIVE_INFINITY;
  #stopAbandonment: (() => void) | undefined;

  constructor(plan: FlightPlan, number: number) {
    this.plan = plan;
    this.number = number;
    this.#started = plan.clock.monotonic();
    this.transcript = new Transcript(plan.settings.flightMaxBytes, plan.hooks.onCutOff);
    this.outgrown = new Promise((resolve) => {
      this.#resolveOutgrown = () => resolve(undefined);
    });
    const beginning = this.#begin();
    this.head = beginning.then(({ head }) => head);
    this.landing = beginning.then(({ head, answer }) => this.#fly(head, answer));
    // Requests that wait see failures; a flight that all have left fails in silence.
    this.head.catch(() => {});
    this.landing.catch(() => {});
  }

  /** Whether a request that joins now still gets all of it. */
  get joinable(): boolean {
    return !this.#landed && !this.#abort.signal.aborted && !this.transcript.overflowed;
  }

  /** Whether it is known to end in an error: the provider's answer is not a success. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whether it was ended here, because clients left or the process stops, rather than by the provider. */
  get cancelled(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The beginning of its answer, once that has come. */
  get knownHead(): Head | undefined {
    return this.#head;
  }

  /** Where its answer comes from, if not from a call of its own; known once its head is. */
  get relayed(): Relayed | undefined {
    return this.#relayed;
  }

  get recordingId(): string {
    return this.#relayed?.recordingId ?? this.plan.recordingId;
  }

  /** Keyed digest of the credential that the provider was called with. */
  get credential(): string {
    return this.#relayed?.credential ?? this.plan.credential;
  }

  /** See `FlightPlan.failsFor`. */
  get failsFor(): string {
    return this.#relayed?.failsFor ?? this.plan.failsFor;
  }

  /** Milliseconds since it began. */
  get ageMs(): number {
    return this.plan.clock.monotonic() - this.#started;
  }

  /** Whether the provider is called here, rather than another process followed. */
  get calls(): boolean {
    return this.plan.hooks.calls();
  }

  /** Its answer, as the invalidation log judges it. */
  get answer(): Provenance {
    return this.plan.hooks.answer();
  }

  /** Whether all requests had left before it ended. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** The events of a stream that came so far, for an error that continues them. */
  sent(): SentEvents | undefined {
    return this.#watch?.sent();
  }

  /** What its answer was found to hold, read once for all requests; undefined if that was not an answer, or too large. */
  assessed({ recording }: Landing): Assessment | undefined {
    return recording && this.plan.hooks.assess(recording);
  }

  /** How many requests wait for it or read from it. */
  get joined(): number {
    return this.#joined;
  }

  /** Counts one more request; the returned function ends that (once). */
  join(): () => void {
    this.#joined++;
    this.#isAbandoned = false;
    this.#stopAbandonment?.();
    this.#stopAbandonment = undefined;
    this.#bytesLeft = Number.POSITIVE_INFINITY;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#joined--;
      if (this.#joined === 0 && !this.#landed && !this.#isEnding) this.#abandon();
    };
  }

  /** Ends the flight at once, whatever the provider does. */
  cancel(reason: Error): void {
    this.#abort.abort(reason);
    this.#wait.giveUp(reason);
  }

  async #begin(): Promise<{ head: Head; answer: FlightAnswer }> {
    const { provider, request, framing, form, hooks } = this.plan;
    try {
      const answer = await this.#wait.until(provider(request, this.#abort.signal));
      const { status, headers, sharing } = answer;
      const head: Head = { status, headers, streamed: framing.isStream(answer, form), sharing };
      this.#failed = !isSuccess(head);
      this.#head = head;
      this.#relayed = answer.relayed;
      hooks.onHead(head, answer.relayed);
      return { head, answer };
    } catch (error) {
      const failure = asProviderError(error, 'provider_unreachable');
      this.#land(() => this.transcript.fail(failure));
      throw failure;
    }
  }

  async #fly(head: Head, answer: FlightAnswer): Promise<Landing> {
    try {
      const events = await this.#read(answer, head.streamed);
      const isComplete = !this.transcript.overflowed && (events !== undefined || !head.streamed);
      const recording = isComplete ? this.#record(head, events) : undefined;
      const stored = await this.#store(recording, head);
      this.#land(() => this.transcript.end());
      return { head, recording, stored };
    } catch (error) {
      const failure = asProviderError(error, 'provider_broke_off');
      this.#land(() => this.transcript.fail(failure));
      throw failure;
    }
  }

  #store(recording: Recording | undefined, head: Head): boolean | Promise<boolean> {
    if (this.#relayed !== undefined) return this.#relayed.stored;
    return recording === undefined ? false : this.plan.hooks.store(recording, head);
  }

  async #read(answer: FlightAnswer, streamed: boolean): Promise<EventMarks | undefined> {
    const { protocol, framing, settings, clock } = this.plan;
    const watch = streamed ? new StreamWatch(framing, protocol) : undefined;
    const recorder = watch && new EventRecorder(watch, Math.ceil(settings.flightMaxBytes / minBytesAnEvent));
    this.#watch = watch;
    await readBody(answer.body, {
      clock,
      take: (piece) => this.#take(piece, watch, recorder),
      room: () => this.transcript.room(),
      unlessCancelled: (pending) => this.#wait.until(pending),
      leave: () => this.#abort.abort(new Error('the answer has ended, and its connection has not')),
    });
    return this.transcript.overflowed ? undefined : recorder?.finish(this.ageMs);
  }

  #take(piece: Uint8Array, watch: StreamWatch | undefined, recorder: EventRecorder | undefined): Wanted {
    const { transcript } = this;
    if (watch?.end === undefined) {
      recorder?.push(piece, this.ageMs);
      // Before it is passed on: a client that has seen the end may leave at once.
      this.#isEnding = watch?.isEnding === true;
      const left = watch?.end === undefined ? piece.length : watch.end - transcript.length;
      transcript.append(left < piece.length ? piece.subarray(0, left) : piece);
      if (transcript.overflowed) this.#resolveOutgrown();
    }
    // The process that was called reports in its last frame what it has stored.
    if (watch?.end !== undefined) return this.#relayed === undefined ? 'nothing' : 'end';
    if (this.#isEnding) return 'last-byte';
    this.#bytesLeft -= piece.length;
    if (this.#bytesLeft < 0) this.cancel(abandonedError());
    return transcript.overflowed ? 'room' : 'more';
  }

  #record(head: Head, events: EventMarks | undefined): Recording {
    const asked = this.plan.form;
    const unasked: Form = head.streamed ? 'stream' : 'body';
    return {
      form: isStream(asked) === head.streamed ? asked : unasked,
      status: head.status,
      headers: this.plan.hooks.recordedHeaders(head),
      body: this.transcript.whole(),
      events,
    };
  }

  #land(end: () => void): void {
    this.#landed = true;
    this.#stopAbandonment?.();
    end();
  }

  #abandon(): void {
    this.#isAbandoned = true;
    const { abandoned, abandonedMs, abandonedBytes } = this.plan.settings;
    // An answer that has outgrown the buffer can't be stored; one that another process fetches is stored there.
    if (abandoned === 'cancel' || this.transcript.overflowed || !this.calls) {
      this.cancel(abandonedError());
      return;
    }
    this.#bytesLeft = abandonedBytes;
    this.#stopAbandonment = this.plan.clock.schedule(() => this.cancel(abandonedError()), abandonedMs);
  }
}

function abandonedError(): AskonceError {
  return new AskonceError(
    'provider_broke_off',
    'Every client that waited for the answer has left; ask again.',
  );
}
