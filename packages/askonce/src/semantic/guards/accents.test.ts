import { expect, it } from 'vitest';
import { openGuards } from './guards.ts';

const { veto } = openGuards({ names: ['swapped-word'] });

it.each([
  ['es', '¿Cuántos años tiene?', '¿Cuántos anos tiene?'],
  ['es', '¿Qué hizo el papa?', '¿Qué hizo el papá?'],
  ['pt', 'Quem é minha avó?', 'Quem é minha avô?'],
  ['pt', 'Como fazer um bolo de coco?', 'Como fazer um bolo de cocô?'],
  ['pt', 'O que é forca?', 'O que é força?'],
  ['pt', 'O que é o país?', 'O que é o pais?'],
  ['ru', 'Что такое замо́к?', 'Что такое за́мок?'],
  ['de', 'Warum ist es schon?', 'Warum ist es schön?'],
])('%s: "%s" and "%s" are two words', (language, one, other) => {
  expect(veto(one, other, language)?.guard).toBe('swapped-word');
  expect(veto(other, one, language)?.guard).toBe('swapped-word');
});

it.each([
  ['en', 'Is café food cheap?', 'Is cafe food cheap?'],
  ['pt', 'Qual é o preço do cartão?', 'qual e o preco do cartao'],
  ['es', '¿Cómo cambio mi número de teléfono?', 'como cambio mi numero de telefono'],
  ['ru', 'Сколько идёт самолёт?', 'Сколько идет самолет?'],
  ['ru', 'Где мой заказ?', 'Где мои заказы?'],
])('%s: in "%s" and "%s" accents are left out', (language, one, other) => {
  expect(veto(one, other, language)).toBeUndefined();
});

it.each([
  ['es', '¿Quién derrotó a Napoleón?', '¿A quién derrotó Napoleón?'],
  ['pt', 'Quem venceu Napoleão?', 'A quem venceu Napoleão?'],
  ['ru', 'Кто победил Наполеона?', 'Кого победил Наполеон?'],
  ['he', 'מי ניצח את נפוליאון?', 'את מי ניצח נפוליאון?'],
])('%s: "%s" asks for the one who acts, and "%s" for the other', (language, one, other) => {
  expect(veto(one, other, language)?.guard).toBe('swapped-word');
});
