import { AskonceError } from 'askonce';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { readGatewaySettings } from './read.ts';

const secret = { ASKONCE_SECRET: 'a secret of all gateways' };

const read = (environment: Readonly<Record<string, string>>) =>
  readGatewaySettings({ workingDirectory: temporaryFolder(), environment });

function faultOf(environment: Readonly<Record<string, string>>): string {
  try {
    read(environment);
  } catch (error) {
    if (AskonceError.isInstance(error) && error.code === 'invalid_settings') return error.message;
    throw error;
  }
  return 'none';
}

describe('a shared Redis', () => {
  it.each<[Readonly<Record<string, string>>, unknown]>([
    [{ REDIS_URL: 'redis://127.0.0.1:6379' }, { redisUrl: 'redis://127.0.0.1:6379' }],
    [{ REDIS_URL: 'rediss://:pw@[::1]/7' }, { redisUrl: 'rediss://:pw@[::1]/7' }],
    [
      { REDIS_CLUSTER_NODES: 'a:1, [::1]:65535', REDIS_CACHE_DB: '0', REDIS_TLS: 'on' },
      {
        redisClusterNodes: [
          { host: 'a', port: 1 },
          { host: '::1', port: 65_535 },
        ],
        redisCacheDb: 0,
        redisTls: true,
      },
    ],
    [
      { REDIS_SENTINELS: 'a:26379', REDIS_SENTINEL_NAME: 'mymaster', REDIS_CACHE_DB: '3' },
      { redisSentinels: [{ host: 'a', port: 26_379 }], redisSentinelName: 'mymaster', redisCacheDb: 3 },
    ],
  ])('a shared Redis is configured by %o', (environment, expected) => {
    expect(read({ ...secret, ...environment })).toMatchObject({ ...Object(expected) });
  });

  it.each([
    [{ REDIS_URL: 'http://x' }, /^REDIS_URL: must be redis:\/\//],
    [{ REDIS_URL: 'redis://:hun%ter@x' }, /^REDIS_URL: must be redis:\/\/.* percent-encoded$/],
    [{ REDIS_URL: 'redis://' }, /^REDIS_URL: /],
    [{ REDIS_URL: 'redis://x/y' }, /^REDIS_URL: /],
    [{ REDIS_URL: 'redis://x?db=1' }, /^REDIS_URL: /],
    [{ REDIS_CLUSTER_NODES: 'a' }, /^REDIS_CLUSTER_NODES at 0: must be host:port/],
    [{ REDIS_CLUSTER_NODES: 'a:1,b:65536' }, /^REDIS_CLUSTER_NODES at 1: must have a port/],
    [{ REDIS_URL: 'redis://x', REDIS_CLUSTER_NODES: 'a:1' }, /^REDIS_URL: only one of REDIS_URL, /],
    [{ REDIS_CLUSTER_NODES: 'a:1', REDIS_SENTINELS: 'b:1', REDIS_SENTINEL_NAME: 'm' }, /only one of/],
    [{ REDIS_SENTINELS: 'b:1' }, /^redisSentinelName \(REDIS_SENTINEL_NAME\): must be set/],
    [{ REDIS_SENTINEL_NAME: 'm' }, /^redisSentinels \(REDIS_SENTINELS\): must be set/],
    [
      { REDIS_CLUSTER_NODES: 'a:1', REDIS_CACHE_DB: '1' },
      /^REDIS_CACHE_DB: a Redis Cluster has only database 0$/,
    ],
    [{ REDIS_URL: 'redis://x', REDIS_TLS: 'on' }, /^REDIS_TLS: /],
    [{ REDIS_URL: 'redis://x', REDIS_TLS_CA: '/ca.pem' }, /^REDIS_TLS_CA: there is nothing to verify/],
    [{ REDIS_CLUSTER_NODES: 'a:1', REDIS_TLS_CA: '/ca.pem' }, /^REDIS_TLS_CA: there is nothing to verify/],
    [{ REDIS_CACHE_DB: '1' }, /^REDIS_CACHE_DB: there is no Redis; set REDIS_URL/],
    [{ REDIS_USERNAME: 'me' }, /^REDIS_USERNAME: there is no Redis/],
    [{ REDIS_PASSWORD: 'hunter2' }, /^REDIS_PASSWORD: there is no Redis/],
    [{ REDIS_TLS: 'on' }, /^REDIS_TLS: there is no Redis/],
    [
      { REDIS_URL: 'redis://x', REDIS_SENTINEL_PASSWORD: 'hunter2' },
      /^REDIS_SENTINEL_PASSWORD: there are no Sentinels/,
    ],
    [{ REDIS_URL: 'redis://x', CACHE_EVICTION_POLICY: 'lru' }, /^CACHE_EVICTION_POLICY: /],
    [{ REDIS_URL: 'redis://x', ASKONCE_REDIS_POOL: '51' }, /^ASKONCE_REDIS_POOL: /],
  ])('contradicting Redis settings are refused in one line: %o', (environment, message) => {
    const fault = faultOf({ ...secret, ...environment });
    expect(fault).toMatch(message);
    expect(fault).not.toContain('\n');
  });

  it.each([
    { REDIS_URL: 'redis://x' },
    { REDIS_CLUSTER_NODES: 'a:1' },
    { REDIS_SENTINELS: 'a:1', REDIS_SENTINEL_NAME: 'm' },
  ])('a Redis is not shared without a secret: %o', (environment) => {
    expect(faultOf(environment)).toBe(
      'secret (ASKONCE_SECRET): must be set if gateways share a Redis, to the same value on all of them',
    );
  });

  it('no message contains a password or key of Redis', () => {
    const wrong = [
      { REDIS_URL: 'redis//user:hunter2@x' },
      { ASKONCE_ADMIN_KEY: 'hunter2' },
      { ...secret, REDIS_URL: 'redis://:hunter2@x', REDIS_CLUSTER_NODES: 'a:1' },
      { REDIS_URL: 'redis://:hunter2@x' },
    ];
    for (const environment of wrong) expect(faultOf(environment)).toMatch(/^(?!.*hunter2)\w+.*: /);
  });
});

describe('fallbacks and the admin address', () => {
  it('fallbacks and the admin address are read from the environment', () => {
    const environment = {
      ASKONCE_ADMIN_LISTEN: '0.0.0.0:9090',
      ASKONCE_FALLBACKS: '[{"category":"greeting","body":{"a":[null]},"stream":"data: 1\\n\\n"}]',
    };
    expect(read(environment)).toMatchObject({
      adminListen: { host: '0.0.0.0', port: 9090 },
      fallbacks: [{ category: 'greeting', body: { a: [null] }, stream: 'data: 1\n\n' }],
    });
  });

  it.each([
    [{ ASKONCE_ADMIN_LISTEN: '9090' }, /^ASKONCE_ADMIN_LISTEN: must be host:port/],
    [{ ASKONCE_FALLBACKS: '[{"category":"greeting"}]' }, /^ASKONCE_FALLBACKS at 0\.body: /],
    [{ ASKONCE_FALLBACKS: '[{"body":1,"protocol":"function"}]' }, /^ASKONCE_FALLBACKS at 0\.protocol: /],
    [{ ASKONCE_FALLBACKS: '[{"body":1,"user":"x"}]' }, /^ASKONCE_FALLBACKS at 0: /],
  ])('a wrong fallback or admin address is named: %o', (environment, message) => {
    expect(faultOf(environment)).toMatch(message);
  });
});
