import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutPoliteness } from './drop-politeness.ts';
import { semanticTextOf } from './normalise.ts';

/** By language: a question, and the same with politeness. */
const same: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  en: {
    'What is the capital of France?': [
      'what is the capital of France',
      'Hi, what is the capital of France?',
      'Hello there! Could you please tell me what is the capital of France?',
      'What is the capital of France please',
      'What is the capital of France, please?',
      'What is the capital of France? Thanks!',
      'Good morning, quick question: what is the capital of France? Thank you so much in advance.',
      'Hey 👋 what is the capital of France? 😊',
      'I was wondering if you could tell me what is the capital of France',
      'Excuse me, what is the capital of France?',
      'Please, what is the capital of France?',
      'Dear team,\n\nWhat is the capital of France?\n\nBest regards',
      'hello what is the capital of France??',
      'I hope you are doing well. What is the capital of France? Any help would be appreciated!',
      'Hi! How are you? I have a question. What is the capital of France?',
      'Do you know what is the capital of France?',
      'Sorry to bother you, but what is the capital of France?',
      'What is  the capital\u00a0of France ?',
      'What is the capital of France? Any help appreciated',
      'What is the capital of France 🙂',
    ],
    'Explain how a heat pump works.': [
      'Could you please explain how a heat pump works?',
      'please explain how a heat pump works',
      'Can you explain how a heat pump works? Thanks',
      'Explain how a heat pump works, please.',
      'Would you kindly explain how a heat pump works?',
    ],
    'Can I return a product without a receipt?': [
      'Hi, can I return a product without a receipt?',
      'Hello, can I return a product without a receipt please? Thank you!',
      'can I return a product without a receipt',
    ],
  },
  es: {
    '¿Puedo devolver un producto sin el recibo?': [
      'Hola, ¿puedo devolver un producto sin el recibo?',
      'Buenas tardes, ¿puedo devolver un producto sin el recibo, por favor?',
      'Hola buenas, puedo devolver un producto sin el recibo? gracias',
      'Disculpe, ¿puedo devolver un producto sin el recibo? Muchas gracias de antemano.',
      'Por favor, ¿puedo devolver un producto sin el recibo?',
    ],
    '¿Cuál es el límite de retirada diario?': [
      '¿Podría decirme cuál es el límite de retirada diario?',
      'Buenos días. ¿Me podría decir, por favor, cuál es el límite de retirada diario? Gracias',
      'Quisiera saber cuál es el límite de retirada diario',
      'Hola, una pregunta: ¿cuál es el límite de retirada diario?',
      '¿Sabe usted cuál es el límite de retirada diario?',
      '¡Hola! Me gustaría saber cuál es el límite de retirada diario, gracias.',
    ],
  },
  pt: {
    'Como cancelo a minha assinatura?': [
      'Bom dia, como cancelo a minha assinatura?',
      'Olá, tudo bem? Como cancelo a minha assinatura, por favor?',
      'Oi! Como cancelo a minha assinatura? Obrigado!',
      'Por gentileza, como cancelo a minha assinatura?',
      'Você poderia me dizer como cancelo a minha assinatura?',
      'Boa tarde, gostaria de saber como cancelo a minha assinatura. Muito obrigada',
      'Poderia me informar como cancelo a minha assinatura? Desde já agradeço.',
    ],
  },
  ru: {
    'Как изменить адрес доставки?': [
      'Здравствуйте, как изменить адрес доставки, пожалуйста?',
      'Здравствуйте! Подскажите, пожалуйста, как изменить адрес доставки?',
      'Добрый день, подскажите как изменить адрес доставки? Спасибо!',
      'Привет! Не могли бы вы подсказать, как изменить адрес доставки?',
      'Скажите, пожалуйста, как изменить адрес доставки? Заранее спасибо.',
      'Извините, как изменить адрес доставки',
      'Хотелось бы узнать, как изменить адрес доставки. С уважением',
      'Добрый вечер. У меня вопрос: как изменить адрес доставки?',
    ],
    'Можно ли вернуть товар без чека?': [
      'Здравствуйте, можно ли вернуть товар без чека?',
      'Подскажите пожалуйста, можно ли вернуть товар без чека? Благодарю',
    ],
  },
  he: {
    'כמה עולה המסלול הבסיסי?': [
      'שלום, כמה עולה המסלול הבסיסי בבקשה?',
      'היי, כמה עולה המסלול הבסיסי? תודה!',
      'בוקר טוב, תוכלו להגיד לי בבקשה כמה עולה המסלול הבסיסי?',
      'שלום רב, רציתי לדעת כמה עולה המסלול הבסיסי. תודה רבה',
      'סליחה, כמה עולה המסלול הבסיסי?',
      'אפשר לדעת כמה עולה המסלול הבסיסי?',
      'שָׁלוֹם, שאלה קטנה: כמה עולה המסלול הבסיסי? תודה מראש',
    ],
  },
};

/** Texts that lose nothing but the form of their first letter and their final mark. */
const whole: Readonly<Record<string, readonly string[]>> = {
  en: [
    'Hi-Fi systems, which are good?',
    'Thank you note ideas',
    'Hello',
    'Thanks!',
    'Hi there, thank you',
    'Hello Kitty history',
    'Hello world in C',
    'Hey Jude lyrics',
    'Please Please Me release year',
    'Good Morning America host',
    'Thanks for all the fish meaning',
    'How do I say thank you?',
    'How do you say please in Spanish?',
    'What does "please" mean?',
    'How do I put a caller on hold and say please hold?',
  ],
  es: ['Hola', 'Gracias', '¿Cómo se dice por favor en inglés?', '¿Cómo se dice gracias?'],
  pt: ['Obrigado', 'Bom dia', 'Como se diz obrigado em japonês?'],
  ru: ['Спасибо', 'Здравствуйте!', 'Как будет спасибо по-английски?', 'Что значит слово пожалуйста?'],
  he: ['שלום', 'תודה רבה', 'איך אומרים תודה ביפנית?'],
  de: ['Hallo, was ist BM25? Danke'],
};

/** Different questions, by language. */
const apart: readonly (readonly [language: string, one: string, other: string])[] = [
  ['es', 'Tengo 5¿ 3 o mas', 'Tengo 53 o mas'],
  ['es', 'Cuesta 5,¿3 euros?', 'Cuesta 5,3 euros?'],
  ['en', 'What is x¿y', 'What is xy'],
  ['en', 'Is the US cold?', 'Is the us cold?'],
  ['en', 'Polish sausage recipes', 'polish sausage recipes'],
  ['en', 'What is 5!', 'What is 5?'],
  ['en', 'You are coming.', 'You are coming?'],
  ['en', 'Go on: To be or not to be...', 'Go on: To be or not to be'],
  ['en', 'Print "a"', "Print 'a'"],
  ['en', 'What does `Hi, a` print?', 'What does `a` print?'],
  ['en', 'IT jobs', 'it jobs'],
  ['en', 'Explain C', 'Explain c'],
  ['ru', 'Где Роза?', 'Где роза?'],
  ['es', '¿Cuánto pagó?', '¿Cuánto pago?'],
  ['pt', 'Minha avó', 'Minha avô'],
  [
    'en',
    'What does it print?\nfor n in (1, 2):\n  print(n)\nprint(3)',
    'What does it print?\nfor n in (1, 2):\n  print(n)\n  print(3)',
  ],
  ['en', 'Sort these lines:\nblue\nred green', 'Sort these lines:\nblue red\ngreen'],
  ['en', 'When did NBC cancel Cheers?', 'When did NBC cancel?'],
  ['en', 'When did Dido release Thank You', 'When did Dido release'],
  ['en', 'Can a judge reject pleas?', 'Can a judge reject?'],
  ['en', 'Do I need a comma after please?', 'Do I need a comma after?'],
  ['en', 'Translate to Spanish: where is it? Thank you', 'Translate to Spanish: where is it?'],
  ['en', 'Hello. Translate to Spanish.', 'Good morning. Translate to Spanish.'],
  ['en', 'Which is ruder: yes, or yes, please?', 'Which is ruder: yes, or yes?'],
  ['en', 'Is it polite to say no, thanks?', 'Is it polite to say no?'],
  ['en', 'Hello, Goodbye: when was the song released?', 'Goodbye: when was the song released?'],
  ['en', 'Good Morning, Vietnam: who plays in it?', 'Vietnam: who plays in it?'],
  ['en', 'What does the emoji mean 😊', 'What does the emoji mean 😂'],
  ['en', 'Explain the smiley 😀', 'Explain the smiley 😡'],
  ['en', 'Describe 🙂', 'Describe 🙁'],
  ['en', 'Can I know who viewed a profile?', 'Who viewed a profile?'],
  ['en', 'React to stress', 'react to stress'],
  ['en', 'Sort these:\na b\nc', 'Sort these:\na\nb c'],
  ['es', '¿Cuántas veces aparece gracias?', '¿Cuántas veces aparece?'],
  ['es', 'Traduce: ¿dónde está el baño, por favor?', 'Traduce: ¿dónde está el baño?'],
  ['pt', 'Carro com ABS', 'Carro com'],
  ['pt', 'O gol valeu?', 'O gol?'],
  ['ru', 'Можно узнать, кто заходил на страницу?', 'Кто заходил на страницу?'],
  ['ru', 'Нужна ли запятая после пожалуйста?', 'Нужна ли запятая после?'],
  ['he', 'האם מותר לאכול בשר נא?', 'האם מותר לאכול בשר?'],
  ['he', 'אילו מסמכים מצרפים בבקשה?', 'אילו מסמכים מצרפים?'],
];

describe('the semantic text', () => {
  for (const [language, questions] of Object.entries(same))
    it.each(Object.entries(questions))(
      `${language}: "%s" is the same with politeness`,
      (question, variants) => {
        const one = semanticTextOf(question, language);
        expect(variants.filter((variant) => semanticTextOf(variant, language) !== one)).toEqual([]);
      },
    );

  it.each(Object.entries(whole))(
    '%s: what only looks polite stays, and a greeting alone stays itself',
    (language, texts) => {
      for (const text of texts) expect(withoutPoliteness(text, language)).toBe(text);
    },
  );

  it.each(apart)('%s: "%s" and "%s" stay apart', (language, one, other) => {
    expect(semanticTextOf(one, language)).not.toBe(semanticTextOf(other, language));
  });

  it.each(['hi ', 'A', 'a-', ': a ', 'a\n', ', thanks', 'Aaa ', '!'])(
    'a text that repeats "%s" beyond all questions stays as it is, in linear time',
    (piece) => {
      const text = `Hello, ${piece.repeat(200_000)}x`;
      expect(semanticTextOf(text, 'en')).toBe(text);
      expect(withoutPoliteness(text, 'en').endsWith('x')).toBe(true);
    },
  );

  it('normalising twice gives the same as once', () => {
    const pieces = [
      ...[
        'Hi',
        'hello',
        'thanks',
        'please',
        'what is BM25',
        'could you',
        'tell me',
        'I',
        'Please',
        'U.S.',
        '5',
        'n',
      ],
      ...['hola', 'gracias', 'por favor', 'спасибо', 'скажите', 'как', 'שלום', 'תודה', '👋', 'É'],
      ...[' ', ', ', '. ', '! ', '? ', '?', '...', '\n', ': ', ' - ', '-'],
    ];
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((list) => list.join(''));
    fc.assert(
      fc.property(texts, fc.constantFrom('en', 'es', 'pt', 'ru', 'he', 'und'), (text, language) => {
        const once = semanticTextOf(text, language);
        expect(semanticTextOf(once, language)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });
});
