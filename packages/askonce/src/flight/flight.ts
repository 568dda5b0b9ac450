/**
 * A flight: one generation under way. Its leader pays for it; whoever asks the same meanwhile follows.
 *
 * A flight belongs to nobody: it ends when the provider does, not when the client leaves that began it. Once
 * nobody waits for it any more it goes on for a bounded while, or is cancelled, by a setting.
 */
import type { Clock } from '../clock.ts';
import { type EventMarks, type Form, isStream, type Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { Provenance } from '../invalidation/log.ts';
import type { Framing } from '../protocol/framing.ts';
import type { Settings } from '../settings/table.ts';
import { EventRecorder } from './event-recorder.ts';
import {
  asProviderError,
  type FlightAnswer,
  type FlightProvider,
  type ProviderAnswer,
  type Relayed,
} from './provider.ts';
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
  /** The whole answer, or undefined where there was more of it than a flight may hold. */
  readonly recording: Recording | undefined;
  /** Whether a tier took it. */
  readonly stored: boolean;
}

export interface FlightPlan {
  readonly request: CacheRequest;
  readonly provider: FlightProvider;
  /** Whether the provider is asked here by now, rather than somebody else waited for. */
  readonly asks: () => boolean;
  readonly form: Form;
  /** How the events are framed where the answer is a stream. */
  readonly framing: Framing;
  /** Keyed digest of the leader's credential. */
  readonly credential: string;
  /** Failures are shared among those who name the same here, and with nobody else. */
  readonly failsFor: string;
  /** Random id of the recording to be, for event ids. */
  readonly recordingId: string;
  /** What is brought, as the invalidation log judges it. */
  readonly answer: () => Provenance;
  /** Has tags (digests by tag) take it back, too. False where they can't any more, or there are too many. */
  readonly addTags: (tags: ReadonlyMap<string, string>) => boolean;
  readonly settings: Pick<Settings, 'flightMaxBytes' | 'abandoned' | 'abandonedMs' | 'abandonedBytes'>;
  readonly clock: Clock;
  /** The response headers that belong to a recording. */
  readonly recordedHeaders: (head: Head) => Readonly<Record<string, string>>;
  /** Told of the response's head before anybody else is. */
  readonly onHead: (head: Head, relayed: Relayed | undefined) => void;
  /** Keeps the recording, if it is fit; says whether a tier took it. Called before the flight's end is told, unless it is relayed. */
  readonly keep: (recording: Recording, head: Head) => Promise<boolean>;
  readonly onCutOff: () => void;
}

/** Bytes of an answer for each event that is noted; a stream of ever smaller events can't be kept. */
const leastBytesAnEvent = 16;

export class Flight {
  readonly plan: FlightPlan;
  /** Counts the flights of a process: a later one has a higher number. */
  readonly number: number;
  /** Rejects with an AskonceError where the provider could not be asked. */
  readonly head: Promise<Head>;
  /** Rejects with an AskonceError where the answer broke off. */
  readonly landing: Promise<Landing>;
  /** Resolves when the answer outgrows the buffer: it can be read on, but neither joined nor kept. */
  readonly outgrown: Promise<void>;
  readonly transcript: Transcript;
  readonly #abort = new AbortController();
  readonly #started: number;
  #aboard = 0;
  #landed = false;
  #failed = false;
  #relayed: Relayed | undefined;
  #tellOutgrown = () => {};
  /** Rejects what the flight is waiting for. */
  #giveUp: (reason: Error) => void = () => {};
  #bytesLeft = Number.POSITIVE_INFINITY;
  #stopAbandonment: (() => void) | undefined;

  constructor(plan: FlightPlan, number: number) {
    this.plan = plan;
    this.number = number;
    this.#started = plan.clock.monotonic();
    this.transcript = new Transcript(plan.settings.flightMaxBytes, plan.onCutOff);
    this.outgrown = new Promise((resolve) => {
      this.#tellOutgrown = resolve;
    });
    const departure = this.#takeOff();
    this.head = departure.then(({ head }) => head);
    this.landing = departure.then(({ head, answer }) => this.#fly(head, answer));
    // Who is aboard hears of failures; a flight that all have left fails in silence.
    this.head.catch(() => {});
    this.landing.catch(() => {});
  }

  /** Whether somebody who comes now still gets all of it. */
  get joinable(): boolean {
    return !this.#landed && !this.#abort.signal.aborted && !this.transcript.overflowed;
  }

  /** Whether it is known to bring an error: what the provider answered is not a success. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whether it was ended here, by a client's leaving or the process's, rather than by the provider. */
  get cancelled(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Whose answer it brings, where not its own; known once its head is. */
  get relayed(): Relayed | undefined {
    return this.#relayed;
  }

  get recordingId(): string {
    return this.#relayed?.recordingId ?? this.plan.recordingId;
  }

  /** Keyed digest of the credential that it was asked with. */
  get credential(): string {
    return this.#relayed?.credential ?? this.plan.credential;
  }

  /** Who shares its failures; see `FlightPlan.failsFor`. */
  get failsFor(): string {
    return this.#relayed?.failsFor ?? this.plan.failsFor;
  }

  /** Milliseconds since it began. */
  get ageMs(): number {
    return this.plan.clock.monotonic() - this.#started;
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

  /** Ends the flight at once, whatever the provider does. */
  cancel(reason: Error): void {
    this.#abort.abort(reason);
    this.#giveUp(reason);
  }

  async #takeOff(): Promise<{ head: Head; answer: FlightAnswer }> {
    const { provider, request, framing, form, onHead } = this.plan;
    try {
      const answer = await this.#unlessCancelled(provider(request, this.#abort.signal));
      const { status, headers } = answer;
      const head: Head = { status, headers, streamed: framing.isStream(answer, form) };
      this.#failed = !isSuccess(head);
      this.#relayed = answer.relayed;
      onHead(head, answer.relayed);
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
      const whole = !this.transcript.overflowed && (events !== undefined || !head.streamed);
      const recording = whole ? this.#record(head, events) : undefined;
      const stored = await this.#kept(recording, head);
      this.#land(() => this.transcript.end());
      return { head, recording, stored };
    } catch (error) {
      const failure = asProviderError(error, 'provider_broke_off');
      this.#land(() => this.transcript.fail(failure));
      throw failure;
    }
  }

  #kept(recording: Recording | undefined, head: Head): boolean | Promise<boolean> {
    if (this.#relayed !== undefined) return this.#relayed.stored;
    return recording === undefined ? false : this.plan.keep(recording, head);
  }

  async #read(answer: ProviderAnswer, streamed: boolean): Promise<EventMarks | undefined> {
    const { framing, settings } = this.plan;
    const maxEvents = Math.ceil(settings.flightMaxBytes / leastBytesAnEvent);
    const recorder = streamed ? new EventRecorder(framing.cutter(), maxEvents) : undefined;
    const pieces = answer.body[Symbol.asyncIterator]();
    try {
      while (true) {
        const next = await this.#unlessCancelled(pieces.next());
        if (next.done) break;
        this.#take(next.value, recorder);
        if (this.transcript.overflowed) await this.#unlessCancelled(this.transcript.room());
      }
    } catch (error) {
      // A provider that hangs hangs here, too: it is told, and not waited for.
      pieces.return?.().catch(() => {});
      throw error;
    }
    return this.transcript.overflowed ? undefined : recorder?.finish(this.ageMs);
  }

  #take(piece: Uint8Array, recorder: EventRecorder | undefined): void {
    this.transcript.append(piece);
    this.#bytesLeft -= piece.length;
    if (this.#bytesLeft < 0) this.cancel(nobodyWaits());
    if (this.transcript.overflowed) this.#tellOutgrown();
    else recorder?.push(piece, this.ageMs);
  }

  /** Waits for one thing at a time, but no longer than until the flight is cancelled. */
  #unlessCancelled<T>(pending: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      if (this.#abort.signal.aborted) reject(this.#abort.signal.reason);
      pending.then(resolve, reject);
    });
  }

  #record(head: Head, events: EventMarks | undefined): Recording {
    const asked = this.plan.form;
    const unasked: Form = head.streamed ? 'stream' : 'body';
    return {
      form: isStream(asked) === head.streamed ? asked : unasked,
      status: head.status,
      headers: this.plan.recordedHeaders(head),
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
    // What has outgrown the buffer would be of use to nobody; what is somebody else's is kept by them.
    if (abandoned === 'cancel' || this.transcript.overflowed || !this.plan.asks()) {
      this.cancel(nobodyWaits());
      return;
    }
    this.#bytesLeft = abandonedBytes;
    this.#stopAbandonment = this.plan.clock.schedule(() => this.cancel(nobodyWaits()), abandonedMs);
  }
}

export function isSuccess({ status }: Pick<Head, 'status'>): boolean {
  return status >= 200 && status <= 299;
}

function nobodyWaits(): AskonceError {
  return new AskonceError('provider_broke_off', 'nobody waited for the answer any more');
}
