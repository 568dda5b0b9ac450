import { expect, it } from 'vitest';
import { embeddedTextOf } from './embedded.ts';

it.each([
  ['es', '¿Dónde está mi pedido?', '¿Dónde está mi pedido?'],
  ['pt', 'Esqueci minha senha, como recupero?', 'Esqueci minha senha, como recupero?'],
  ['ru', 'Где ёлка?', 'Где ёлка?'],
  ['en', 'What’s the “best” plan – and why?', `What's the "best" plan - and why?`],
  ['en', '  How do I reset my password?\n', 'How do I reset my password?'],
])(
  'a question in %s is embedded with its own letters and with plain signs: %s',
  (language, question, embedded) => {
    expect(embeddedTextOf(question, language)).toBe(embedded);
  },
);

it.each([
  ['en', 'Hi, how do I reset my password please?', 'How do I reset my password?'],
  ['en', 'hi, how do I reset my password?', 'how do I reset my password?'],
  ['es', 'Hola, ¿cómo restablezco mi contraseña, por favor?', 'Cómo restablezco mi contraseña?'],
  ['ru', 'Здравствуйте, как сбросить пароль?', 'Как сбросить пароль?'],
  ['he', 'שלום, איך מאפסים סיסמה בבקשה?', 'איך מאפסים סיסמה?'],
])('a question in %s is embedded without its politeness: %s', (language, question, embedded) => {
  expect(embeddedTextOf(question, language)).toBe(embedded);
});
