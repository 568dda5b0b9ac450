import { describe, expect, it } from 'vitest';
import { detectLanguage } from './detect.ts';

describe('the language of a question', () => {
  it.each([
    ['en', 'Where is my parcel?'],
    ['en', 'How do I reset my password?'],
    ['en', 'What is the capital of France?'],
    ['en', 'And what can I do now? The order was placed on the third of May.'],
    ['ru', 'Где мой заказ?'],
    ['ru', 'Как сбросить пароль?'],
    ['ru', 'Привет'],
    ['es', '¿Dónde está mi pedido?'],
    ['es', 'donde esta mi pedido'],
    ['es', '¿Cómo restablezco mi contraseña?'],
    ['es', 'Gracias'],
    ['pt', 'Onde está o meu pedido?'],
    ['pt', 'onde esta meu pedido'],
    ['pt', 'Como redefino a minha senha?'],
    ['pt', 'Bom dia'],
    ['he', 'איפה החבילה שלי?'],
    ['he', 'שָׁלוֹם'],
    ['he', 'יש לך בת?'],
    ['fr', 'Comment puis-je réinitialiser mon mot de passe ?'],
    ['de', 'Wie setze ich mein Passwort zurück?'],
    ['de', 'Wer hat das Buch The Catcher in the Rye geschrieben?'],
    ['nl', 'Wie schreef The Lord of the Rings en wanneer?'],
    ['it', 'Vorrei annullare il mio ordine.'],
    ['ja', 'パスワードをリセットするにはどうすればいいですか?'],
  ])('the language is %s for %j', (language, question) => {
    expect(detectLanguage(question)).toBe(language);
  });

  it.each(['', '12345', '2 + 2 = 4?', '🙂', 'ok', 'Hi!', 'zxqw vbnm plok', '\ud800'])(
    'the language of %j is unknown',
    (question) => {
      expect(detectLanguage(question)).toBe('und');
    },
  );

  it('a question has the language of most of its letters', () => {
    expect(detectLanguage('What does the Hebrew word שלום mean in English?')).toBe('en');
    expect(detectLanguage('מה זה API?')).toBe('he');
  });

  it('the language of a long question is detected by its beginning', () => {
    expect(detectLanguage(`¿Dónde está mi pedido? ${'No lo encuentro. '.repeat(10_000)}`)).toBe('es');
  });

  it('a question has the same language the first time, when the data is loaded, and later', () => {
    const times = Array.from({ length: 3 }, () => detectLanguage('Onde está o meu pedido?'));
    expect(times).toEqual(['pt', 'pt', 'pt']);
  });
});
