/**
 * Questions of an hour whose meaning is known: customer questions and assistants' commands in English, sentences of five
 * languages in several spellings, and everyday questions with their look-alikes. Two questions of one meaning have the same
 * answer.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { bankingTexts, clincTexts, randomOf } from '../streams/question-sets.ts';

const dataFolder = process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../../shared/data');

/** One question of the hour. */
export interface Question {
  readonly text: string;
  readonly meaning: string;
  readonly language: string;
  readonly category: string;
}

/** The texts of one meaning. */
type Meaning = readonly Question[];

/** Share of the hour's questions that come from each set. */
const shares = { banking: 0.4, assistant: 0.2, sentences: 0.25, everyday: 0.15 } as const;

/** As many questions as the recorded hour had requests; always the same. */
export async function questionsOfAnHour(): Promise<readonly Question[]> {
  const random = randomOf(2_611);
  const sets = {
    banking: drawn(byMeaning(await bankingTexts(), 'en', 'banking'), random),
    assistant: drawn(byMeaning(await clincTexts(), 'en', 'assistant'), random),
    sentences: drawn(await sentences(), random),
    everyday: drawn(await everydayMeanings(), random),
  };
  const arrivals = await requestsOfTheHour();
  return Array.from({ length: arrivals }, () => {
    let chance = random();
    for (const [name, share] of Object.entries(shares)) {
      chance -= share;
      if (chance < 0 && isSet(name)) return sets[name]();
    }
    return sets.everyday();
  });

  function isSet(name: string): name is keyof typeof sets {
    return Object.hasOwn(sets, name);
  }
}

/** Draws a meaning by Zipf's law, and one of its texts. */
function drawn(meanings: readonly Meaning[], random: () => number): () => Question {
  const order = meanings
    .map((meaning) => ({ meaning, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ meaning }) => meaning);
  let sum = 0;
  const bounds = order.map((_, rank) => {
    sum += 1 / (rank + 1);
    return sum;
  });
  return () => {
    const wanted = random() * sum;
    const meaning = order[bounds.findIndex((bound) => bound >= wanted)] ?? [];
    const question = meaning[Math.floor(random() * meaning.length)];
    if (question === undefined) throw new Error('a set has a meaning without a text');
    return question;
  };
}

async function requestsOfTheHour(): Promise<number> {
  const trace = await readFile(join(dataFolder, 'traffic', 'AzureLLMInferenceTrace_conv.csv'), 'utf8');
  return trace.trim().split('\n').length - 1;
}

const around: Readonly<Record<string, readonly string[]>> = {
  en: ['…', 'Hello! … Thank you!'],
  es: ['…', 'Hola, … Gracias.'],
  pt: ['…', 'Bom dia. … Obrigado.'],
  ru: ['…', 'Здравствуйте, … Спасибо.'],
  he: ['…', 'שלום, … תודה.'],
};
const tatoeba = {
  en: 'spa-eng.eng',
  es: 'spa-eng.spa',
  pt: 'por-eng.por',
  ru: 'rus-eng.rus',
  he: 'heb-eng.heb',
};
const sentencesOfALanguage = 300;

/** Sentences, each by itself, with politeness around it, and without its last mark. */
async function sentences(): Promise<readonly Meaning[]> {
  const sets = await Promise.all(
    Object.entries(tatoeba).map(async ([language, file]) => {
      const text = await readFile(join(dataFolder, 'questions', 'tatoeba', `tatoeba.${file}`), 'utf8');
      const lines = [...new Set(text.trim().split(/\r?\n/))].slice(0, sentencesOfALanguage);
      return lines.map((line, place) => {
        const polite = (around[language] ?? []).map((words) => words.replace('…', () => line));
        const texts = [...polite, line.replace(/[.!?]$/u, '')];
        const meaning = `${language} ${place}`;
        return texts.map((each) => ({ text: each, meaning, language, category: 'sentences' }));
      });
    }),
  );
  return sets.flat();
}

/** Paraphrases and look-alikes of everyday life, banking, finance and health. */
export async function everydayMeanings(): Promise<readonly Meaning[]> {
  const pairs = await linesOf('semantic/everyday.jsonl', everydaySchema);
  const texts = await linesOf('semantic/texts.jsonl', textSchema);
  const recorded = await linesOf('semantic/pairs.jsonl', pairSchema);
  const traps = recorded
    .filter(({ set }) => set === 'traps')
    .map(({ a, b, label }) => ({ lang: 'en', a: texts[a]?.text ?? '', b: texts[b]?.text ?? '', label }));
  const meanings = joined([...pairs, ...traps]);
  return meanings.map((each) => each.map((question) => ({ ...question, category: 'everyday' })));
}

type LabelledPair = z.output<typeof everydaySchema>;

/** Texts that are linked by pairs of one answer share a meaning; the others have one of their own. */
function joined(pairs: readonly LabelledPair[]): readonly (readonly Omit<Question, 'category'>[])[] {
  const meaningOf = new Map<string, string>();
  const languages = new Map<string, string>();
  for (const { lang, a, b, label } of pairs) {
    for (const text of [a, b]) {
      languages.set(text, lang);
      if (!meaningOf.has(text)) meaningOf.set(text, text);
    }
    if (label !== 1) continue;
    const [one, other] = [meaningOf.get(a) ?? a, meaningOf.get(b) ?? b];
    for (const [text, meaning] of meaningOf) if (meaning === other) meaningOf.set(text, one);
  }
  const groups = Map.groupBy(meaningOf, ([, meaning]) => meaning);
  return [...groups.values()].map((group) =>
    group.map(([text, meaning]) => ({ text, meaning, language: languages.get(text) ?? 'en' })),
  );
}

function byMeaning(
  rows: readonly (readonly [text: string, meaning: string])[],
  language: string,
  category: string,
): readonly Meaning[] {
  const groups = Map.groupBy(rows, ([, meaning]) => meaning);
  return [...groups].map(([meaning, texts]) =>
    texts.map(([text]) => ({ text, meaning: `${category} ${meaning}`, language, category })),
  );
}

const textSchema = z.object({ text: z.string() });
const pairSchema = z.object({ set: z.string(), a: z.number(), b: z.number(), label: z.number() });
const everydaySchema = z.object({ lang: z.string(), a: z.string(), b: z.string(), label: z.number() });

async function linesOf<Line>(file: string, schema: z.ZodType<Line>): Promise<readonly Line[]> {
  const text = await readFile(join(dataFolder, file), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => schema.parse(JSON.parse(line)));
}
