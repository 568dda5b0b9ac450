/**
 * What `askonce warm` is asked to do.
 */
import type { WarmSummary } from './summary.ts';

export interface WarmCommand {
  /** Path of the file; `-` is standard input. */
  readonly file: string;
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly perSecond?: number | undefined;
  readonly dryRun: boolean;
  readonly config?: string | undefined;
  /** Origin of the gateway. Default: that of the settings, if one runs there. */
  readonly url?: string | undefined;
  /** Address of the application whose routes the rows name. Default: the rows are questions. */
  readonly application?: string | undefined;
  /** The `Host` that callers of the application send. Default: that of its address. */
  readonly host?: string | undefined;
  /** Scheme and host that callers use at a proxy before the application, in place of `host`. */
  readonly origin?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Called with what the user should know. */
  readonly say: (line: string) => void;
  /** Called after each row, with the share of the file that is read, if that is known. */
  readonly onProgress: (summary: Omit<WarmSummary, 'state'>, share: number | undefined) => void;
}
