/**
 * Checks what a gateway would start with: its settings, data folder, secret, stores, ledger, prices, providers and clock. Nothing is
 * served, no prompt and no credential is sent.
 */
import { type Clock, systemClock } from 'askonce';
import { Flags } from 'askonce/gateway-kit';
import { createLog } from '../log/log.ts';
import { defaultDataFolder, openDataFolder } from '../settings/data-folder.ts';
import { readConfiguration } from '../settings/read.ts';
import { storedSecret } from '../settings/secret.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { openStore } from '../stores/stores.ts';
import type { ComponentHealth } from '../stores/tier-health.ts';
import { createUpstreamClient } from '../upstream/client.ts';
import { type Check, messageOf } from './check.ts';
import { ledgerCheck, priceCheck } from './ledger.ts';
import { localModelChecks } from './local-model.ts';
import { providerChecks } from './providers.ts';
import { semanticIndexChecks } from './semantic-index.ts';
import { traceChecks } from './traces.ts';

export interface DiagnoseOptions {
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly config?: string | undefined;
  readonly workingDirectory?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** @throws AskonceError `invalid_settings`: without valid settings there is nothing else to check. */
export async function diagnose(options: DiagnoseOptions): Promise<readonly Check[]> {
  const clock = options.clock ?? systemClock;
  const environment = options.environment ?? {};
  const configuration = readConfiguration(options);
  const { settings, sourceOf, warnings } = configuration;
  const checks: Check[] = [{ state: 'ok', what: 'settings', message: 'valid' }];
  for (const message of warnings) checks.push({ state: 'warn', what: 'settings', message });
  const path = settings.dataDir ?? defaultDataFolder(environment);
  const folder = attempt(checks, 'data folder', () => openDataFolder(path, sourceOf('dataDir')));
  const secret =
    folder === undefined
      ? undefined
      : attempt(checks, 'secret', () => settings.secret ?? storedSecret(folder));
  if (folder !== undefined && secret !== undefined) {
    checks.push(
      { state: 'ok', what: 'data folder', message: folder },
      secretCheck(settings, sourceOf('secret').name),
    );
    checks.push(...(await storeChecks({ settings, sourceOf, folder, secret }, clock)));
    checks.push(await ledgerCheck(configuration, folder, clock));
    checks.push(...(await semanticIndexChecks(settings, clock)));
  }
  checks.push(priceCheck(configuration));
  const client = createUpstreamClient(settings);
  try {
    if (folder !== undefined) checks.push(...(await localModelChecks(configuration, folder, client)));
    checks.push(...(await providerChecks(settings, client, clock)));
    checks.push(...(await traceChecks(settings, client, clock)));
  } finally {
    await client.close();
  }
  return checks;
}

/** The result of a step; undefined, with a check that failed, if it throws. */
function attempt<T>(checks: Check[], what: string, step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    checks.push({ state: 'fail', what, message: messageOf(error) });
    return undefined;
  }
}

function secretCheck({ secret }: GatewaySettings, name: string): Check {
  const message = secret === undefined ? 'stored in the data folder' : `set by ${name}`;
  return { state: 'ok', what: 'secret', message };
}

type StoreSources = Pick<Parameters<typeof openStore>[0], 'settings' | 'sourceOf' | 'folder' | 'secret'>;

async function storeChecks(sources: StoreSources, clock: Clock): Promise<readonly Check[]> {
  const log = createLog({ level: 'silent', bodies: false, clock });
  const troubles: string[] = [];
  try {
    const stores = await openStore({
      ...sources,
      isCheck: true,
      // A check must not change the server.
      settings: { ...sources.settings, setEvictionPolicy: false },
      flags: new Flags(sources.settings),
      clock,
      log: { ...log, warnSeldom: (_subject, message) => troubles.push(message) },
      observe: (event) => {
        if (event.type === 'store-trouble') troubles.push(event.message);
      },
    });
    try {
      const health = await stores.health();
      const checks = Object.entries(health).map(([name, component]) => storeCheck(name, component, troubles));
      // A store can be well again by now: a damaged file has been replaced, say.
      const isWell = checks.every(({ state }) => state === 'ok');
      const past = isWell ? [...new Set(troubles)] : [];
      return [...checks, ...past.map((message): Check => ({ state: 'warn', what: 'store', message }))];
    } finally {
      await stores.store.close();
    }
  } catch (error) {
    return [{ state: 'fail', what: 'store', message: messageOf(error) }];
  }
}

function storeCheck(
  name: string,
  { status, ...details }: ComponentHealth,
  troubles: readonly string[],
): Check {
  const what = `store ${name}`;
  if (status === 'ok') {
    const { entries = 0, latencyMs = 0 } = details;
    return { state: 'ok', what, message: `${String(entries)} entries, ${String(latencyMs)} ms` };
  }
  const reason = [details['reason'], ...troubles].filter((one) => typeof one === 'string').join('; ');
  return {
    state: 'fail',
    what,
    message: `${status}${reason === '' ? '' : ` (${reason})`}; check its address, its credentials and that it runs`,
  };
}
