/**
 * An hour of messages to a hotel: the arrivals of recorded traffic, questions in five languages that repeat as questions do
 * (Zipf's law), and recorded questions that are about something else. The same with each run.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { dataFolder } from '../../packages/askonce/src/testing/recordings.ts';
import { seeded, shuffled, zipf } from './seeded.ts';

export interface Label {
  readonly intent: 'greeting' | 'pricing' | 'availability' | 'location' | 'other';
  readonly language: 'en' | 'ru' | 'es' | 'pt' | 'he';
}

export interface Arrival extends Label {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly from: string;
  readonly text: string;
  readonly isSensitive: boolean;
}

const written: Readonly<
  Record<Label['language'], Readonly<Partial<Record<Label['intent'], readonly string[]>>>>
> = {
  en: {
    greeting: ['Hello!', 'Good morning'],
    pricing: [
      'How much does a double room cost?',
      'What is the price of a double room?',
      'What does breakfast cost?',
    ],
    availability: ['Are there any rooms free this weekend?', 'Is a single room available in July?'],
    location: ['Where is the hotel?', 'How far is the beach from the hotel?'],
  },
  ru: {
    greeting: ['Здравствуйте!', 'Добрый день'],
    pricing: [
      'Сколько стоит двухместный номер?',
      'Какая цена за двухместный номер?',
      'Сколько стоит завтрак?',
    ],
    availability: ['Есть ли свободные номера на выходные?', 'Свободен ли одноместный номер в июле?'],
    location: ['Где находится отель?', 'Как далеко от отеля пляж?'],
  },
  es: {
    greeting: ['¡Hola!', 'Buenos días'],
    pricing: [
      '¿Cuánto cuesta una habitación doble?',
      '¿Qué precio tiene una habitación doble?',
      '¿Cuánto cuesta el desayuno?',
    ],
    availability: [
      '¿Hay habitaciones libres este fin de semana?',
      '¿Hay una habitación individual disponible en julio?',
    ],
    location: ['¿Dónde está el hotel?', '¿A qué distancia está la playa del hotel?'],
  },
  pt: {
    greeting: ['Olá!', 'Bom dia'],
    pricing: [
      'Quanto custa um quarto duplo?',
      'Qual é o preço de um quarto duplo?',
      'Quanto custa o café da manhã?',
    ],
    availability: ['Há quartos livres neste fim de semana?', 'Há um quarto individual disponível em julho?'],
    location: ['Onde fica o hotel?', 'A que distância fica a praia do hotel?'],
  },
  he: {
    greeting: ['שלום!', 'בוקר טוב'],
    pricing: ['כמה עולה חדר זוגי?', 'מה המחיר של חדר זוגי?', 'כמה עולה ארוחת הבוקר?'],
    availability: ['יש חדרים פנויים בסוף השבוע?', 'האם חדר ליחיד פנוי ביולי?'],
    location: ['איפה נמצא המלון?', 'כמה רחוק החוף מהמלון?'],
  },
};

/** Before a question, as people write it. */
const openings: Readonly<Record<Label['language'], readonly string[]>> = {
  en: ['Hi, ', 'Please, ', 'Good evening! '],
  ru: ['Привет! ', 'Пожалуйста, ', 'Добрый вечер! '],
  es: ['Hola, ', 'Por favor, ', '¡Buenas tardes! '],
  pt: ['Olá, ', 'Por favor, ', 'Boa tarde! '],
  he: ['היי, ', 'בבקשה, ', 'ערב טוב! '],
};

/** It names what must not be stored. */
const sensitive = 'My passport is X12345678. Is a single room available in July?';

/** Every `step`th arrival of the hour. */
export function hourOfMessages(step: number): readonly Arrival[] {
  const data = dataFolder() ?? '';
  const trace = readFileSync(join(data, 'traffic', 'AzureLLMInferenceTrace_conv.csv'), 'utf8');
  const random = seeded(20_261_129);
  const corpus = shuffled([...ours(), ...foreign(data)], random);
  const rank = zipf(corpus.length, random);
  return trace
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .filter((_line, place) => place % step === 0)
    .flatMap((line, place) => {
      const common = {
        at: Date.parse(`2026-11-16T${line.slice(11, 23)}Z`),
        from: `35191${String(Math.floor(random() * 400) + 2_000_000)}`,
      };
      if (place % 60 === 59)
        return { ...common, text: sensitive, intent: 'availability', language: 'en', isSensitive: true };
      const message = corpus[rank()];
      return message === undefined
        ? []
        : { ...common, ...message, text: asWritten(message, random), isSensitive: false };
    });
}

type Message = Label & { readonly text: string };

function ours(): readonly Message[] {
  return languages.flatMap((language) =>
    intents.flatMap((intent) =>
      (written[language][intent] ?? []).map((text) => ({ text, intent, language })),
    ),
  );
}

const languages = ['en', 'ru', 'es', 'pt', 'he'] as const;
const intents = ['greeting', 'pricing', 'availability', 'location'] as const;

/** Questions to a bank, which a hotel does not answer. */
function foreign(data: string): readonly Message[] {
  const rows: unknown = parse(readFileSync(join(data, 'questions/banking77/test.csv')), { columns: true });
  const texts = z.array(z.object({ text: z.string() })).parse(rows);
  return texts
    .filter((_row, place) => place % 60 === 0)
    .map(({ text }) => ({ text: text.trim(), intent: 'other', language: 'en' }));
}

function asWritten({ text, language, intent }: Message, random: () => number): string {
  const how = random();
  if (how < 0.5) return text;
  if (how < 0.7) return text.toLowerCase();
  if (how < 0.8) return text.replace(/[?!]$/, '');
  if (intent === 'greeting') return `${text} 🙂`;
  return `${openings[language][Math.floor(random() * 3)]}${text}`;
}
