/** Question words and the verbs that open a question, by what they ask for; folded. Own compilation (closed classes). */
import { listsOf } from './list.ts';

export type Kind =
  | 'time'
  | 'place'
  | 'reason'
  | 'person'
  | 'amount'
  | 'manner'
  | 'thing'
  | 'content'
  | 'advice'
  | 'permission'
  | 'future'
  | 'yes-or-no';

type Words = ReadonlyMap<string, ReadonlySet<string>>;

/** The words that open a question of each kind. `content` is recognised by the words after it: "what is in …". */
export const openings: readonly (readonly [kind: Kind, words: Words])[] = [
  ['time', listsOf({ en: 'when', es: 'cuando', pt: 'quando', ru: 'когда', he: 'מתי' })],
  [
    'place',
    listsOf({
      en: 'where',
      es: 'donde adonde',
      pt: 'onde aonde',
      ru: 'где куда откуда',
      he: 'איפה היכן לאן מאיפה',
    }),
  ],
  ['reason', listsOf({ en: 'why', es: 'porque', pt: 'porque', ru: 'почему зачем', he: 'למה מדוע' })],
  ['person', listsOf({ en: 'who whose', es: 'quien quienes', pt: 'quem', ru: 'кто кого кому', he: 'מי' })],
  [
    'amount',
    listsOf({
      es: 'cuanto cuanta cuantos cuantas',
      pt: 'quanto quanta quantos quantas',
      ru: 'сколько',
      he: 'כמה',
    }),
  ],
  ['manner', listsOf({ en: 'how', es: 'como', pt: 'como', ru: 'как', he: 'איך כיצד' })],
  [
    'thing',
    listsOf({
      en: 'what',
      es: 'que cual cuales',
      pt: 'que qual quais',
      ru: 'что какой какая какое какие',
      he: 'מה מהו מהי',
    }),
  ],
  [
    'advice',
    listsOf({
      en: 'should must',
      es: 'debo debe debes deberia',
      pt: 'devo deve deveria',
      ru: 'стоит следует',
      he: 'כדאי',
    }),
  ],
  [
    'permission',
    listsOf({
      en: 'can could may would',
      es: 'puedo puede puedes podria',
      pt: 'posso pode poderia',
      ru: 'можно могу',
      he: 'אפשר מותר ניתן',
    }),
  ],
  ['future', listsOf({ en: 'will' })],
  ['yes-or-no', listsOf({ en: 'is are am was were do does did has have had', he: 'האם' })],
];

/** After "how" in English these ask for an amount. */
export const amounts: ReadonlySet<string> = new Set(
  'many much long often far old soon big tall fast'.split(' '),
);

/** "What is the way to", "what do I do to": asks for a manner. */
export const manners = listsOf({
  en: 'way ways do does method methods step steps tip tips process procedure trick tricks happens happen like',
  es: 'hago hacer manera maneras forma formas modo pasos proceso procedimiento metodo consejos',
  pt: 'faco fazer maneira maneiras forma formas jeito modo passos processo procedimento metodo dicas',
  ru: 'сделать делать способ способы образом шаги порядок метод советы',
  he: 'לעשות דרך דרכים הדרך צעדים תהליך שיטה טיפים',
});

/** "What is in pesto?" is not "What is pesto?". */
export const copulas: ReadonlySet<string> = new Set(['is', 'are', 'was', 'were']);
export const insides: ReadonlySet<string> = new Set(
  'in inside on for with at from under behind after before'.split(' '),
);

/** Ask for the person to whom something is done. */
export const objects = listsOf({ ru: 'кого кому' });
export const beforeObjects = listsOf({ es: 'a', pt: 'a', he: 'את' });

/** What each kind may not stand for. Kinds that are not here may ask for one thing in other words. */
export const apart: Readonly<Record<Kind, readonly Kind[]>> = {
  time: ['place', 'reason', 'person', 'manner'],
  place: ['time', 'reason', 'person', 'manner', 'amount'],
  reason: [
    ...(['time', 'place', 'person', 'manner', 'amount', 'thing'] as const),
    ...(['content', 'advice', 'permission', 'future', 'yes-or-no'] as const),
  ],
  person: ['time', 'place', 'reason', 'manner', 'amount'],
  amount: ['place', 'reason', 'person', 'manner'],
  manner: ['time', 'place', 'reason', 'person', 'amount', 'thing', 'content'],
  thing: ['reason', 'manner', 'content'],
  content: ['reason', 'manner', 'thing'],
  advice: ['reason', 'permission', 'future'],
  permission: ['reason', 'advice'],
  future: ['reason', 'advice', 'yes-or-no'],
  'yes-or-no': ['reason', 'future'],
};
