/** Everyday questions that look alike and have different answers: a guard or a gate stops each of them. */
import { expect, it } from 'vitest';
import { createGates, gateNames } from '../gates/gates.ts';
import { openGuards } from './guards.ts';

const lookAlikes: Readonly<Record<string, readonly (readonly [one: string, other: string])[]>> = {
  es: [
    ['¿Cómo activo las notificaciones?', '¿Cómo desactivo las notificaciones?'],
    ['¿Cómo cambio euros a pesos?', '¿Cómo cambio pesos a euros?'],
    ['¿Cuánto cuesta el envío de 2 kg?', '¿Cuánto cuesta el envío de 20 kg?'],
    ['¿Puedo entrar con perros?', '¿No puedo entrar con perros?'],
    ['¿Se puede tomar con comida?', '¿Se puede tomar sin comida?'],
    ['¿Cuánto cuesta el plan básico?', '¿Cuánto cuesta el plan familiar?'],
    ['¿Cuándo abre el museo?', '¿Cuándo cierra el museo?'],
    ['¿Hay vuelos de Madrid a Lima?', '¿Hay vuelos de Lima a Madrid?'],
    ['¿Está permitido fumar?', '¿Está prohibido fumar?'],
    ['¿Qué temperatura hace hoy?', '¿Cuál es la temperatura de hoy?'],
    ['Cancela mi reserva.', 'Anula mi reserva.'],
  ],
  pt: [
    ['Como ativo as notificações?', 'Como desativo as notificações?'],
    ['Como converto dólares em euros?', 'Como converto euros em dólares?'],
    ['Quanto custa uma diária para 2 pessoas?', 'Quanto custa uma diária para 4 pessoas?'],
    ['A que horas sai o ônibus para Lisboa?', 'A que horas sai o ônibus para o Porto?'],
    ['Qual é o limite diário de saque?', 'Qual é o limite mensal de saque?'],
    ['Posso fumar no quarto?', 'Nunca posso fumar no quarto?'],
    ['Quais alimentos são seguros?', 'Quais alimentos são inseguros?'],
    ['Qual o preço do plano básico?', 'Qual o preço do plano completo?'],
    ['Que horas a loja abre?', 'Que horas a loja fecha?'],
    ['Como está o tempo agora?', 'Qual é o tempo neste momento?'],
    ['O pagamento é feito antes da entrega?', 'O pagamento é feito depois da entrega?'],
  ],
  ru: [
    ['Как перевести доллары в рубли?', 'Как перевести рубли в доллары?'],
    ['Когда отправляется поезд в Казань?', 'Когда отправляется поезд в Самару?'],
    ['Какой дневной лимит снятия?', 'Какой месячный лимит снятия?'],
    ['Сколько стоит номер на 2 ночи?', 'Сколько стоит номер на 5 ночей?'],
    ['Можно ли принимать лекарство с алкоголем?', 'Можно ли принимать лекарство без алкоголя?'],
    ['Какие продукты полезны при беременности?', 'Какие продукты не полезны при беременности?'],
    ['Сколько стоит базовый тариф?', 'Сколько стоит расширенный тариф?'],
    ['Когда магазин открывается?', 'Когда магазин закрывается?'],
    ['Доставка платная?', 'Доставка бесплатная?'],
    ['Какая сейчас погода?', 'Какая погода прямо сейчас?'],
    ['Переведи 100 рублей Маше.', 'Отправь 100 рублей Маше.'],
    ['Как попасть из Москвы в Тверь?', 'Как попасть из Твери в Москву?'],
    ['Это безопасно?', 'Это небезопасно?'],
  ],
  he: [
    ['איך מפעילים התראות?', 'איך משביתים התראות?'],
    ['איך מפעילים התראות?', 'איך מכבים התראות?'],
    ['מתי יוצאת הרכבת לחיפה?', 'מתי יוצאת הרכבת לירושלים?'],
    ['כמה עולה משלוח של 3 קילו?', 'כמה עולה משלוח של 30 קילו?'],
    ['אפשר לבוא עם ילדים?', 'אי אפשר לבוא עם ילדים?'],
    ['אפשר לקחת את התרופה עם אוכל?', 'אפשר לקחת את התרופה בלי אוכל?'],
    ['מה מגבלת המשיכה היומית?', 'מה מגבלת המשיכה החודשית?'],
    ['מותר להיכנס עם כלב?', 'אסור להיכנס עם כלב?'],
    ['מתי החנות נפתחת?', 'מתי החנות נסגרת?'],
    ['מה מזג האוויר עכשיו?', 'איך מזג האוויר כרגע?'],
    ['איך מגיעים מתל אביב לאילת?', 'איך מגיעים מאילת לתל אביב?'],
    ['תעביר 100 שקל לדנה.', 'תשלח 100 שקל לדנה.'],
    ['כמה עולה המסלול הזול?', 'כמה עולה המסלול היקר?'],
  ],
  en: [
    ['How do I enable notifications?', 'How do I turn off notifications?'],
    ['What time does the train to Boston leave?', 'What time does the train to Chicago leave?'],
    ['Is the pool open to children?', 'Is the pool closed to children?'],
    ['Which foods are safe in pregnancy?', 'Which foods are unsafe in pregnancy?'],
    ['Is it allowed to smoke?', 'Is it forbidden to smoke?'],
    ['Can I pay with a card?', 'Can I pay without a card?'],
    ['How do I import contacts?', 'How do I export contacts?'],
    ['Send 100 dollars to Maria.', 'Transfer 100 dollars to Maria.'],
    ['Who borrowed from the other: Ann from Bob?', 'Who borrowed from the other: Bob from Ann?'],
    ['What does a room cost for two nights?', 'What does a room cost for five nights?'],
    ['Do cats eat mice?', 'Do mice eat cats?'],
    ['Is the medicine taken before meals?', 'Is the medicine taken after meals?'],
    ['What is the current price of bitcoin?', 'How much is bitcoin right now?'],
    ['Where do I log in?', 'Where do I log out?'],
  ],
};

it.each(Object.keys(lookAlikes))(
  'a guard or a gate stops questions that only look alike (%s)',
  (language) => {
    const [guards, gates] = [openGuards(), createGates(gateNames)];
    const isStopped = (one: string, other: string) =>
      guards.veto(one, other, language) !== undefined ||
      [one, other].some((question) => gates.keptOutBy(question, language) !== undefined);
    const pairs = lookAlikes[language] ?? [];
    expect(pairs.filter(([one, other]) => !isStopped(one, other))).toEqual([]);
    expect(pairs.length).toBeGreaterThan(9);
  },
);
