/** Prometheus servers as child processes on free loopback ports, that end with this process, and `promtool`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { findProgram } from './programs.ts';
import { comesUp, freePort, type ServerProcess, serverFolder, startServerProcess } from './server-process.ts';

export interface PrometheusProcess extends ServerProcess {
  readonly url: string;
}

export interface PrometheusProcessOptions {
  /** The URLs that it scrapes, such as `http://127.0.0.1:4100/metrics`. */
  readonly targets: readonly string[];
  /** Sent to the targets as `Authorization: Bearer …`. */
  readonly token?: string | undefined;
  /** A file of recording or alerting rules, in YAML. */
  readonly rules?: string | undefined;
  /** Samples that it has from the start, in OpenMetrics with their times: `name{label="x"} 1 1700000000`. */
  readonly backfilled?: string | undefined;
  /** Default: 250. */
  readonly scrapeEveryMs?: number | undefined;
  /** Arguments after those that every server here gets, such as `--enable-feature=exemplar-storage`. */
  readonly args?: readonly string[] | undefined;
}

const attempts = 10;
const ready = /Server is ready to receive web requests/;

/** Starts a server and waits until it answers. @throws Error that says what to install. */
export async function startPrometheusProcess(options: PrometheusProcessOptions): Promise<PrometheusProcess> {
  const program = findProgram('prometheus', 'prometheus');
  if (typeof program === 'string') throw new Error(program);
  const folder = serverFolder('prometheus');
  const configuration = join(folder, 'prometheus.yml');
  writeFileSync(configuration, JSON.stringify(configurationOf(options, folder)));
  mkdirSync(join(folder, 'data'));
  if (options.backfilled !== undefined) await backfill(options.backfilled, folder);
  let log = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = await freePort();
    const server = startServerProcess(
      program,
      [
        `--config.file=${configuration}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        ...(options.args ?? []),
      ],
      { removes: folder },
    );
    if (await comesUp(server, port, ready)) return Object.assign(server, { url: `http://127.0.0.1:${port}` });
    log = server.log;
    if (attempt + 1 < attempts) await setTimeout(20);
  }
  throw new Error(`prometheus did not start; it printed: ${log}`);
}

/** Writes samples as blocks of the server's data. */
async function backfill(samples: string, folder: string): Promise<void> {
  const file = join(folder, 'samples.om');
  writeFileSync(file, samples);
  const problems = await promtool(
    ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, join(folder, 'data')],
    '',
  );
  if (problems.length > 0) throw new Error(`promtool made no blocks: ${problems.join(' ')}`);
}

/** YAML contains JSON. */
function configurationOf(
  { targets, token, rules, scrapeEveryMs = 250 }: PrometheusProcessOptions,
  folder: string,
) {
  if (rules !== undefined) writeFileSync(join(folder, 'rules.yml'), rules);
  const every = `${scrapeEveryMs}ms`;
  return {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: rules === undefined ? [] : [join(folder, 'rules.yml')],
    scrape_configs: targets.map((target, index) => {
      const { protocol, host, pathname, searchParams } = new URL(target);
      return {
        job_name: `target-${index}`,
        scheme: protocol.slice(0, -1),
        metrics_path: pathname,
        params: Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)])),
        ...(token === undefined ? {} : { authorization: { credentials: token } }),
        static_configs: [{ targets: [host] }],
      };
    }),
  };
}

/** What `promtool` says of metrics in the text format, a line each; none if it agrees. @throws Error that says what to install. */
export async function problemsOfMetrics(metrics: string): Promise<readonly string[]> {
  return promtool(['check', 'metrics'], metrics);
}

/** The same of files of rules. Their paths must be below the folder for temporary files. */
export async function problemsOfRules(...paths: readonly string[]): Promise<readonly string[]> {
  return promtool(['check', 'rules', ...paths], '');
}

/** The same of a server's configuration and the rules that it names. */
export async function problemsOfConfiguration(path: string): Promise<readonly string[]> {
  return promtool(['check', 'config', path], '');
}

/** The same of the unit tests of rules: the tests that fail. */
export async function problemsOfRuleTests(...paths: readonly string[]): Promise<readonly string[]> {
  return promtool(['test', 'rules', ...paths], '');
}

async function promtool(args: readonly string[], input: string): Promise<readonly string[]> {
  const program = findProgram('prometheus', 'promtool');
  if (typeof program === 'string') throw new Error(program);
  const child = spawn(program.command, [...program.args, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  // It may end before it has read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code === 0) return [];
  const lines = `${complaints}${printed}`.split('\n').filter((line) => line.trim() !== '');
  return lines.length > 0 ? lines : [`promtool ended with ${code}`];
}
