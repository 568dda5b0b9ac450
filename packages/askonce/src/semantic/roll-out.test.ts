import { expect, it } from 'vitest';
import { openEngine } from '../engine/engine.ts';
import type { SettingsInput } from '../settings/table.ts';
import type { Questioner } from './question.ts';
import { type RollOut, rollOut } from './roll-out.ts';

const secret = 'the secret of all gateways';

interface Asked {
  readonly question: string;
  readonly context?: Questioner['request']['context'];
}

/** The roll-out of one process, and requests as it reads them. */
function processWith(settings: SettingsInput = {}) {
  const { engine, identify } = openEngine({ settings: { secret, ...settings } });
  const asking = ({ question, context = {} }: Asked): Questioner => {
    const request = {
      protocol: 'openai-chat',
      upstream: 'https://provider.test/v1',
      route: '/chat/completions',
      query: '',
      headers: { authorization: 'Bearer alpha' },
      body: JSON.stringify({ model: 'gpt-x', messages: [{ role: 'user', content: question }] }),
      context,
      directives: {},
    };
    const identity = identify(request);
    if ('bypass' in identity) throw new Error(identity.bypass);
    return { identity, request };
  };
  const setTo = (percent: number) =>
    engine.flags.replaceChanges(engine.flags.changed({ semanticRollout: percent }));
  return { rolledOut: rollOut(engine), asking, setTo };
}

const thousand = Array.from({ length: 1_000 }, (_, at) => at);

function served(rolledOut: RollOut, requests: readonly Questioner[]): readonly number[] {
  return requests.flatMap((request, at) => (rolledOut.whyInShadow(request) === undefined ? [at] : []));
}

const callers: readonly (readonly [string, (at: number) => Asked])[] = [
  ['users', (at) => ({ question: 'How are you?', context: { user: `u${at}` } })],
  ['sessions', (at) => ({ question: 'How are you?', context: { session: `s${at}` } })],
  ['questions', (at) => ({ question: `How old is number ${at}?` })],
];

it.each(callers)(
  'of 1 000 %s a share is served, the same in two processes, and a larger share contains it',
  (_, callerOf) => {
    const [one, other] = [processWith(), processWith()];
    const requests = thousand.map((at) => one.asking(callerOf(at)));
    let before: readonly number[] = [];
    for (const percent of [0, 10, 50, 100]) {
      one.setTo(percent);
      other.setTo(percent);
      const now = served(one.rolledOut, requests);
      expect(served(one.rolledOut, requests)).toEqual(now);
      expect(
        served(
          other.rolledOut,
          thousand.map((at) => other.asking(callerOf(at))),
        ),
      ).toEqual(now);
      const sigma = Math.sqrt(10 * percent * (1 - percent / 100));
      expect(Math.abs(now.length - 10 * percent)).toBeLessThanOrEqual(5 * sigma);
      expect(before.filter((at) => !now.includes(at))).toEqual([]);
      before = now;
    }
  },
);

it('a user is served whatever the session and the question, and a session whatever the question', () => {
  const { rolledOut, asking, setTo } = processWith();
  setTo(50);
  for (const context of [{ user: 'u' }, { session: 's' }]) {
    const answers = thousand
      .slice(0, 50)
      .map((at) => rolledOut.whyInShadow(asking({ question: `How old is number ${at}?`, context })));
    expect(new Set(answers).size).toBe(1);
  }
  const users = thousand.slice(0, 50).map((at) => ({ user: `u${at}`, session: 'the same' }));
  expect(
    new Set(users.map((context) => rolledOut.whyInShadow(asking({ question: 'How?', context })))).size,
  ).toBe(2);
});

it('another secret serves other callers', () => {
  const [one, other] = [processWith(), processWith({ secret: 'another secret altogether' })];
  const of = ({ rolledOut, asking, setTo }: ReturnType<typeof processWith>) => {
    setTo(50);
    return served(
      rolledOut,
      thousand.map((at) => asking({ question: 'How are you?', context: { user: `u${at}` } })),
    );
  };
  expect(of(one)).not.toEqual(of(other));
});

it('the mode shadow is a roll-out to no caller, and hits are counted for each share anew', () => {
  const { rolledOut, asking, setTo } = processWith({ semanticMode: 'shadow', semanticRollout: 50 });
  expect(rolledOut.whyInShadow(asking({ question: 'How are you?' }))).toBe('mode');
  expect(rolledOut.status()).toEqual({ mode: 'shadow', percent: 0, served: 0 });
  setTo(100);
  expect(rolledOut.whyInShadow(asking({ question: 'How are you?' }))).toBeUndefined();
  rolledOut.served();
  expect(rolledOut.status()).toEqual({ mode: 'serve', percent: 100, served: 1 });
  setTo(0.01);
  expect(rolledOut.whyInShadow(asking({ question: 'How are you?' }))).toBe('rollout');
  expect(rolledOut.status()).toEqual({ mode: 'serve', percent: 0.01, served: 0 });
});
