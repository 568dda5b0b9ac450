/**
 * A body that is still coming: what was produced so far, then what comes, without gap or double.
 */

/** Takes a live body. Called in order; after `end` or `fail`, or once closed, never again. */
export interface Sink {
  /** False asks to pause; call `resume` of the subscription when there is room again. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  fail(error: Error): void;
}

export interface Subscription {
  resume(): void;
  /** The reader has left: nothing more is written to the sink. */
  close(): void;
}

export interface LiveBody extends AsyncIterable<Uint8Array> {
  subscribe(sink: Sink): Subscription;
}
