/**
 * Reads the settings file (YAML or JSON), and over it the file of the stage: development, staging or production.
 */
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { AskonceError } from 'askonce';
import { z } from 'zod';
import { readYaml } from './yaml-file.ts';

/** Tried in this order in the working directory if no file is named. */
const plainNames = ['askonce.config.yaml', 'askonce.config.yml', 'askonce.config.json'];

const stages = ['development', 'staging', 'production'] as const;
export type Stage = (typeof stages)[number];

const fields = z.record(z.string(), z.unknown());

export interface FileChoice {
  /** A file that must exist. Unset: a plain name in `workingDirectory`, if one exists. */
  readonly path: string | undefined;
  readonly stage: Stage | undefined;
  readonly workingDirectory: string;
}

/**
 * The stage that `ASKONCE_ENV` names, else `NODE_ENV` if that names one.
 * @throws AskonceError `invalid_settings` if `ASKONCE_ENV` is anything else.
 */
export function stageOf(environment: Readonly<Record<string, string | undefined>>): Stage | undefined {
  const own = environment['ASKONCE_ENV'];
  if (own === undefined || own === '') return stages.find((stage) => stage === environment['NODE_ENV']);
  const stage = stages.find((candidate) => candidate === own);
  if (stage === undefined)
    throw new AskonceError('invalid_settings', `ASKONCE_ENV: must be one of ${stages.join(', ')}`);
  return stage;
}

export interface FileSettings {
  /** Values by setting name. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The file that the value of a setting is from. */
  fileOf(name: string): string | undefined;
}

/**
 * Reads the file, and over it the one of the stage (`gateway.production.yaml` beside `gateway.yaml`).
 * @throws AskonceError `invalid_settings`, one line that names the file.
 */
export function readSettingsFile(choice: FileChoice): FileSettings {
  const values: Record<string, unknown> = {};
  const files = new Map<string, string>();
  for (const path of pathsOf(choice)) {
    for (const [name, value] of Object.entries(readOne(path))) {
      values[name] = value;
      files.set(name, path);
    }
  }
  return { values, fileOf: (name) => files.get(name) };
}

/** The files that are there, the one that takes precedence last. */
function pathsOf({ path, stage, workingDirectory }: FileChoice): readonly string[] {
  const staged = (plain: string) => (stage === undefined ? [] : [stagePath(plain, stage)]);
  if (path !== undefined) return [path, ...staged(path).filter((one) => existsSync(one))];
  const candidates = plainNames.map((name) => join(workingDirectory, name));
  const found = [candidates, candidates.flatMap(staged)].map((list) => list.find((one) => existsSync(one)));
  return found.filter((one) => one !== undefined);
}

function stagePath(path: string, stage: Stage): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.${stage}${extension}`;
}

function readOne(path: string): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = readYaml(path, '--config and ASKONCE_CONFIG');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AskonceError('invalid_settings', `${path}: ${reason}`, { cause: error });
  }
  const checked = fields.safeParse(content ?? {});
  if (!checked.success) throw new AskonceError('invalid_settings', `${path}: must hold settings by name`);
  return checked.data;
}
