/**
 * Accounts of what a cache does: an observer that holds events, and enters them into the books off the request's path.
 */
import type { Clock } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import type { ObservedEvent, Observer } from '../../observe/events.ts';
import { messageOf, notify } from '../../observe/report.ts';
import type { PriceSource, Pricing } from '../pricing/contract.ts';
import { flatPricingAt, flatRateUsd } from '../pricing/flat-rate.ts';
import { answerToPrice, type Gathered, openBooks } from './books.ts';
import type { Totals } from './counters.ts';
import { isBooked, typesOfAccounts } from './events.ts';
import { type AccountLimits, defaultLimits } from './limits.ts';

export interface AccountsOptions {
  readonly clock: Clock;
  /** Called once, when there is something to price. Where it rejects, answers cost the flat rate. */
  readonly pricing: () => Promise<Pricing>;
  /** US dollars for the answer to a request while there are no prices. Default: 0.002. */
  readonly flatRateUsd?: number | undefined;
  /** Whether the texts of questions are stored (`keepText`). */
  readonly keepsText: boolean;
  /** Called once with a sentence for the operator if there are no prices. */
  readonly onTrouble?: ((message: string) => void) | undefined;
  /** Whether something takes what is added up: a ledger. Otherwise only the totals are added up. Default true. */
  readonly isTaken?: boolean | undefined;
  readonly limits?: Partial<AccountLimits> | undefined;
  /** Chooses the rows of a sample. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export interface Accounts {
  /** Whether the texts of questions are stored. */
  readonly keepsText: boolean;
  /** Holds an event; takes well under a microsecond. */
  readonly observe: Observer;
  /** Enters the text of a stored question, for the top questions. */
  stored(entry: Entry): void;
  /** Enters the events that wait. Never rejects. */
  drain(): Promise<void>;
  /** Hands over what was entered since the last take; {@link drain} comes before it, or events wait for the next. */
  take(): Gathered;
  /** Sums since the start, of the events that were entered. */
  totals(): Totals;
  /** Where the prices are from; undefined before there was something to price. */
  readonly priceSource: PriceSource | undefined;
}

/**
 * Milliseconds that an event waits at most, unless the process is busy. Events that live for longer than V8 takes to fill its
 * space for young objects, some 8 ms under full load, are moved to the old one: at 50 ms, garbage collection took as much
 * time as the cache itself.
 */
const waitMs = 2;
/** Events that are entered in one turn of the event loop, in about a millisecond. */
const inOneTurn = 1_000;
/** Milliseconds after which a turn ends early: a model that has not been priced before takes as long as hundreds of events. */
const turnMs = 2;
/** Events whose prices are looked up together. */
const lookedUpAtOnce = 1_000;
/** Events between two looks at the clock. */
const step = 50;

export function openAccounts(options: AccountsOptions): Accounts {
  const { clock, keepsText, onTrouble, isTaken = true } = options;
  const flatPricing = flatPricingAt(options.flatRateUsd ?? flatRateUsd);
  const limits = { ...defaultLimits, ...options.limits };
  const books = openBooks(limits, flatPricing, options.random);
  /** Events, and when each was observed. */
  let events: ObservedEvent[] = [];
  let times: number[] = [];
  /** How many of them are entered. */
  let entered = 0;
  let prices: Pricing | undefined;
  let loading: Promise<void> | undefined;
  let learning: Promise<void> | undefined;

  function load(): Promise<void> {
    loading ??= pricesOrNone();
    return loading;
  }

  async function pricesOrNone(): Promise<void> {
    try {
      prices = await options.pricing();
    } catch (error) {
      haveNone(error);
    }
  }

  function haveNone(error: unknown): void {
    prices = flatPricing;
    report(`There are no prices: ${messageOf(error)}. Every answer counts at the flat rate.`);
  }

  function report(message: string): void {
    if (onTrouble !== undefined) notify(onTrouble, message);
  }

  /** Enters up to so many events, and returns how many: fewer if the price of the next must be looked up. */
  function enter(most: number, pricing: Pricing): number {
    const start = entered;
    const end = Math.min(events.length, start + most);
    while (entered < end) {
      const event = events[entered];
      const at = times[entered] ?? 0;
      entered++;
      if (event === undefined || !isBooked(event)) continue;
      if (books.enter(event, at, pricing) === undefined) continue;
      entered--;
      break;
    }
    const count = entered - start;
    if (entered < events.length) return count;
    events = [];
    times = [];
    entered = 0;
    if (!isTaken) books.take();
    return count;
  }

  /** Looks up the prices of events that wait. */
  function learn(): Promise<void> {
    learning ??= learnOrNone().finally(() => {
      learning = undefined;
    });
    return learning;
  }

  async function learnOrNone(): Promise<void> {
    const end = entered + lookedUpAtOnce;
    const answers = events.slice(entered, end).flatMap((event, index) => {
      const answer = isBooked(event) ? answerToPrice(event, times[entered + index] ?? 0) : undefined;
      return answer === undefined || prices?.isKnown?.(answer) === true ? [] : [answer];
    });
    try {
      await prices?.learn?.(answers);
    } catch (error) {
      haveNone(error);
    }
  }

  /** In short turns, between which requests are served. */
  function enterSome(): void {
    const end = clock.monotonic() + turnMs;
    let left = inOneTurn;
    do {
      if (enter(step, prices ?? flatPricing) < step && events.length > 0) {
        void learn().then(enterSome);
        return;
      }
      left -= step;
    } while (left > 0 && events.length > 0 && clock.monotonic() < end);
    if (events.length > 0) clock.schedule(enterSome, 1);
  }

  function observe(event: ObservedEvent): void {
    if (event.type === 'maintenance') {
      // It has no price to wait for.
      if (isTaken) books.maintained(event);
      return;
    }
    const waiting = events.push(event);
    times.push(clock.now());
    if (waiting === 1) clock.schedule(() => void load().then(enterSome), waitMs);
    // Even if prices are still to come: an estimate is better than a gap.
    else if (waiting >= limits.queue) enter(waiting, withoutLookUp(prices ?? flatPricing));
  }

  return {
    keepsText,
    observe: Object.assign(observe, { types: typesOfAccounts }),
    stored(entry) {
      if (keepsText && isTaken) books.store(entry, clock.now());
    },
    async drain() {
      let left = events.length - entered;
      if (left > 0) await load();
      while (left > 0 && events.length > 0) {
        left -= enter(left, prices ?? flatPricing);
        if (left > 0 && events.length > 0) await learn();
      }
    },
    take: books.take,
    totals: books.totals,
    get priceSource() {
      return prices?.source;
    },
  };
}

/** The same prices, as far as they are known. */
function withoutLookUp(pricing: Pricing): Pricing {
  return { source: pricing.source, costOf: (answer) => pricing.costOf(answer) };
}
