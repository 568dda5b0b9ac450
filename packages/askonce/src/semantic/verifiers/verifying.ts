/**
 * What the semantic tier asks for verdicts: the verifier, which decides while a request waits, and the judge, which
 * decides on samples behind it. Both have limits, and neither rejects.
 */
import type { Awaitable, Clock } from '../../clock.ts';
import type { CacheEvent } from '../../observe/events.ts';
import { notify } from '../../observe/report.ts';
import type { Settings } from '../../settings/table.ts';
import type { Judge, JudgedPair, VerifiedPair, Verifier } from '../contract.ts';
import type { PartReport } from '../report.ts';
import { type CallBudget, callBudget } from './budget.ts';
import { type Billed, type Decision, type Decisions, decisions } from './decisions.ts';
import { answerFor, comparable, verifiable } from './lengths.ts';

export interface VerdictSources {
  readonly verifier?: Verifier | undefined;
  /** Decides on samples, if not the verifier. */
  readonly judge?: Judge | undefined;
  readonly clock: Clock;
  readonly settings: Pick<
    Settings,
    'semanticVerifierMs' | 'semanticVerifierCallsPerMinute' | 'semanticVerifierUsdPerDay'
  >;
  /** One sentence for the operator each time that a breaker opens; without text or key. */
  readonly onTrouble?: ((message: string) => void) | undefined;
  /** Called with each call that is paid for. */
  readonly onBilled?: ((call: PaidCall) => void) | undefined;
}

type PaidCall = Omit<Extract<CacheEvent, { readonly type: 'semantic-call' }>, 'type'>;

/** A source of verdicts on pairs of one kind. */
interface VerdictSource<Pair> {
  readonly name: string;
  /** Whether it can be asked now: its breaker lets a call pass, and its budget is not spent. */
  readonly isReady: boolean;
  /** Whether the decision on a pair needs no call: it is remembered, or on its way. */
  knows(pair: Pair, partition: string): boolean;
  /**
   * The decision on a pair of one partition; no two partitions share one. Serve or learn only from `same` and `different`.
   * A pair whose texts are too long to be decided on is `unsure`, without a call. `requestId` is for reports.
   */
  decide(pair: Pair, partition: string, requestId?: string): Awaitable<Decision>;
  report(): PartReport;
}

export interface Verdicts {
  /** Absent without a verifier. A caller waits for at most `semanticVerifierMs`. */
  readonly verifier: VerdictSource<VerifiedPair> | undefined;
  /** Absent without a judge. */
  readonly judge: VerdictSource<JudgedPair> | undefined;
  /** Ends all calls. */
  close(): void;
}

/** Time of a judge, in ms: no request waits for it. */
const judgeMs = 30_000;
const unlimited = { callsPerMinute: Number.POSITIVE_INFINITY, usdPerDay: Number.POSITIVE_INFINITY };

/** The calls and the money of a verifier that judges as well are one budget. */
export function openVerdicts(sources: VerdictSources): Verdicts {
  const { verifier, judge, clock, settings, onTrouble, onBilled } = sources;
  const opened = (what: string, name: string) => () => {
    if (onTrouble !== undefined) notify(onTrouble, `${what} ${failing(name)}`);
  };
  const billed = (part: PaidCall['part'], { name, service }: Pick<Judge, 'name' | 'service'>) => {
    return ({ requestId, durationMs, usd, usage, isAnswered }: Billed) => {
      // A caller's own function is paid for if it says so.
      if (onBilled === undefined || (service === undefined && usd === 0)) return;
      const { provider, model } = service ?? { provider: '', model: name };
      const isKnown = service === undefined || service.knowsPrices === true || !isAnswered;
      const cost = isKnown ? usd : undefined;
      notify(onBilled, { part, requestId, durationMs, provider, model, usage, usd: cost });
    };
  };
  const paid = callBudget(clock, {
    callsPerMinute: settings.semanticVerifierCallsPerMinute,
    usdPerDay: settings.semanticVerifierUsdPerDay,
  });
  const judgesItself = judge !== undefined && judge.name === verifier?.name;
  const judgeBudget = judgesItself || judge?.usdAtMost !== undefined ? paid : callBudget(clock, unlimited);

  const verifierSource =
    verifier &&
    sourceOf(verifier.name, paid, {
      shorten: (pair: VerifiedPair) => (verifiable(pair) ? answerFor(pair) : undefined),
      made: decisions<VerifiedPair>({
        ask: (pair, signal) => verifier.verify(pair, signal),
        textsOf: ({ question, earlierQuestion, earlierAnswer, language }) => [
          verifier.name,
          language,
          question,
          earlierQuestion,
          earlierAnswer,
        ],
        usdAtMost: verifier.usdAtMost,
        budget: paid,
        clock,
        waitMs: settings.semanticVerifierMs,
        onOpen: opened('The verifier', verifier.name),
        onBilled: billed('verifier', verifier),
      }),
    });
  const judgeSource =
    judge &&
    sourceOf(judge.name, judgeBudget, {
      shorten: (pair: JudgedPair) => (comparable(pair) ? pair : undefined),
      made: decisions<JudgedPair>({
        ask: (pair, signal) => judge.judge(pair, signal),
        textsOf: ({ question, earlierQuestion, earlierAnswer, answer, language }) => [
          judge.name,
          language,
          question,
          earlierQuestion,
          earlierAnswer,
          answer,
        ],
        usdAtMost: judge.usdAtMost,
        budget: judgeBudget,
        clock,
        waitMs: judgeMs,
        onOpen: opened('The judge', judge.name),
        onBilled: billed('judge', judge),
      }),
    });
  return {
    verifier: verifierSource?.source,
    judge: judgeSource?.source,
    close() {
      verifierSource?.close();
      judgeSource?.close();
    },
  };
}

function failing(name: string): string {
  return `${name} has failed five times in a row and is not called for a minute; check it.`;
}

function sourceOf<Pair>(
  name: string,
  budget: CallBudget,
  { shorten, made }: { shorten(pair: Pair): Pair | undefined; readonly made: Decisions<Pair> },
): { readonly source: VerdictSource<Pair>; close(): void } {
  let tooLong = 0;
  return {
    source: {
      name,
      get isReady() {
        return made.isReady;
      },
      knows(pair, partition) {
        const fitting = shorten(pair);
        return fitting !== undefined && made.knows(fitting, partition);
      },
      decide(pair, partition, requestId) {
        const fitting = shorten(pair);
        if (fitting !== undefined) return made.decide(fitting, partition, requestId);
        tooLong++;
        return 'unsure';
      },
      report() {
        const { circuit: _circuit, calls, failures, ...counts } = made.counts();
        const decided = { ...counts, tooLong };
        const trouble = made.isOpen ? failing(name) : undefined;
        const usdToday = budget.usdToday();
        return { name, open: made.isOpen, calls, failures, trouble, usdToday, decided };
      },
    },
    close: made.close,
  };
}
