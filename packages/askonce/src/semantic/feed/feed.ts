/**
 * The feed: a log in the shared store by which the semantic tiers of all processes learn of each other's changes.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../observe/report.ts';
import { Listeners } from '../../store/listeners.ts';
import { logFollower } from '../../store/log-follower.ts';
import type { LogStore } from '../../store/shared.ts';
import type { Change, ChangeKind, ChangeOf, Feed } from './contract.ts';
import { publishing } from './publishing.ts';
import { feedReading, type Gap } from './reading.ts';

export interface FeedOptions {
  readonly log: LogStore;
  readonly clock: Clock;
  /** Called with one sentence for the operator, once for each time of trouble. */
  readonly onTrouble: (message: string) => void;
}

export function openFeed({ log, clock, onTrouble }: FeedOptions): Feed {
  const by = randomBytes(8).toString('hex');
  const changes = new Listeners<[Change]>();
  const missed = new Listeners();
  let gaps = 0;
  let unread: string | undefined;
  let unwritten: string | undefined;

  const reading = feedReading({
    ...{ log, clock, by, onGap },
    onChange: (change) => changes.call(change),
  });
  const publisher = publishing({
    ...{ log, clock, by },
    above: () => reading.highest,
    onAppended: reading.appended,
    onTrouble(error) {
      unwritten = `changes cannot be written to the feed (${messageOf(error)}): other processes learn of them later`;
      onTrouble(unwritten);
    },
  });
  const follower = logFollower({
    ...{ store: log, clock, update: reading.update },
    readAt: () => reading.readAt,
    onTrouble(error) {
      unread = `the feed cannot be read (${messageOf(error)}): no semantic hit is served until it can be`;
      onTrouble(unread);
    },
    onRecovered: publisher.retry,
  });
  // What lies in this process's memory cannot be out of reach, and is read in the turn in which it is appended.
  const isOwn = log.readNow !== undefined;
  const isCurrent = () => isOwn || follower.isCurrent;

  function onGap(gap: Gap): void {
    if (gap !== 'first') gaps += 1;
    missed.call();
    if (gap === 'fork') publisher.repeat();
  }

  return {
    get isCurrent() {
      return isCurrent();
    },
    report: publisher.report,
    announce: publisher.announce,
    on: (kind, listener) =>
      changes.add((change) => {
        if (isOf(change, kind)) listener(change);
      }),
    onGap: (listener) => missed.add(listener),
    catchUp: () => (isOwn || follower.isInTrouble ? Promise.resolve(isCurrent()) : follower.catchUp()),
    status() {
      const ageMs = clock.monotonic() - reading.readAt;
      return {
        isCurrent: isCurrent(),
        ageMs: Number.isFinite(ageMs) ? ageMs : undefined,
        position: reading.position,
        waiting: publisher.waiting,
        gaps,
        trouble:
          (follower.isInTrouble ? unread : undefined) ?? (publisher.isInTrouble ? unwritten : undefined),
      };
    },
    async close() {
      await publisher.close();
      follower.close();
    },
  };
}

function isOf<Kind extends ChangeKind>(change: Change, kind: Kind): change is ChangeOf<Kind> {
  return change.kind === kind;
}
