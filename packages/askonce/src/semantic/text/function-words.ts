/**
 * Words that carry grammar rather than meaning, by language, in their folded spelling. Own compilation, from the closed
 * classes of each language: articles, pronouns, auxiliary verbs, question words, conjunctions, prepositions.
 *
 * Left out on purpose, since one of them in place of another changes the answer: negations, numerals, quantifiers, and
 * prepositions with an opposite (with, without; before, after; over, under).
 */
const en = `
  a an the this that these those such same
  i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
  herself it its itself they them their theirs themselves one ones someone somebody something anyone anybody anything
  what which who whom whose when where why how whatever whichever
  am is are was were be been being do does did doing done have has had having
  can could may might must shall should will would ought cannot
  i'm i've i'd i'll we're we've we'd we'll you're you've you'd you'll he's she's it's that's there's here's what's who's
  how's where's when's let's they're they've they'd they'll
  im ive id youre whats hows
  to of at by for from in into on onto as about via per upon regarding
  and or but if then than because so while though although whether that
  there here just also too even only really actually please
  go get got
`;

const es = `
  el la los las lo un una unos unas este esta esto estos estas ese esa eso esos esas aquel aquella aquellos aquellas
  yo me mi mis mio mia mios mias conmigo tu tus te ti tuyo tuya contigo usted ustedes el ella ellos ellas nosotros
  nosotras nos nuestro nuestra nuestros nuestras vosotros os su sus suyo suya se si le les vos
  que cual cuales quien quienes cuyo cuya cuando donde adonde como porque cuanto cuanta cuantos cuantas
  soy eres es somos son era eran fue fueron ser sido siendo estoy estas esta estamos estan estaba estar
  he has ha hemos han habia haber hay hago haces hace hacemos hacen hacer hecho
  puedo puedes puede podemos pueden podria podrias podrian poder debo debes debe debemos deben deberia
  voy vas va vamos van ir tengo tienes tiene tenemos tienen tener
  a al ante de del en por para segun hacia acerca
  y e o u pero aunque entonces pues mientras
  alguien algo alguno alguna algun algunos algunas mismo misma mismos mismas tal tales
  ahi alli aqui aca alla ya tambien solo muy favor
`;

const pt = `
  o a os as um uma uns umas este esta isto estes estas esse essa isso esses essas aquele aquela aquilo aqueles aquelas
  eu me mim meu minha meus minhas comigo tu te ti teu tua teus tuas voce voces ele ela eles elas nos nosso nossa nossos
  nossas vos seu sua seus suas se si lhe lhes la lo las los gente dele dela deles delas
  que qual quais quem cujo cuja quando onde aonde como porque quanto quanta quantos quantas
  sou es e somos sao era eram foi foram ser sido sendo estou estas esta estamos estao estava estar
  hei ha havia haver tenho tens tem temos ter tinha faco faz fazes fazemos fazem fazer feito
  posso podes pode podemos podem poderia poderiam poder devo deve devemos devem deveria
  vou vais vai vamos vao ir
  ao aos de do da dos das em no na nos nas num numa por pelo pela pelos pelas para pra pro
  neste nesta nesse nessa naquele naquela deste desta desse dessa
  e ou mas entao pois embora enquanto
  alguem algo algum alguma alguns algumas mesmo mesma mesmos mesmas tal tais
  ai ali aqui la ja tambem so muito favor
`;

const ru = `
  я меня мне мной мною мой моя мое мои моего моей моему моим моих моими мою мы нас нам нами наш наша наше наши нашего
  нашей нашему нашим наших нашу ты тебя тебе тобой твой твоя твое твои твоего твоей твоим твоих твою вы вас вам вами ваш
  ваша ваше ваши вашего вашей вашему вашим ваших вашу он его него ему нему им ним она ее нее ей ней оно они их них ими
  ними себя себе собой свой своя свое свои своего своей своему своим своих свою
  этот эта это эти этого этой этому этим этих эту тот та то те того той тому тем тех ту такой такая такое такие
  что чего чему чем кто кого кому кем какой какая какое какие какого какой каком какому каким каких какую
  который которая которое которые которого которой которому которым которых которую чей чья чье чьи
  где куда откуда когда как почему зачем сколько
  быть был была было были будет будут буду будем есть бы мочь могу можешь может можем можете могут мог могла могли
  можно ли разве неужели же вот ведь ну уж
  в во на к ко о об обо у из изо от ото по при про для со
  и а но или либо если то чтобы так как потому поэтому тоже также
  кто-то что-то кто-нибудь что-нибудь какой-то какой-нибудь где-то
  здесь тут там уже пожалуйста
`;

const he = `
  אני אותי לי שלי בי ממני אנחנו אותנו לנו שלנו אתה את אתם אתן אותך אתכם לך לכם שלך שלכם הוא היא הם הן אותו אותה אותם לו
  לה להם שלו שלה שלהם בו בה בהם
  זה זו זאת אלה אלו הזה הזאת הזו האלה ההוא ההיא
  מה מהו מהי מהם מהן מי מתי איפה היכן לאן מאיפה איך כיצד למה מדוע כמה איזה איזו אילו האם
  היה הייתה היו יהיה תהיה יהיו להיות יש ישנו ישנה ישנם
  יכול יכולה יכולים יכולות אפשר ניתן אוכל נוכל צריך צריכה צריכים
  של את על אל עם מן אצל כדי בשביל עבור לגבי
  ו או אבל אם אז כי ש אשר גם רק כבר כל-כך פה כאן שם בבקשה
`;

const toSet = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

const none: ReadonlySet<string> = new Set();

const byLanguage: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['en', toSet(en)],
  ['es', toSet(es)],
  ['pt', toSet(pt)],
  ['ru', toSet(ru)],
  ['he', toSet(he)],
]);

/** The function words of a language (its primary subtag). Empty for a language that has no list. */
export function functionWordsOf(language: string): ReadonlySet<string> {
  return byLanguage.get(language) ?? none;
}
