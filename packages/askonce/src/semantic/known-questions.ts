/**
 * Questions that were asked before, by the keys of their requests: a key covers partition, language, frame and text. What
 * depends on the texts alone is read once: language, gates, vector, and how a question compares with a stored one.
 */
import { LRUCache } from 'lru-cache';
import { type Awaitable, andThen } from '../clock.ts';
import type { Ask } from '../engine/ask.ts';
import type { Neighbour } from './contract.ts';
import type { Embedded } from './embedders/embedding.ts';
import type { Veto } from './guards/guards.ts';
import {
  embedQuestion,
  type Out,
  type Question,
  type QuestionTools,
  type Requester,
  readQuestion,
} from './question.ts';

/** Bound on the questions that are remembered, in bytes: some thousands. */
const mostBytes = 16 * 1024 * 1024;
/** What a question takes besides text and vector, in bytes: mostly what it was compared with. */
const overhead = 8_192;
/** Stored questions that one question is compared with, at most. */
const mostCompared = 16;

/** How a question compares with a stored one. */
interface Compared {
  identical?: boolean;
  veto?: Veto | 'none';
}

export class KnownQuestion implements Question {
  readonly text: string;
  readonly core: string;
  readonly embeddable: string;
  readonly language: string;
  /** Once it is known. */
  embedded: Extract<Embedded, { readonly vector: Float32Array }> | undefined;
  /** The nearest as they were found, down to which similarity, and how often the indexes had changed by then. */
  near:
    | { readonly neighbours: readonly Neighbour[]; readonly least: number; readonly changes: number }
    | undefined;
  readonly #compared = new Map<string, Compared>();

  constructor({ text, core, embeddable, language }: Question) {
    this.text = text;
    this.core = core;
    this.embeddable = embeddable;
    this.language = language;
  }

  get bytes(): number {
    return (
      overhead +
      2 * (this.text.length + this.core.length + this.embeddable.length) +
      (this.embedded?.vector.byteLength ?? 0)
    );
  }

  isIdentical(key: string, compare: () => boolean): boolean {
    const compared = this.#comparedWith(key);
    compared.identical ??= compare();
    return compared.identical;
  }

  veto(key: string, compare: () => Veto | undefined): Veto | undefined {
    const compared = this.#comparedWith(key);
    compared.veto ??= compare() ?? 'none';
    return compared.veto === 'none' ? undefined : compared.veto;
  }

  #comparedWith(key: string): Compared {
    const known = this.#compared.get(key);
    if (known !== undefined) return known;
    if (this.#compared.size >= mostCompared) this.#compared.clear();
    const compared = {};
    this.#compared.set(key, compared);
    return compared;
  }
}

export interface KnownQuestions {
  /** The question of a request that the tier may take. */
  read(ask: Pick<Ask, 'identity'>): KnownQuestion | Out;
  /** Its vector, at once if it is known. */
  embed(ask: Requester, question: KnownQuestion): Awaitable<Embedded>;
}

export function knownQuestions(tools: QuestionTools): KnownQuestions {
  const known = new LRUCache<string, KnownQuestion | Out>({
    maxSize: mostBytes,
    sizeCalculation: (one) => ('out' in one ? overhead : one.bytes),
  });
  return {
    read(ask) {
      const { key } = ask.identity;
      const before = known.get(key);
      if (before !== undefined) return before;
      const question = readQuestion(tools, ask);
      const made = 'out' in question ? question : new KnownQuestion(question);
      known.set(key, made);
      return made;
    },
    embed(ask, question) {
      if (question.embedded !== undefined) return question.embedded;
      return andThen(embedQuestion(tools, ask, question), (embedded) => {
        if ('vector' in embedded && question.embedded === undefined) {
          question.embedded = embedded;
          // With the vector it takes more room.
          known.set(ask.identity.key, question);
        }
        return embedded;
      });
    },
  };
}
