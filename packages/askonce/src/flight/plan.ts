/**
 * A flight from outside: what it is started with, what it asks of the code that started it, and its result.
 */
import type { Clock } from '../clock.ts';
import type { Form, Recording } from '../entry/entry.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { Provenance } from '../invalidation/log.ts';
import type { Assessment, Protocol } from '../protocol/contract.ts';
import type { Framing } from '../protocol/framing.ts';
import type { Settings } from '../settings/table.ts';
import type { FlightProvider, ProviderAnswer, Relayed, Sharing } from './provider.ts';

export type AnswerHeaders = ProviderAnswer['headers'];

/** The beginning of an answer. */
export interface Head {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Whether the body is an event stream, whatever was asked for. */
  readonly streamed: boolean;
  readonly sharing?: Sharing | undefined;
}

/** The end of a flight. */
export interface Landing {
  readonly head: Head;
  /** The complete answer, or undefined if it was larger than a flight may hold. */
  readonly recording: Recording | undefined;
  /** Whether a store has it. */
  readonly stored: boolean;
}

/** What a flight asks of the code that started it. */
interface FlightHooks {
  /** Whether the provider is called here by now, rather than another process followed. */
  readonly calls: () => boolean;
  /** The answer, as the invalidation log judges it. */
  readonly answer: () => Provenance;
  /** Lets more tags (digests by tag) invalidate the answer. False if they no longer can, or there are too many. */
  readonly addTags: (tags: ReadonlyMap<string, string>) => boolean;
  /** The response headers that belong to a recording. */
  readonly recordedHeaders: (head: Head) => Readonly<Record<string, string>>;
  /** Called with the response's head before any follower sees it. */
  readonly onHead: (head: Head, relayed: Relayed | undefined) => void;
  /**
   * Stores the recording if it passes the gate; says whether a store has it. Called before the flight ends, unless its
   * answer is relayed.
   */
  readonly store: (recording: Recording, head: Head) => Promise<boolean>;
  /** What the complete answer was found to hold; undefined for an error, and for what is no answer. Read once, if at all. */
  readonly assess: (recording: Recording) => Assessment | undefined;
  /** Called when a follower is cut off for being too slow. */
  readonly onCutOff: () => void;
}

export interface FlightPlan {
  readonly request: CacheRequest;
  /** What the request is recognised by, for those that name the flight by its key. */
  readonly identity: Pick<Identity, 'key' | 'partition' | 'protocol' | 'subject' | 'framing' | 'tags'>;
  readonly provider: FlightProvider;
  readonly form: Form;
  /** How the events are framed if the answer is a stream. */
  readonly framing: Framing;
  /** How a stream says that the answer has ended. */
  readonly protocol: Pick<Protocol, 'endMark' | 'continuesErrors'>;
  /** Keyed digest of the leader's credential. */
  readonly credential: string;
  /** Failures are shared among requests with the same value here, and with no others. */
  readonly failsFor: string;
  /** Request id of the request that leads it. */
  readonly leader: string;
  /** Random id of the recording to be, for event ids. */
  readonly recordingId: string;
  readonly settings: Pick<Settings, 'flightMaxBytes' | 'abandoned' | 'abandonedMs' | 'abandonedBytes'>;
  readonly clock: Clock;
  /** The language of the question, as far as it is known by now. */
  readonly language: () => string;
  readonly hooks: FlightHooks;
}
