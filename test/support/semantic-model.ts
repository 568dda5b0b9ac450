/**
 * What semantic tiers that share one store may answer, whatever is asked, invalidated, erased and blocked where: the model
 * of random histories over caches or gateways.
 */
import type { SelectorInput } from 'askonce';
import { z } from 'zod';
import {
  type Invalidated,
  languageOfPattern,
  type ModelStep,
  type Walls,
  type Wish,
} from './semantic-histories.ts';

/** What one process does holds at another after this time. */
export const spreadMs = 1_000;

/** Removed answers that a chase asks for. */
const mostChased = 3;

/** A cache or a gateway. */
export interface Place {
  /**
   * Asks, with a provider that answers the text that `make` returns. Undefined if no answer was to be expected: the process
   * was killed meanwhile. Rejects if there should have been one.
   */
  ask(wish: Wish, make: () => string): Promise<Answered | undefined>;
  invalidate(selector: SelectorInput): Promise<unknown>;
  erase(user: string): Promise<unknown>;
  /** Says that the hit was wrong. */
  wrong(match: string): Promise<unknown>;
}

export interface Answered {
  /** The body, with the text of the provider in it. */
  readonly text: string;
  readonly isHit: boolean;
  /** Of a semantic hit. */
  readonly match: string | undefined;
}

/** Since when something holds, and the place that knows it from then on; the others know it a second later. */
interface Since {
  readonly by: number | undefined;
  readonly at: number;
}

/** An answer that a provider has made. */
export interface Made {
  readonly wish: Wish;
  /** The date, and the measured time. */
  readonly at: number;
  readonly born: number;
  readonly by: number;
  readonly teams: Set<string>;
  dead?: Since;
  blocked?: Since;
}

/** What the histories of a test came to. */
export interface Found {
  answers: number;
  semantic: number;
  /** Semantic hits on what another place had stored. */
  fromOthers: number;
  /** Answers that feedback blocked. */
  blocked: number;
  readonly violations: string[];
}

export const nothingFound = (): Found => ({
  answers: 0,
  semantic: 0,
  fromOthers: 0,
  blocked: 0,
  violations: [],
});

interface ModelOptions {
  readonly places: readonly Place[];
  readonly clock: { now(): number; monotonic(): number };
  readonly found: Found;
  /** Whether an answer is too old to be served, as a semantic hit or as another. */
  isPast(answer: Made, isSemantic: boolean): boolean;
  /** Questions with the same subject may answer each other. Default: all of them. */
  readonly subjectOf?: (wording: string) => string;
}

const said = z.object({ serial: z.number() });

export function semanticModel({ places, clock, found, isPast, subjectOf = () => '' }: ModelOptions) {
  const made: Made[] = [];
  const lastMatch: ({ readonly match: string; readonly answer: Made } | undefined)[] = places.map(
    () => undefined,
  );
  const invalidated = new Map<string, Since>();
  const background: Promise<unknown>[] = [];
  /** What was asked for the answers that were removed or blocked last. */
  let ended: readonly Wish[] = [];
  let chases = 0;

  const holds = (since: Since | undefined, at: number, began: number) =>
    since !== undefined && (since.by === at ? began >= since.at : began > since.at + spreadMs);

  function placeAt(at: number): Place {
    const place = places[at];
    if (place === undefined) throw new TypeError('there is no such place');
    return place;
  }

  async function ask(wish: Wish, at: number): Promise<void> {
    const began = clock.monotonic();
    const make = () => {
      const teams = new Set(wish.team === undefined ? [] : [wish.team]);
      const serial = made.push({ wish, at: clock.now(), born: clock.monotonic(), by: at, teams }) - 1;
      return JSON.stringify({ serial });
    };
    const answered = await placeAt(at)
      .ask(wish, make)
      .catch((error: unknown) => {
        found.violations.push(`not answered: ${JSON.stringify([at, String(error)])}`);
        return undefined;
      });
    if (answered !== undefined) check(wish, at, began, answered);
  }

  function check(
    { walls, wording, team }: Wish,
    at: number,
    began: number,
    { text, isHit, match }: Answered,
  ) {
    const [written = ''] = /\{\\?"serial\\?":\d+\}/.exec(text) ?? [];
    const { serial } = said.parse(JSON.parse(written.replaceAll('\\', '')));
    const answer = made[serial];
    if (answer === undefined) throw new TypeError('no such answer was made');
    const isSemantic = match !== undefined;
    const isSame = isSemantic
      ? subjectOf(answer.wish.wording) === subjectOf(wording)
      : answer.wish.wording === wording;
    const violations = [
      JSON.stringify(answer.wish.walls) !== JSON.stringify(walls) && 'crossed a wall',
      !isSame && 'another question',
      isPast(answer, isSemantic) && 'past its time',
      holds(answer.dead, at, began) && 'dead',
      isSemantic && holds(answer.blocked, at, began) && 'blocked',
      team !== undefined &&
        holds(invalidated.get(team), at, began) &&
        answer.born < (invalidated.get(team)?.at ?? 0) &&
        isHit &&
        'of an invalidated team',
    ].filter((violation) => violation !== false);
    found.violations.push(...violations.map((violation) => `${violation}: ${JSON.stringify([at, serial])}`));
    found.answers += 1;
    if (team !== undefined) answer.teams.add(team);
    if (match === undefined) return;
    found.semantic += 1;
    if (answer.by !== at) found.fromOthers += 1;
    lastMatch[at] = { match, answer };
  }

  /** Those that a removal means are dead once it has resolved; one that fails may have removed them or not. */
  async function kill(at: number, isMeant: (answer: Made) => boolean, removing: Promise<unknown>) {
    const meant = made.filter(isMeant);
    const isDone = await removing.then(
      () => true,
      () => false,
    );
    if (!isDone) return undefined;
    const dead = { by: at, at: clock.monotonic() };
    for (const answer of meant) answer.dead ??= dead;
    if (meant.length > 0) ended = meant.slice(-mostChased).map(({ wish }) => wish);
    return dead;
  }

  async function invalidate({ at, what, value }: Invalidated): Promise<void> {
    const removing = placeAt(at).invalidate(selectorOf(what, value));
    const dead = await kill(at, (answer) => isSelected(answer, what, value), removing);
    if (what === 'team' && dead !== undefined) invalidated.set(value, dead);
  }

  async function feedback(at: number): Promise<void> {
    const last = lastMatch[at];
    if (last === undefined) return;
    const isGiven = await placeAt(at)
      .wrong(last.match)
      .then(
        () => true,
        () => false,
      );
    if (!isGiven || last.answer.blocked !== undefined) return;
    last.answer.blocked = { by: at, at: clock.monotonic() };
    found.blocked += 1;
    ended = [last.answer.wish];
  }

  return {
    async take(step: ModelStep): Promise<void> {
      if (step.do === 'ask') await Promise.all([...new Set(step.at)].map((at) => ask(step, at)));
      else if (step.do === 'invalidate') await invalidate(step);
      else if (step.do === 'feedback') await feedback(step.at);
      else {
        const { at, user } = step;
        // It waits for more than a second: the history goes on.
        background.push(kill(at, ({ wish }) => wish.walls.user === user, placeAt(at).erase(user)));
      }
    },
    /** Does something besides, which ends with the history. */
    beside(happening: Promise<unknown>): void {
      background.push(happening);
    },
    kill,
    /** Asks everywhere for what was removed or blocked last, in words that were not used before. */
    async chase(): Promise<void> {
      const again = ({ wording }: Wish) => `${wording} This is question number ${++chases}.`;
      for (const wish of ended)
        await Promise.all(places.map((_, at) => ask({ ...wish, wording: again(wish) }, at)));
    },
    /** All that was made before is lost by `losing`. */
    async lose(losing: () => Promise<unknown>): Promise<void> {
      const meant = [...made];
      await losing();
      const dead = { by: undefined, at: clock.monotonic() };
      for (const answer of meant) answer.dead ??= dead;
    },
    /** Resolves once all that was begun is over. */
    async over(): Promise<void> {
      await Promise.all(background.splice(0));
    },
  };
}

export type SemanticModel = ReturnType<typeof semanticModel>;

/** The walls of a request that names nothing but its credential. */
export const plainWalls: Walls = {
  key: 'alpha',
  tenant: undefined,
  user: undefined,
  language: 'en',
  model: 'm1',
};

function selectorOf(what: Invalidated['what'], value: string): SelectorInput {
  if (what === 'all') return { all: true };
  return what === 'team' ? { tags: [`team=${value}`] } : { [what]: value };
}

function isSelected({ wish, teams }: Made, what: Invalidated['what'], value: string): boolean {
  if (what === 'team') return teams.has(value);
  if (what === 'category') return wish.category === value;
  if (what === 'pattern') return wish.walls.language === languageOfPattern;
  return what === 'all' || wish.walls[what] === value;
}
