/**
 * `askonce warm --application`: makes the requests of a file to an application whose routes are behind the cache.
 */
import { AskonceError } from 'askonce';
import { type WarmRow, warmRows } from 'askonce/gateway-kit';
import { readConfiguration } from '../settings/read.ts';
import { sentTo } from './application.ts';
import type { WarmCommand } from './command.ts';
import { opened } from './file.ts';
import { type Callers, readRoute } from './route-row.ts';
import { rowsOf } from './rows.ts';
import type { WarmSummary } from './summary.ts';
import { unknownFields } from './unknown-fields.ts';

/** @throws AskonceError `invalid_request` for the file or the options, `invalid_settings` */
export async function warmApplication(command: WarmCommand, application: string): Promise<WarmSummary> {
  const { dryRun, signal, say, onProgress, environment } = command;
  const base = baseOf(application);
  const callers = callersOf(command);
  for (const option of ['url', 'model', 'system'] as const) {
    if (command[option] === undefined) continue;
    throw new AskonceError(
      'invalid_request',
      `--${option} is for questions; leave it out beside --application.`,
    );
  }
  const { settings } = readConfiguration({
    config: command.config,
    environment,
    options: { warmConcurrency: command.concurrency, warmPerSecond: command.perSecond },
  });
  const { text, share } = await opened(command.file);
  say(`warming the application at ${base}`);
  const unknown = unknownFields(say, 'is unknown and left out; a row has url, method and headers');

  async function* requests(): AsyncGenerator<WarmRow<Request>, void, undefined> {
    for await (const row of rowsOf(text)) {
      const { line: at } = row;
      const read = 'fault' in row ? row : readRoute(row.value, { base, callers, environment });
      if ('fault' in read) yield { at, fault: read.fault };
      else {
        unknown.met(read.unknown);
        yield { at, request: read.request };
      }
    }
  }

  return await warmRows(sentTo, requests(), {
    ...{ dryRun, signal },
    ...{ concurrency: settings.warmConcurrency, perSecond: settings.warmPerSecond },
    onProgress: (_, counts) => onProgress(counts(), share()),
  });
}

/** How callers reach the application, if not at its own address. */
function callersOf({ host, origin }: WarmCommand): Callers | undefined {
  if (origin === undefined) return host === undefined ? undefined : { host: hostOf(host) };
  if (host !== undefined)
    throw new AskonceError('invalid_request', '--origin names the host as well; leave out --host.');
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw new AskonceError(
      'invalid_request',
      '--origin must be a scheme and a host, such as https://shop.example.',
    );
  return { host: url.host, origin: url.origin };
}

/** The name by which callers reach the application, with its port unless that is the usual one. */
function hostOf(host: string): string {
  if (/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host)) return host.toLowerCase();
  throw new AskonceError('invalid_request', '--host must be a host, such as shop.example or 127.0.0.1:3000.');
}

/** Origin and path of the application, without a slash at the end. */
function baseOf(application: string): string {
  const url = URL.canParse(application) ? new URL(application) : undefined;
  const isPlain = url?.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (url === undefined || !/^https?:$/.test(url.protocol) || !isPlain)
    throw new AskonceError(
      'invalid_request',
      '--application must be the address of an application, such as http://127.0.0.1:3000.',
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
