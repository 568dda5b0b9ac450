/**
 * A flight that has landed and was stored, as it can still be published for a while: its bytes, and nothing of the request
 * and the identity that it was made from. Very many of them are held at a time.
 */
import type { Recording } from '../entry/entry.ts';
import type { Flight } from '../flight/flight.ts';
import type { Landing } from '../flight/plan.ts';
import { Transcript } from '../flight/transcript.ts';

/** What a broadcast reads of a flight. */
export type Published = Pick<Flight, 'head' | 'landing' | 'outgrown' | 'transcript' | 'cancelled' | 'join'>;

type RecordedLanding = Landing & { readonly recording: Recording };

export class LandedFlight implements Published {
  readonly cancelled = false;
  readonly #landing: RecordedLanding;
  #transcript: Transcript | undefined;

  constructor(landing: RecordedLanding) {
    this.#landing = landing;
  }

  // Promises of its own: those of the flight refer to all that has waited for them.
  get head(): Flight['head'] {
    return Promise.resolve(this.#landing.head);
  }

  get landing(): Flight['landing'] {
    return Promise.resolve(this.#landing);
  }

  get outgrown(): Flight['outgrown'] {
    return new Promise(() => {});
  }

  /** Made once another process asks. */
  get transcript(): Transcript {
    this.#transcript ??= ended(this.#landing.recording.body);
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
