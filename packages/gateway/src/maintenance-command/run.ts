/**
 * `askonce maintenance`: asks the gateway that runs with the same settings, or opens the store if none answers there.
 */
import { AskonceError, type MaintenanceKind, systemClock } from 'askonce';
import { maintenanceKinds, stay, staying } from 'askonce/gateway-kit';
import { maintenanceRun, maintenanceState, type ShownReport, shownReport } from '../admin/maintenance.ts';
import { type AdminClient, adminClient } from '../admin-client/client.ts';
import { adminTarget, targetIn } from '../admin-client/target.ts';
import { openCachedParts } from '../cached-parts.ts';
import { openAccounting } from '../ledger/accounting.ts';
import { createLog } from '../log/log.ts';
import { defaultDataFolder, openExistingFolder } from '../settings/data-folder.ts';
import { type GatewayConfiguration, readConfiguration } from '../settings/read.ts';
import { isShared } from '../settings/redis.ts';
import { storedSecret } from '../settings/secret.ts';

export interface MaintenanceCommand {
  /** With commas between them. Default: all. */
  readonly kinds: string | undefined;
  readonly dryRun: boolean;
  readonly url: string | undefined;
  readonly config: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Maintained {
  /** The gateway or the data folder that was maintained. */
  readonly by: string;
  readonly report: ShownReport;
}

/** @throws AskonceError `invalid_request` for the kinds, `invalid_settings` for the settings, and the gateway's own errors */
export async function runMaintenance(command: MaintenanceCommand): Promise<Maintained> {
  const { url, config, environment, dryRun } = command;
  const kinds = kindsIn(command.kinds);
  const configuration = readConfiguration({ config, environment });
  const target = url === undefined ? targetIn(configuration.settings) : adminTarget(command);
  const client = target && adminClient(target);
  if (client !== undefined) {
    const there = await client.attempt(maintenanceState, {});
    if (there.ok) return await byGateway(client, kinds, dryRun);
    if (url !== undefined || there.error.code !== 'gateway_unreachable') throw there.error;
  }
  return await byOpening(configuration, environment, kinds, dryRun);
}

/** @throws AskonceError `invalid_request` */
function kindsIn(list: string | undefined): readonly MaintenanceKind[] {
  if (list === undefined) return maintenanceKinds;
  return list.split(',').map((word) => {
    const kind = maintenanceKinds.find((one) => one === word.trim());
    if (kind !== undefined) return kind;
    const message = `--kinds: unknown kind ${word.trim()}; expected any of ${maintenanceKinds.join(', ')}, with commas between them`;
    throw new AskonceError('invalid_request', message);
  });
}

/** A run may take this long, in ms: a day. */
const longestMs = 86_400_000;
const lookAgainMs = 2_000;

async function byGateway(
  client: AdminClient,
  kinds: readonly MaintenanceKind[],
  dryRun: boolean,
): Promise<Maintained> {
  const attempt = await staying(
    client.attempt(maintenanceRun, { body: { kinds: [...kinds], dryRun }, timeoutMs: longestMs }),
  );
  if (attempt.ok) return { by: client.url, report: attempt.answer };
  // A connection may be given up before a long run has ended, which goes on at the gateway.
  if (attempt.error.code !== 'gateway_unreachable' || dryRun) throw attempt.error;
  for (;;) {
    await stay(lookAgainMs);
    const { running, last } = await client.call(maintenanceState, {});
    if (running === null && last !== null) return { by: client.url, report: last };
    if (running === null) throw attempt.error;
  }
}

async function byOpening(
  { settings, sourceOf }: GatewayConfiguration,
  environment: MaintenanceCommand['environment'],
  kinds: readonly MaintenanceKind[],
  dryRun: boolean,
): Promise<Maintained> {
  const folder = openExistingFolder(settings.dataDir ?? defaultDataFolder(environment), sourceOf('dataDir'));
  const secret = settings.secret ?? storedSecret(folder);
  const clock = systemClock;
  const log = createLog({ level: 'silent', bodies: false, clock });
  // Questions need no index here.
  const withoutSemantic = { ...settings, semanticCache: false };
  const parts = {
    ...{ settings: withoutSemantic, sourceOf, folder, secret, clock, log, observe: () => {} },
    isCheck: true,
  };
  // The run is in the ledger as one of a gateway is.
  const ledger = settings.ledger ? openAccounting(parts).cacheLedger : undefined;
  const { cache, client } = await openCachedParts({ ...parts, ledger });
  try {
    // No request waits for this process: a file may be rebuilt, unless a gateway has it open.
    const report = await staying(cache.maintain({ kinds, dryRun, mayBlock: true }));
    return { by: isShared(settings) ? 'this command, in Redis' : folder, report: shownReport(report) };
  } finally {
    await cache.close();
    await client.close();
  }
}
