/** Installs the servers that tests and bench start, where this machine allows it. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { isRoot, missingService, type Service, type ServiceName, services, succeeds } from './programs.ts';

/**
 * Installs what is missing of these services: by apt-get as root on Debian, else as an image of Docker. Returns the line
 * for the user of each that could not be installed.
 */
export function installServices(names: readonly ServiceName[]): Partial<Record<ServiceName, string>> {
  const lacking = () => names.filter((name) => missingService(name) !== undefined);
  if (lacking().length > 0 && isRoot() && succeeds('apt-get', ['--version'])) installByApt(lacking());
  if (lacking().length > 0 && succeeds('docker', ['info'])) pullImages(lacking());
  return Object.fromEntries(lacking().map((name) => [name, missingService(name)]));
}

/**
 * Debian starts a package's own server once it is installed, unless a policy forbids it. The shell takes the policy away
 * again even if this process ends in between.
 */
const installWithoutStarting = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod +x "$policy"
fi
apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=120 "$1"`;

function installByApt(names: readonly ServiceName[]): void {
  process.stderr.write(`services: installing ${names.join(', ')} by apt-get …\n`);
  run('apt-get', ['update', '--quiet']);
  // One after another: a package that cannot be installed must not keep back the others.
  for (const name of names) run('sh', ['-c', installWithoutStarting, 'sh', services[name].debianPackage]);
}

function pullImages(names: readonly ServiceName[]): void {
  for (const name of names) {
    const { image }: Service = services[name];
    if (image === undefined) continue;
    process.stderr.write(`services: pulling the image ${image} …\n`);
    run('docker', ['pull', '--quiet', image]);
  }
}

/** A failure shows when the caller looks for the program again. */
function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const done = spawnSync(command, args, { encoding: 'utf8', env, timeout: 300_000 });
  if (done.status !== 0 && done.stderr) process.stderr.write(done.stderr);
}
