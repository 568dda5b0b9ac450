/**
 * The contract of maintenance by a store: how it shows its entries to the rules that judge them, removes those that were
 * judged, and gives memory or disk back. Everything works in small steps, between which a caller may stop.
 */

/** What a store knows of an entry without reading it. */
export interface EntryBrief {
  readonly key: string;
  /** When the answer was stored, or earlier, in ms since the epoch. */
  readonly refreshed: number;
  /** In ms since the epoch. */
  readonly expires: number;
  /** How often it was found. Absent if the store does not count. */
  readonly hits?: number | undefined;
}

/** An entry as a survey shows it. */
export interface SurveyedEntry extends EntryBrief {
  /** Id of its recording; absent if it was not read. */
  readonly recordingId?: string | undefined;
  /** From 0 to 1; absent if none was stated. */
  readonly confidence?: number | undefined;
  /** Bytes that it takes, as the store counts them. */
  readonly bytes: number;
}

export interface RemovalTerms {
  /** An entry that was found again since the survey showed it stays. */
  readonly unlessHit: boolean;
}

export interface SurveyPage {
  /** Entries that the survey went past for this page. */
  readonly looked: number;
  readonly entries: readonly SurveyedEntry[];
  /**
   * Removes entries of this page, each unless it was written again since. Returns those that are gone now by this call.
   * If more may be gone, it rejects, or the survey rejects after this page.
   */
  remove(entries: readonly SurveyedEntry[], terms: RemovalTerms): Promise<readonly SurveyedEntry[]>;
}

interface SurveyOptions {
  /**
   * Whether an entry may be of interest, judged by what is known without reading it. Its `refreshed` may be earlier than
   * the entry's own. A store that must read entries anyway may show the others as well.
   */
  readonly mayFit: (brief: EntryBrief) => boolean;
}

/** Rows and keys that were derived from entries which are gone. */
export interface Remains {
  readonly count: number;
  readonly bytes: number;
}

interface RemainsOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

interface DefragmentOptions extends RemainsOptions {
  /** Whether writes may wait for as long as it takes. */
  readonly mayBlock: boolean;
}

type DefragmentAction = 'vacuum' | 'checkpoint' | 'memory-purge' | 'active-defrag';

/** One thing that was done so that a store gives memory or disk back. */
export interface DefragmentStep {
  readonly store: string;
  readonly action: DefragmentAction;
  /** `refused`: the server or the file does not allow it; `message` says why. */
  readonly outcome: 'done' | 'refused' | 'dry-run';
  /** Bytes that were given back, or in a dry run would be. */
  readonly bytes: number;
  readonly message?: string | undefined;
}

export interface StoreMaintenance {
  /** True if the bytes of entries are an estimate of what their removal frees. */
  readonly bytesEstimated: boolean;
  /** The present instant by the store's own clock, in ms since the epoch. Absent: the caller's clock counts. */
  now?(): Promise<number>;
  /** All entries, also those past their expiry, in pages. Neither a use nor a hit. What cannot be read is left out. */
  survey(options: SurveyOptions): AsyncIterable<SurveyPage>;
  /** Entries past their expiry that this process removed on the side since it was last asked. */
  takeRemovedAside?(): Remains;
  /** Removes, or counts, what is left of entries that are gone. Yields now and then. */
  remains?(options: RemainsOptions): AsyncIterable<Remains>;
  /** Gives memory or disk back. Yields undefined now and then, so that the caller sees that it goes on. */
  defragment?(options: DefragmentOptions): AsyncIterable<DefragmentStep | undefined>;
  /** Drops, from this process's memory, the entries that hold these recordings, and those past their expiry. */
  drop?(recordings: readonly Pick<SurveyedEntry, 'key' | 'recordingId'>[]): void;
  /** Drops, from this process's memory, the entries past their expiry; their number. */
  dropExpired?(): Promise<number>;
}
