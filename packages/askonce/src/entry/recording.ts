/**
 * A recording: the provider's answer as it came, with its content decoded.
 */
import { randomBytes } from 'node:crypto';

/** Random for the process, then counted: as unlikely to come twice as a random one, and cheaper. */
const processPart = randomBytes(5).toString('hex');
let recordings = 0;

/** The id of a new recording: 16 hex digits. */
export function newRecordingId(): string {
  recordings = (recordings + 1) % 0x1000000;
  return processPart + recordings.toString(16).padStart(6, '0');
}

/**
 * How an answer is wanted, or was given. `stream+usage` is a stream that ends with a usage event
 * (`stream_options.include_usage`); `body+base64` is a body whose vectors are base64.
 */
export type Form = 'body' | 'body+base64' | 'stream' | 'stream+usage';

export const forms = ['body', 'body+base64', 'stream', 'stream+usage'] as const satisfies readonly Form[];

export function isStream(form: Form): boolean {
  return form === 'stream' || form === 'stream+usage';
}

/** Where the events of a stream end, and when they came. Both arrays have one element an event. */
export interface EventMarks {
  /** Offset in bytes just behind each event (its blank line included), ascending. */
  readonly ends: Uint32Array;
  /** Milliseconds from the start of the generation to the event's arrival, never descending. */
  readonly at: Uint32Array;
}

export interface Recording {
  readonly form: Form;
  readonly status: number;
  /** Only headers on the allow-list (`content-type` and what the protocol names), names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole decoded body in one buffer. Never modified. */
  readonly body: Uint8Array;
  /** Present exactly when `form` is a stream. */
  readonly events?: EventMarks | undefined;
}
