/** What each guard vetoes, and what it lets pass, by language. */
import { describe, expect, it } from 'vitest';
import type { GuardName } from '../contract.ts';
import { openGuards } from './guards.ts';

type Pair = readonly [one: string, other: string];
interface Cases {
  readonly vetoed: readonly Pair[];
  readonly passed: readonly Pair[];
}
type Table = Readonly<Record<string, Cases>>;

const numbers: Table = {
  en: {
    vetoed: [
      ['What does 3 kg cost?', 'What does 30 kg cost?'],
      ['A room for 2 nights', 'A room for 5 nights'],
      ['A room for 2 nights', 'A room for 2 weeks'],
      ['How do I save $5k?', 'How do I save $5,500?'],
      ['What is 5% of it?', 'What is 15 percent of it?'],
      ['What happened in 1914?', 'What happened?'],
      ['Python 3.10 install', 'Python 3.1 install'],
      ['Is the shop open at 9 am?', 'Is the shop open at 9 pm?'],
      ['twenty-five people', 'thirty-five people'],
      ['The third prize', 'The fourth prize'],
      ['from 3.6 to 3.7', 'from 3.7 to 3.6'],
      ['the 1st and the 6th', 'the 6th and the 1st'],
      ['under $200', 'under $250'],
    ],
    passed: [
      ['It costs 1,000 dollars', 'It costs $1000'],
      ['How do I save $5k?', 'How do I save 5000 dollars?'],
      ['two million euros', '€2m'],
      ['twenty-five kilos', '25 kg'],
      ['open at 5 pm', 'open at 17:00'],
      ['5 percent', '5%'],
      ['5.00 dollars', '$5'],
      ['What should I learn first?', 'What should I learn?'],
      ['symptoms of COVID-19', 'symptoms of covid 19'],
      ['What is one way?', 'What is a way?'],
      ['a million dollars', '1 million dollars'],
    ],
  },
  es: {
    vetoed: [
      ['¿Cuánto cuestan 1.000 unidades?', '¿Cuánto cuestan 10.000 unidades?'],
      ['una habitación para dos noches', 'una habitación para cinco noches'],
      ['el 3,5 % anual', 'el 35 % anual'],
    ],
    passed: [
      ['¿Cuánto son 1.000 euros?', '¿Cuánto son 1000 €?'],
      ['dos mil euros', '2.000 euros'],
      ['treinta y cinco años', '35 años'],
    ],
  },
  pt: {
    vetoed: [['Quanto custam 3 kg?', 'Quanto custam 30 kg?']],
    passed: [
      ['R$ 1.500,00', '1500 reais'],
      ['dois milhões de reais', '2 milhões de reais'],
    ],
  },
  ru: {
    vetoed: [
      ['Сколько стоит доставка 3 кг?', 'Сколько стоит доставка 30 кг?'],
      ['первый этаж и третий', 'первый этаж и четвертый'],
    ],
    passed: [
      ['доставка 10 000 рублей', 'доставка 10000 руб.'],
      ['двадцать пять дней', '25 дней'],
      ['5 тыс. рублей', '5000 рублей'],
    ],
  },
  he: {
    vetoed: [['כמה עולה לינה ל-2 לילות?', 'כמה עולה לינה ל-5 לילות?']],
    passed: [
      ['כמה עולה לינה ל-2 לילות?', 'כמה עולה לינה ל 2 לילות?'],
      ['1,000 שקלים', '1000 ש"ח'],
      ['עשרים וחמש דקות', '25 דקות'],
    ],
  },
};

const identifiers: Table = {
  en: {
    vetoed: [
      ['How do I get from gate A1 to gate B2?', 'How do I get from gate B2 to gate A1?'],
      ['How do I go from plan A to plan B?', 'How do I go from plan B to plan A?'],
      ['What is in plan A?', 'What is in plan B?'],
      ['Where is LN-5567?', 'Where is LN-5567A?'],
      ['branch #0471', 'branch #0472'],
      ['Write to a@example.com', 'Write to b@example.com'],
      ['open report.pdf', 'open report2.pdf'],
      ['upgrade to v1.2.3', 'upgrade to v1.2.4'],
      ['What is at https://example.com/a?', 'What is at https://example.com/A?'],
      ['fix a Galaxy S7', 'fix a Galaxy S8'],
      ['read /etc/hosts', 'read /etc/passwd'],
    ],
    passed: [
      ['How To Write A Letter', 'How to write a letter'],
      ['Can I take vitamin C?', 'can I take vitamin c'],
      ['case #D-7781', 'case D-7781.'],
      ['symptoms of COVID-19', 'symptoms of covid 19'],
      ["LN-5567's state", 'state of ln-5567'],
      ['a 30-day trial', 'a trial of 30 days'],
      ['the 1990s', 'the 1990s!'],
      ['yes and/or no', 'yes and or no'],
    ],
  },
  he: { vetoed: [['איפה LN-5567?', 'איפה LN-5568?']], passed: [['המצב של LN-5567', 'המצב ב-LN-5567']] },
};

const negation: Table = {
  en: {
    vetoed: [
      ['Can I pay in cash?', "Can't I pay in cash?"],
      ['Who is eligible?', 'Who is ineligible?'],
      ['Is it available?', 'Is it unavailable?'],
      ['What has sugar?', 'What is sugar-free?'],
      ['What is safe and not tasty?', 'What is not safe and tasty?'],
      ['Should I never pay?', 'Should I pay?'],
      ['Is it not illegal?', 'Is it illegal?'],
    ],
    passed: [
      ['Can I return it without a receipt?', "Can I return it if I don't have a receipt?"],
      ['Can I return it without a receipt?', 'Can I return it if I lost the receipt?'],
      ['Who is not eligible?', 'Who is ineligible?'],
      ['Is it free of charge?', 'Is it at no cost?'],
      ['Is it No. 5?', 'Is it number 5?'],
      ['Nevertheless, there are ways', 'However, there are ways'],
    ],
  },
  es: {
    vetoed: [
      ['¿Qué alimentos son seguros?', '¿Qué alimentos no son seguros?'],
      ['café con azúcar', 'café sin azúcar'],
    ],
    passed: [
      ['¿Puedo devolverlo sin el recibo?', '¿Puedo devolverlo si no tengo el recibo?'],
      ['No tengo nada', 'No tengo'],
      ['Nunca pago', 'No pago nunca'],
    ],
  },
  pt: {
    vetoed: [
      ['Posso levar animais?', 'Não posso levar animais?'],
      ['com álcool', 'sem álcool'],
    ],
    passed: [['Posso trocar sem a nota?', 'Posso trocar se eu não tiver a nota?']],
  },
  ru: {
    vetoed: [
      ['Можно ли приходить с детьми?', 'Нельзя ли приходить с детьми?'],
      ['чай с сахаром', 'чай без сахара'],
      ['работающий телефон', 'неработающий телефон'],
    ],
    passed: [
      ['вернуть товар без чека', 'вернуть товар, если нет чека'],
      ['Никто не знает', 'не знают'],
      ['вернуть товар без чека', 'вернуть товар, если чек потерян'],
    ],
  },
  he: {
    vetoed: [
      ['אילו מאכלים מומלצים בהיריון?', 'אילו מאכלים לא מומלצים בהיריון?'],
      ['מותר לחנות כאן?', 'אסור לחנות כאן?'],
    ],
    passed: [
      ['אפשר להחזיר מוצר בלי קבלה?', 'אפשר להחזיר מוצר ללא קבלה?'],
      ['אפשר להחזיר אם אין קבלה?', 'אפשר להחזיר בלי קבלה?'],
    ],
  },
};

const opposites: Table = {
  en: {
    vetoed: [
      ['How do I enable alerts?', 'How do I disable alerts?'],
      ['How do I enable alerts?', 'How do I turn off alerts?'],
      ['When should I buy?', 'When should I sell?'],
      ['What is the monthly fee?', 'What is the annual fee?'],
      ['How do I turn on the alarm?', 'How do I turn the alarm off?'],
      ['flights to Paris', 'flights from Paris'],
      ['a debit card', 'a credit card'],
      ['Do it before lunch', 'Do it after lunch'],
      ['How do I upgrade?', 'How do I downgrade?'],
      ['short-term gains', 'long-term gains'],
      ['open on Monday', 'open on Tuesday'],
    ],
    passed: [
      ['the difference between buying and selling', 'the difference of buy and sell'],
      ['open on Saturdays', 'opening hours on Saturday'],
      ['How do I get to Rome from here?', 'How do I go from here to Rome?'],
    ],
  },
  es: {
    vetoed: [
      ['¿Cómo activo las alertas?', '¿Cómo desactivo las alertas?'],
      ['el límite diario', 'el límite mensual'],
      ['abierto el lunes', 'abierto el martes'],
    ],
    passed: [['¿Abren el lunes?', '¿Están abiertos el lunes?']],
  },
  pt: {
    vetoed: [
      ['Como ativo os alertas?', 'Como desativo os alertas?'],
      ['plano básico', 'plano premium'],
    ],
    passed: [['Abrem na segunda?', 'Estão abertos na segunda-feira?']],
  },
  ru: {
    vetoed: [
      ['Как включить уведомления?', 'Как отключить уведомления?'],
      ['купить акции', 'продать акции'],
      ['поезд в Москву', 'поезд из Москвы'],
    ],
    passed: [['открываетесь в субботу', 'открыты по субботам']],
  },
  he: {
    vetoed: [
      ['כמה עולה המסלול הבסיסי?', 'כמה עולה המסלול המורחב?'],
      ['רכבת לחיפה', 'רכבת מחיפה'],
      ['דמי ניהול חודשיים חודשי', 'דמי ניהול שנתי'],
    ],
    passed: [['כמה עולה המסלול הבסיסי?', 'מה מחיר המסלול הבסיסי?']],
  },
};

const nameCases: Table = {
  en: {
    vetoed: [
      ['Who runs Acme in Rome?', 'Who runs Acme in Oslo?'],
      ['What is my balance at PPL?', 'What is my balance at UBS?'],
      ['How do I reset my phone?', 'How do I reset my Android phone?'],
      ['What does "mint" mean?', 'What does that mean?'],
      ['use my iPhone', 'use my phone'],
    ],
    passed: [
      ['the capital of France', 'The Capital Of France'],
      ['Who runs the UN?', 'Who runs the United Nations?'],
      ["McDonald's menu", 'the menu of McDonalds'],
      ['WHICH HAND TO USE?', 'which hand to use?'],
    ],
  },
  es: {
    vetoed: [['¿A qué hora sale el tren a Sevilla?', '¿A qué hora sale el tren a Granada?']],
    passed: [['el tren a Sevilla', 'tren a sevilla']],
  },
  de: { vetoed: [], passed: [['Wo ist mein Paket?', 'Wo ist meine Bestellung?']] },
};

const code: Table = {
  en: {
    vetoed: [
      ['What does `a == b` do?', 'What does `a === b` do?'],
      ['What is 5 + 3?', 'What is 5 * 3?'],
      ['What is 5 - 3?', 'What is 5 3?'],
      ['git push --force', 'git push --tags'],
      ['call foo_bar', 'call foo_baz'],
      ['What is -5 plus 3?', 'What is 5 plus 3?'],
      ['What is 5!', 'What is 5'],
      ['What does the 😀 emoji mean?', 'What does the 😡 emoji mean?'],
      ['What does ♥ mean on a card?', 'What does ♠ mean on a card?'],
      ['What does the symbol ∑ mean?', 'What does the symbol ∏ mean?'],
      ['How do I type § on a keyboard?', 'How do I type ¶ on a keyboard?'],
      ['What does ? mean in a regular expression?', 'What does ! mean in a regular expression?'],
      ['What is the meaning of "?" in a pattern?', 'What is the meaning of "." in a pattern?'],
      ['What does :) mean in a text?', 'What does :( mean in a text?'],
      ['What is 10⁶ in words?', 'What is 10⁹ in words?'],
      ['Is ½ more than a third?', 'Is ¼ more than a third?'],
    ],
    passed: [
      ['How do I bake bread 🍞 at home?', 'How do I bake bread at home?'],
      ['Is it free , or not ?', 'Is it free, or not?'],
      ['Does water boil at 100 °C?', 'Does water boil at 100 degrees C?'],
      ['Who said "I think"?', 'who said “I think” ?'],
      ['What does `a  ==  b` do?', 'what does ```a == b``` do?'],
      ['a user-friendly tool', 'a tool that is user friendly'],
    ],
  },
};

const swapped: Table = {
  en: {
    vetoed: [
      ['What is the fee of the gold plan?', 'What is the fee of the opal plan?'],
      ['Can I bring my parrot?', 'Can I bring my ferret?'],
      ['How will it end?', 'When will it end?'],
      ['Why is it blue?', 'Is it blue?'],
      ['Should I see a dentist?', 'Can I see a dentist?'],
      ['What is in aspirin?', 'What is aspirin?'],
      ['if cats met dogs, how would cats win', 'if cats met dogs, how would dogs win'],
    ],
    passed: [
      ['What are the best ways to save money?', 'What is a good way to save money?'],
      ['How do I stop snoring?', 'What are good ways to stop snoring?'],
      ['How long does delivery take?', 'When is the delivery?'],
      ['How do I cancel orders?', 'How do I cancel an order?'],
    ],
  },
  es: {
    vetoed: [['¿Tienen sopa de tomate?', '¿Tienen sopa de calabaza?']],
    passed: [['¿Tienen sopa?', '¿Hay sopas?']],
  },
  pt: {
    vetoed: [['Como cozinho feijão?', 'Como cozinho lentilha?']],
    passed: [['Como cozinho feijão?', 'O que faço para cozinhar feijões?']],
  },
  ru: {
    vetoed: [['Где купить молоко?', 'Где купить кефир?']],
    passed: [['Где купить заказ?', 'Где купить заказы?']],
  },
  he: { vetoed: [['איפה קונים חלב?', 'איפה קונים לחם?']], passed: [['איפה המסלול?', 'איפה המסלולים?']] },
};

const order: Table = {
  en: {
    vetoed: [
      ['How do I convert dollars to euros?', 'How do I convert euros to dollars?'],
      ['Do dogs chase cats?', 'Do cats chase dogs?'],
      ['What do people in Rome think of Oslo?', 'What do people in Oslo think of Rome?'],
      ['Can she have what he has?', 'Can he have what she has?'],
      ['How do I send money to you?', 'How do you send money to me?'],
      ['Is he allowed to drive my car?', 'Am I allowed to drive his car?'],
    ],
    passed: [
      ['Can I give my keys to her?', 'How can I give her my keys?'],
      ['Why is the sky blue?', 'Why the sky is blue?'],
      ['Do cats and dogs bite?', 'Do dogs and cats bite?'],
      ['senior project ideas', 'ideas for a senior project'],
      ['the best laptop for gaming', 'the best gaming laptop'],
    ],
  },
  es: {
    vetoed: [['cambiar dólares a euros', 'cambiar euros a dólares']],
    passed: [['pan y queso', 'queso y pan']],
  },
  ru: {
    vetoed: [
      ['перевести доллары в евро', 'перевести евро в доллары'],
      ['Нужно ли мне платить ему?', 'Нужно ли ему платить мне?'],
    ],
    passed: [['хлеб и сыр', 'сыр и хлеб']],
  },
  he: {
    vetoed: [['איך ממירים שקלים לדולרים?', 'איך ממירים דולרים לשקלים?']],
    passed: [['לחם וגבינה', 'גבינה ולחם']],
  },
};

const length: Table = {
  en: {
    vetoed: [
      ['How is asthma treated?', 'How is asthma in children treated?'],
      ['What does she think?', 'What does she think of herself?'],
      [
        'Does it rain?',
        'Does rain that falls on dusty desert roads between mountains evaporate before reaching underground rivers?',
      ],
    ],
    passed: [['What is a good way to save money?', 'How do I save money?']],
  },
};

const tables: Readonly<Record<GuardName, Table>> = {
  numbers,
  identifiers,
  negation,
  opposites,
  names: nameCases,
  code,
  'swapped-word': swapped,
  'word-order': order,
  length,
};

describe.each(Object.entries(tables))('the guard %s', (guard, table) => {
  const only = (one: string, other: string, language: string) =>
    openGuards()
      .vetoes(one, other, language)
      .some((veto) => veto.guard === guard);

  it.each(Object.keys(table))('vetoes questions that differ in it, and no others (%s)', (language) => {
    const { vetoed = [], passed = [] } = table[language] ?? {};
    expect(vetoed.filter(([one, other]) => !only(one, other, language))).toEqual([]);
    expect(passed.filter(([one, other]) => only(one, other, language))).toEqual([]);
  });
});

it('opposites that an operator adds are words or phrases', () => {
  const { vetoes } = openGuards({
    names: ['opposites'],
    opposites: { en: [['prepaid', 'pay as you go']], fr: [['actif', 'passif']] },
  });
  expect(vetoes('A pay as you go plan', 'A prepaid plan', 'en-gb')).toHaveLength(1);
  expect(vetoes('A pay plan', 'A prepaid plan', 'en')).toEqual([]);
  expect(vetoes('un compte actif', 'un compte passif', 'fr')).toHaveLength(1);
});
