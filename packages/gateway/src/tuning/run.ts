/**
 * `askonce tune` from its options to its output.
 */
import { AskonceError, systemClock } from 'askonce';
import type { Embedder } from 'askonce/semantic';
import { semanticServices } from '../semantic/services.ts';
import { defaultDataFolder } from '../settings/data-folder.ts';
import { readConfiguration } from '../settings/read.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { createUpstreamClient } from '../upstream/client.ts';
import { progressOn, type Terminal } from './progress.ts';
import { questionReader } from './question.ts';
import { reportOf, settingsOf, type TunedWith } from './report.ts';
import { tuningTools } from './tools.ts';
import { type TuneResult, tuneLog, tunePairs } from './tune.ts';

export interface TuneOptions {
  /** One of the two. */
  readonly pairs?: string | undefined;
  readonly log?: string | undefined;
  readonly rate?: number | undefined;
  readonly writeTo?: string | undefined;
  readonly most?: number | undefined;
  readonly json: boolean;
  readonly config?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where skipped rows and the progress bar are written. */
  readonly errors: Terminal;
}

const usuallyJudged = 1000;

/** Resolves with what is printed. @throws AskonceError `invalid_settings`, `invalid_request`; what the embedder does */
export async function runTune(options: TuneOptions): Promise<string> {
  const { pairs, log, errors, environment, config } = options;
  if ((pairs === undefined) === (log === undefined))
    throw wrong('name a file of pairs, or a log with --log FILE, and not both');
  if (log === undefined && options.writeTo !== undefined)
    throw wrong('--pairs writes the pairs of a log; give the log with --log FILE');
  const { settings, sourceOf } = readConfiguration({ config, environment });
  const maxErrorRate = options.rate ?? settings.semanticMaxErrorRate;
  if (maxErrorRate >= 1) throw wrong('--rate must be a share below 1, such as 0.02');
  const client = createUpstreamClient(settings);
  const { embedder, verifier } = await semanticServices({
    ...{ settings, sourceOf, client },
    folder: settings.dataDir ?? defaultDataFolder(environment),
    clock: systemClock,
    say: (line) => void errors.write(`${line}\n`),
  });
  const tools = tuningTools({ settings, embedder, verifier, clock: systemClock });
  // Written below the bar, which they would break.
  const skipped: string[] = [];
  const input = {
    tools,
    maxErrorRate,
    progress: await progressOn(errors, `tuning with ${embedder.name}`),
    warn: (line: string) => void skipped.push(line),
  };
  try {
    const result =
      log === undefined
        ? await tunePairs(pairs ?? '', input)
        : await tuneLog(log, {
            ...input,
            read: questionReader(settings, tools.languageOf),
            judge: tools.judge,
            most: Math.floor(options.most ?? usuallyJudged),
            writeTo: options.writeTo,
          });
    return output(
      result,
      tunedWith(settings, embedder, result, maxErrorRate, verifier !== undefined),
      options,
    );
  } finally {
    if (skipped.length > 0) errors.write(`${skipped.join('\n')}\n`);
    await tools.close();
    await client.close();
  }
}

function output({ evaluation }: TuneResult, tuned: TunedWith, { json }: Pick<TuneOptions, 'json'>): string {
  if (!json) return reportOf(evaluation, tuned);
  const { embedder, guards, gates, maxErrorRate, read } = tuned;
  const about = { read, embedder, guards, gates, maxErrorRate };
  return JSON.stringify({ ...about, ...evaluation, settings: settingsOf(evaluation, tuned) }, undefined, 2);
}

function tunedWith(
  settings: GatewaySettings,
  { name, version }: Embedder,
  { about }: TuneResult,
  maxErrorRate: number,
  hasVerifier: boolean,
): TunedWith {
  const { semanticEmbedder, semanticGuards, semanticGates, semanticPrefix } = settings;
  return {
    ...about,
    embedder: `${name} ${version}`,
    guards: semanticGuards,
    gates: semanticGates,
    maxErrorRate,
    hasVerifier,
    embedderSettings:
      semanticEmbedder === 'builtin'
        ? {}
        : {
            SEMANTIC_EMBEDDER: semanticEmbedder,
            ...(semanticEmbedder === 'remote'
              ? { EMBEDDINGS_BASE_URL: settings.embeddingsBaseUrl ?? '' }
              : {}),
            SEMANTIC_MODEL: settings.semanticModel ?? '',
            ...(semanticPrefix === undefined || semanticPrefix === ''
              ? {}
              : { SEMANTIC_PREFIX: semanticPrefix }),
          },
  };
}

function wrong(message: string): AskonceError {
  return new AskonceError('invalid_request', message);
}
