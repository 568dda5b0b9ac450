/**
 * Gateways on a Redis that is set up as managed services set up theirs: TLS alone, one database, commands that are refused
 * or have no name, an eviction policy that cannot be chosen, few connections, and a proxy that cuts idle ones.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { diagnose } from '../packages/gateway/src/doctor/diagnose.ts';
import { cacheStatusHeader } from './support/gateway.ts';
import { sharedSecret } from './support/gateway-process.ts';
import { loopbackCertificate, loopbackKey } from './support/loopback-certificate.ts';
import { startRedis, startTroubleProxy } from './support/redis-server.ts';
import { chatRequest } from './support/remembering-provider.ts';
import { hit, miss, path, polled, startedSharing } from './support/shared-gateways.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const password = 'a-password-of-the-service';

interface Service {
  readonly args: readonly string[];
  /** The user that clients are given. */
  readonly username: string;
  /** Text of an ACL file. */
  readonly acl?: string;
}

/** Set-ups by name. */
const services = {
  'as Redis Cloud: an ACL user without @admin and @dangerous, volatile-lru': {
    args: [...['--databases', '1', '--maxmemory', '64mb', '--maxmemory-policy', 'volatile-lru']],
    acl: `user askonce on >${password} ~askonce:* &askonce:v1:* +@all -@admin -@dangerous\nuser default off\n`,
    username: 'askonce',
  },
  'as Redis Cloud: the default user, CONFIG and MEMORY refused': {
    args: ['--databases', '1'],
    acl: `user default on >${password} ~* &* +@all -config -memory -@admin\n`,
    username: 'default',
  },
  'as Upstash: CONFIG, KEYS and DEBUG have no name, nothing is evicted': {
    args: [
      ...[
        '--databases',
        '1',
        '--requirepass',
        password,
        '--maxmemory',
        '64mb',
        '--maxmemory-policy',
        'noeviction',
      ],
      ...['CONFIG', 'KEYS', 'DEBUG', 'MONITOR', 'MEMORY', 'LATENCY', 'CLIENT'].flatMap((name) => [
        '--rename-command',
        name,
        '',
      ]),
    ],
    username: 'default',
  },
  'with INFO that has no name': {
    args: [
      '--databases',
      '1',
      '--requirepass',
      password,
      '--rename-command',
      'INFO',
      '',
      '--rename-command',
      'CONFIG',
      '',
    ],
    username: 'default',
  },
  'with scripts that are forgotten and few connections': {
    args: ['--databases', '1', '--requirepass', password, '--maxclients', '12'],
    username: 'default',
  },
} satisfies Readonly<Record<string, Service>>;

/** A server of such a service, and the settings of a gateway that uses it. */
async function service({ args, username, acl }: Service) {
  const folder = temporaryFolder();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  writeFileSync(key, loopbackKey);
  writeFileSync(certificate, loopbackCertificate);
  const tls = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-auth-clients', 'no'];
  const aclFile = join(folder, 'users.acl');
  if (acl !== undefined) writeFileSync(aclFile, acl);
  const users = acl === undefined ? [] : ['--aclfile', aclFile];
  const redis = await startRedis({ tls: true, args: [...tls, ...users, ...args] });
  const settings = {
    redisUrl: redis.url,
    redisUsername: username,
    redisPassword: password,
    redisTlsCa: certificate,
  };
  const environment = {
    REDIS_URL: redis.url,
    REDIS_USERNAME: username,
    REDIS_PASSWORD: password,
    REDIS_TLS_CA: certificate,
    ASKONCE_SECRET: sharedSecret,
  };
  return { redis, settings, environment };
}

describe('a managed Redis', () => {
  it.each(Object.entries(services))(
    'gateways share, invalidate, erase, restart and pass askonce doctor on a Redis %s',
    async (_title, setUp) => {
      const { settings, environment } = await service(setUp);
      const one = await startedSharing(settings);
      const other = await startedSharing({ ...settings, openaiBaseUrl: `${one.provider.url}/v1` });
      const question = chatRequest('Open on Sundays?');
      const tagged = { 'askonce-tags': 'shop=7', 'askonce-user': 'ada' };
      expect(cacheStatusHeader(await one.ask(path, question, tagged))).toMatch(miss);
      expect(cacheStatusHeader(await other.ask(path, question, tagged))).toMatch(/hit; .*"redis"$/);
      expect(await one.health()).toMatchObject({ components: { redis: { status: 'ok' } } });
      expect(await one.admin('POST', '/cache/invalidate', { tags: 'shop=7' })).toMatchObject({
        status: 200,
        body: { removed: 1 },
      });
      const answers = await polled(
        async () => cacheStatusHeader(await other.ask(path, question, tagged)),
        (status) => miss.test(status),
      );
      expect(answers).toMatch(miss);
      expect(await other.admin('DELETE', '/cache/users/ada')).toMatchObject({
        status: 200,
        body: { removed: 1 },
      });
      expect(await one.admin('PUT', '/cache/flags', { negativeCache: true })).toMatchObject({ status: 200 });
      await one.ask(path, question);
      await one.remove();
      const again = await startedSharing({ ...settings, openaiBaseUrl: `${one.provider.url}/v1` });
      expect(cacheStatusHeader(await again.ask(path, question))).toMatch(hit);
      const provider = other.provider.url;
      const checks = await diagnose({
        environment: {
          ...environment,
          ASKONCE_DATA_DIR: temporaryFolder(),
          OPENAI_BASE_URL: `${provider}/v1`,
          ANTHROPIC_BASE_URL: provider,
        },
      });
      expect(checks.filter(({ state }) => state === 'fail')).toEqual([]);
    },
    60_000,
  );

  it('the certificate of an unknown authority is refused, and the gateway answers without Redis', async () => {
    const { settings } = await service(services['with scripts that are forgotten and few connections']);
    const { redisTlsCa: _unknown, ...without } = settings;
    const gateway = await startedSharing(without);
    expect((await gateway.ask(path, chatRequest('Open?'))).status).toBe(200);
    expect(await gateway.health()).toMatchObject({ components: { redis: { status: 'down' } } });
  });

  it('another database than 0 is refused by such a server, and never replaced by database 0', async () => {
    const { settings, redis } = await service(
      services['with scripts that are forgotten and few connections'],
    );
    const gateway = await startedSharing({ ...settings, redisCacheDb: 3 });
    expect((await gateway.ask(path, chatRequest('Open?'))).status).toBe(200);
    const client = new Redis(redis.url, { password, tls: { ca: loopbackCertificate } });
    onTestFinished(() => client.disconnect());
    expect(await client.dbsize()).toBe(0);
  });

  it('connections that a proxy cuts while they are idle are replaced, and hits go on', async () => {
    const redis = await startRedis({ args: ['--databases', '1'] });
    const proxy = await startTroubleProxy(redis.port);
    const gateway = await startedSharing({ redisUrl: proxy.url, memoryCacheSize: 1 });
    const question = chatRequest('Open on Sundays?');
    await gateway.ask(path, question);
    for (let times = 0; times < 3; times++) {
      proxy.cut();
      const status = await polled(
        async () => cacheStatusHeader(await gateway.ask(path, question)),
        (seen) => hit.test(seen),
      );
      expect(status).toMatch(hit);
    }
  });
});
