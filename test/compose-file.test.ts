/**
 * The compose file names files, settings and probes that there are.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { page, root } from './support/pages.ts';

const compose = z
  .object({
    services: z.record(
      z.string(),
      z.looseObject({
        image: z.string().optional(),
        profiles: z.array(z.string()).default([]),
        volumes: z.array(z.string()).default([]),
        ports: z.array(z.string()).default([]),
        environment: z.record(z.string(), z.string()).default({}),
      }),
    ),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(page('deploy/compose.yaml').text, { merge: true }));

const services = Object.entries(compose.services);

it('every volume of the compose file is a file of the repository, or is declared', () => {
  const sources = services.flatMap(([, { volumes }]) =>
    volumes.map((volume) => volume.split(':', 1)[0] ?? ''),
  );
  const lacking = sources.filter((source) =>
    source.startsWith('.') ? !existsSync(join(root, 'deploy', source)) : !(source in compose.volumes),
  );
  expect(lacking).toEqual([]);
  expect(sources.length).toBeGreaterThan(6);
});

it('Prometheus and Grafana are started only on demand, at a version, on this machine alone', () => {
  for (const name of ['prometheus', 'grafana']) {
    const service = compose.services[name];
    expect(service?.profiles).toEqual(['observability']);
    expect(service?.image).toMatch(/:v?\d+\.\d+\.\d+$/);
    expect(service?.ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
  }
});

it('Prometheus scrapes every gateway of the compose file at the address of its admin calls', () => {
  const gateways = services.filter(([name]) => name.startsWith('gateway-'));
  const targets = gateways.map(
    ([name, { environment }]) => `${name}:${environment['ASKONCE_ADMIN_LISTEN']?.split(':')[1]}`,
  );
  const { scrape_configs: jobs } = z
    .looseObject({
      scrape_configs: z.array(
        z.looseObject({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
      ),
    })
    .parse(parse(page('deploy/prometheus/prometheus.yml').text));
  expect(jobs.flatMap((job) => job.static_configs.flatMap((one) => one.targets))).toEqual(targets);
});
