/**
 * `askonce warm --application`: makes the requests of a file to an application whose routes are behind the cache.
 */
import { AskonceError } from 'askonce';
import { type WarmRow, warmRows } from 'askonce/gateway-kit';
import { readConfiguration } from '../settings/read.ts';
import { sentTo } from './application.ts';
import type { WarmCommand } from './command.ts';
import { opened } from './file.ts';
import { readRoute } from './route-row.ts';
import { rowsOf } from './rows.ts';
import type { WarmSummary } from './summary.ts';
import { unknownFields } from './unknown-fields.ts';

/** @throws AskonceError `invalid_request` for the file or the options, `invalid_settings` */
export async function warmApplication(command: WarmCommand, application: string): Promise<WarmSummary> {
  const { dryRun, signal, say, onProgress, environment } = command;
  const base = baseOf(application);
  const host = hostOf(command.host);
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
      const read = 'fault' in row ? row : readRoute(row.value, { base, host, environment });
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

/** The name by which callers reach the application, with its port unless that is the usual one. */
function hostOf(host: string | undefined): string | undefined {
  if (host === undefined || /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host))
    return host?.toLowerCase();
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
