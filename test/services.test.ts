/** The servers that tests start: they answer, and what a test is handed is its own. */
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { freshDatabase, startPostgres } from './support/postgres-server.ts';
import { problemsOfMetrics, startPrometheus } from './support/prometheus.ts';
import { describeWithService } from './support/service-suites.ts';

describeWithService('postgres', 'PostgreSQL for tests', () => {
  it('gives each test an empty database on the shared server', async () => {
    const [one, other] = [await freshDatabase(), await freshDatabase()];
    expect(one.port).toBe(other.port);
    await one.query('CREATE TABLE mine (number int)');
    await expect(other.query('SELECT * FROM mine')).rejects.toThrow('does not exist');
  });

  it('comes back after a crash with what was committed', async () => {
    const server = await startPostgres();
    await server.query('CREATE TABLE mine AS SELECT 1 AS number');
    await server.kill();
    await expect(server.query('SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await server.query('SELECT * FROM mine')).toEqual([{ number: 1 }]);
  });

  it('answers nothing while it is paused', async () => {
    const server = await startPostgres();
    server.pause();
    const answer = server.query('SELECT 1 AS number').then((rows) => ({ rows }));
    const probe = freshDatabase().then(() => 'the other server answered');
    expect(await Promise.race([answer, probe])).toBe('the other server answered');
    server.resume();
    expect(await answer).toEqual({ rows: [{ number: 1 }] });
  });
});

describeWithService('prometheus', 'Prometheus for tests', () => {
  const metrics = '# HELP asked_total Questions.\n# TYPE asked_total counter\nasked_total{by="all"} 3\n';

  it('scrapes a target and answers queries', async () => {
    const target = createServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(metrics);
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void target.close());
    const address = target.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const prometheus = await startPrometheus({ targets: [`http://127.0.0.1:${port}/metrics`] });
    await expect
      .poll(() => prometheus.query('asked_total'))
      .toMatchObject([{ labels: { by: 'all' }, value: 3 }]);
  });

  it('checks metrics by promtool', async () => {
    expect(await problemsOfMetrics(metrics)).toEqual([]);
    expect(await problemsOfMetrics('asked{ 3\n')).not.toEqual([]);
    expect((await problemsOfMetrics(metrics.replaceAll('asked_total', 'asked'))).join()).toContain('_total');
  });
});
