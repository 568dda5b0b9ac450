/**
 * A flight that has landed and was stored, as it can still be published for a while: its bytes, and nothing of the request
 * and the identity that it was made from. Very many of them are held at a time.
 */
import type { Flight } from '../flight/flight.ts';
import { Transcript } from '../flight/transcript.ts';

/** What a broadcast reads of a flight. */
export type Published = Pick<Flight, 'head' | 'landing' | 'outgrown' | 'transcript' | 'cancelled' | 'join'>;

export class LandedFlight implements Published {
  readonly head: Flight['head'];
  readonly landing: Flight['landing'];
  readonly outgrown: Flight['outgrown'];
  readonly cancelled = false;
  readonly #body: Uint8Array;
  #transcript: Transcript | undefined;

  constructor({ head, landing, outgrown }: Published, body: Uint8Array) {
    this.head = head;
    this.landing = landing;
    this.outgrown = outgrown;
    this.#body = body;
  }

  /** Made once another process asks. */
  get transcript(): Transcript {
    this.#transcript ??= ended(this.#body);
    return this.#transcript;
  }

  /** Nothing ends when its readers leave. */
  join(): () => void {
    return () => {};
  }
}

function ended(body: Uint8Array): Transcript {
  const transcript = new Transcript(body.length);
  transcript.append(body);
  transcript.end();
  return transcript;
}
