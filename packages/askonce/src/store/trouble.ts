/** What went wrong in a store that goes on regardless. Never carries a key, a prompt or an answer. */
export interface StoreTrouble {
  /** Name of the tier. */
  readonly store: string;
  readonly operation: 'open' | 'get' | 'set' | 'delete' | 'marks';
  /** One sentence for whoever runs the program. */
  readonly message: string;
  /** The driver's own error, where there is one. */
  readonly cause?: unknown;
}

/** Told once for each occurrence; what it throws is dropped. */
export type OnTrouble = (trouble: StoreTrouble) => void;

/** Tells, and survives a listener that throws. */
export function tell(onTrouble: OnTrouble | undefined, trouble: StoreTrouble): void {
  try {
    onTrouble?.(trouble);
  } catch {
    // A listener's failure is no reason to lose an answer.
  }
}
