/**
 * What points outside the question, to an earlier turn, a text or a place, by language, in folded spelling. Own
 * compilation.
 */
export interface PointingWords {
  /** A whole sentence that says nothing alone: "why?", "continue". */
  readonly alone: string;
  /** The beginning of a follow-up: "what about". */
  readonly followUps: string;
  /** Anywhere: "the above", "your last answer". */
  readonly anywhere: string;
  /** Pronouns that need something before them in the question. */
  readonly pronouns: string;
  /** Before a noun: points whatever comes before. */
  readonly demonstratives: string;
  /** After a demonstrative: a time, or an idiom. */
  readonly exceptNouns: string;
  /** Words that cannot be what a pronoun stands for, besides function words: verbs that take one as their object. */
  readonly verbs: string;
  /** A pronoun that stands for nothing, or for what follows. */
  readonly expletives: string;
  /** A question word with nothing but a verb after it, where the subject may be left out. */
  readonly subjectless: string;
}
