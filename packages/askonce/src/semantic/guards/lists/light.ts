/**
 * Light words by language, folded: they judge or round off a question, and seldom change what answers it ("the best
 * way", "a good way", "some ways"). Own compilation. A word with an opposite may be here: the guard of opposites looks
 * at every word.
 */
import { primaryLanguage } from '../../text/fold.ts';
import { listsOf } from './list.ts';

const lists = listsOf({
  en: `
    good best better great suitable nice fine perfect ideal proper right recommended
    some any many much more most lot lots several various different few
    very so really quite pretty actually exactly simply ever yet still always usually generally basically currently
    way ways thing things kind kinds sort sorts type types stuff
    make makes made take takes took use uses using used give gives given want wants wanted need needs needed
    know known tell say says find found see like look looking try trying start started
    think thinks believe mean means meant happen happens happened ask asks asked
    idea ideas tip tips option options example examples question questions
    possible able please thanks thank hello hi hey people person about
    with under over below above between during within among across through around against before after without
    else such like list show explain describe suggest recommend help
  `,
  es: `
    con contra entre durante sobre bajo desde hasta antes despues dentro
    buen bueno buena buenos buenas mejor mejores gran adecuado adecuada ideal recomendable
    unos unas varios varias muchos muchas mucho mucha mas muy tan tanto bastante realmente exactamente simplemente
    manera maneras forma formas modo cosa cosas tipo tipos
    hacer hace hago usar uso utilizar dar quiero quiere querria necesito necesita necesario saber decir encontrar ver
    pensar pienso creer cree significa suceder pasar preguntar idea ideas consejo consejos opcion opciones ejemplo ejemplos
    posible favor gracias hola persona personas gente
    explica explicame describe recomienda recomiendas ayuda
  `,
  pt: `
    com contra entre durante sobre sob desde ate antes depois dentro
    bom boa bons boas melhor melhores otimo otima adequado adequada ideal recomendado
    varios varias muitos muitas muito muita mais bem tao tanto bastante realmente exatamente simplesmente
    maneira maneiras forma formas modo jeito coisa coisas tipo tipos
    fazer faz faco usar uso utilizar dar quero quer queria preciso precisa necessario saber dizer encontrar ver
    pensar penso achar acha significa acontecer perguntar ideia ideias dica dicas opcao opcoes exemplo exemplos
    possivel favor obrigado obrigada ola oi pessoa pessoas gente
    explique descreva recomenda ajuda
  `,
  ru: `
    с под над между через против перед после во время до
    хороший хорошая хорошее хорошие хорошего лучший лучшая лучшее лучшие лучше лучших хорошо подходящий
    несколько много многие больше очень так совсем действительно именно просто вообще обычно
    способ способы способом образом вещь вещи тип типы вид виды
    сделать делать делают надо нужно необходимо хочу хотел хочется знать сказать найти видеть
    думать думаете считать означает значит происходит идея идеи совет советы вариант варианты пример примеры
    возможно пожалуйста спасибо здравствуйте привет люди человек
    расскажи объясни опиши посоветуй подскажите скажите помогите
  `,
  he: `
    בין נגד לפני אחרי במשך תוך עד
    טוב טובה טובים טובות הטוב הטובה הטובים הטובות ביותר מתאים מומלץ
    כמה הרבה מאוד יותר ממש בדיוק פשוט בדרך כלל
    דרך דרכים הדרך דבר דברים סוג סוגים
    לעשות עושים צריך רוצה לדעת להגיד למצוא לראות
    לחשוב חושב אומר אומרת קורה לשאול רעיון רעיונות טיפ טיפים אפשרות אפשרויות דוגמה דוגמאות
    אפשרי בבקשה תודה שלום היי אנשים אדם
    תסביר הסבר תאר תמליץ עזרה
  `,
});

const none: ReadonlySet<string> = new Set();

/** `folded` as a word of `semantic/text/words.ts` has it. */
export function isLight(folded: string, language: string): boolean {
  return (lists.get(primaryLanguage(language)) ?? none).has(folded);
}
