/** How Spanish questions open and close. Own compilation, in folded spelling. */
import type { Politeness } from './contract.ts';

export const spanish: Politeness = {
  greetings: `
    (?:hola+|ola|holi|buenas|buenos dias|buen dia|buenas (?:tardes|noches)|muy buenas(?: (?:tardes|noches))?|muy buenos dias|saludos|que tal|hey|oye|oiga|alo)(?: (?:a todos|a todas|de nuevo|otra vez|equipo|amigos?|amigas?|que tal|buenas|buenos dias|buenas tardes|buenas noches|buen dia))*
    que tal(?: (?:todo|estas|esta|estan))?
    como (?:estas|esta|esta usted|estan|andas|va|te va|le va)
    espero que (?:estes|este|se encuentre|todo vaya|esten) (?:muy )?bien
    estimad(?:o|a|os|as)(?: (?:señor|señora|señores|equipo|amigos|todos))?
    (?:disculpe|disculpa|disculpen|perdon|perdone|perdona|con permiso|perdon por la molestia|disculpe la molestia|disculpa la molestia|disculpen las molestias|siento molestar)(?: pero)?
    (?:solo )?(?:tengo )?(?:una|otra) (?:pregunta|duda|consulta|preguntita|consultita|dudita)(?: (?:rapida|sencilla|simple|corta|breve|pequeña))?
    (?:una )?(?:rapida|pequeña|breve) (?:pregunta|duda|consulta)
    (?:pregunta|duda|consulta)(?: rapida)?(?=\\s*:)
    (?:puedo|podria|quisiera|queria|quiero) (?:hacer(?:le|te|les)? una (?:pregunta|consulta)|preguntar(?:le|te|les)? (?:algo|una cosa)|consultar(?:le|te|les)? (?:algo|una cosa))
    (?:necesito|me pueden? dar) (?:tu |su |un poco de )?ayuda
    (?:me )?(?:puedes?|pueden|podrias?|podrian) ayudar(?:me)?
  `,
  thanks: `
    (?:muchas |muchisimas |mil |un millon de )?gracias(?: (?:de antemano|por (?:adelantado|anticipado|todo|la ayuda|tu ayuda|su ayuda|vuestra ayuda|tu tiempo|su tiempo|la atencion|su atencion|su respuesta|la respuesta)|a todos|y (?:un saludo|saludos)))*
    de antemano(?:,)? (?:muchas )?gracias
    (?:se lo|te lo|os lo|lo) (?:agradezco|agradeceria)(?: (?:mucho|de antemano))?
    (?:le|te|les) (?:agradezco|agradeceria)(?: (?:mucho|de antemano|su ayuda|tu ayuda))*
    (?:muy )?agradecid[oa]
    (?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?
    (?:un )?abrazo
    atentamente
    (?:que )?(?:tenga|tengas|pase|pases) (?:un )?(?:buen|feliz) dia
  `,
  please: `
    (?:por favor(?:cito)?|porfavor|porfa|porfis|xfa|x favor|pf)
    si (?:eres|es|es usted|son|fuera|fueras) tan amables?
    si (?:no es (?:mucha )?molestia|es posible|puede ser|puede|puedes|no le importa|no te importa)
    (?:tenga|ten) la (?:bondad|amabilidad)(?: de)?
  `,
  asks: `
    (?:me |nos )?(?:puedes?|pueden|podeis|podrias?|podrian|podriais)(?: (?:por favor|usted|ustedes|alguien|ayudarme a))* (?:decir|indicar|explicar|informar|aclarar|contar|comentar|confirmar)(?:me|nos)?(?: por favor)?
    (?:puedes?|podrias?|alguien (?:puede|podria|sabe|me puede|me podria))(?: (?:decir|indicar|explicar))?(?:me)?
    (?:quisiera|queria|quiero|me gustaria|desearia|deseo|necesito|necesitaria|me encantaria|solo quiero|solo queria) (?:saber|preguntar(?:le|te|les|os)?|consultar(?:le|te|les)?|conocer|que me (?:digas?|digan|explicaras?|explique|dijeran?|dijeras))
    (?:sabes?|saben|sabeis|sabrias?|sabria usted)(?: usted)?(?: (?:decirme|indicarme))?
    (?:dime|digame|diganme|decidme|indicame|indiqueme|cuentame|expliqueme|hazme saber|hagame saber)
    me (?:preguntaba|pregunto)(?: si (?:podrias?|puedes?) decirme)?
    (?:mi|la) (?:pregunta|duda|consulta) es
    (?:tienes?|alguna|tiene usted) idea(?: de)?
  `,
  requests: `
    (?:puedes?|pueden|podrias?|podrian)(?: (?:por favor|usted))*
    (?:me|nos) (?:puedes?|pueden|podrias?|podrian)(?: por favor)?
    por favor
  `,
  tellingVerbs: `
    (?:explicar|describir|resumir|comparar|recomendar|sugerir|definir|aclarar)(?:me|nos)?
    (?:decirme|darme|mostrarme|enseñarme|contarme)(?= )
  `,
  questionWords: `
    (?:a|en|de|por|con|para|desde|hasta|sobre)? ?(?:que|cual|cuales|quien|quienes|cuando|donde|cuanto|cuanta|cuantos|cuantas|adonde)
    como
    por que
  `,
  starts: `
    (?:a|en|de|por|con|para|desde|hasta)? ?(?:que|cual|cuales|quien|quienes|cuando|donde|cuanto|cuanta|cuantos|cuantas|adonde)
    como
    (?:puedo|puedes?|podria|podrias|se puede|es posible|hay|tienen|tienes|me|quiero|quisiera|necesito|por favor|tengo|sabes?|estoy|mi|queria|explicame|dime)
  `,
  mentions: `
    (?:decir|dice|dicen|significa|significan|palabra|palabras|frase|traducir|traduce|traduccion|escribir|escribe|escribo|pronuncia|responder|cancion|letra|expresion|sinonimo|sinonimos|origen)
  `,
  bareClosings:
    '(?:por|porfavor|porfa|muchas gracias|muchisimas gracias|mil gracias|gracias|si es posible|si no es)',
  leading:
    '(?:de|del|la|el|un|una|con|sin|y|o|tras|despues|antes|canta|dice|decir|aparece|llamada|escribe|escribir|usa|usar)',
  works: `
    (?:traduc\\p{L}+|traduz\\p{L}+|reescrib\\p{L}+|reformul\\p{L}+|parafrase\\p{L}+|corrig\\p{L}+|correg\\p{L}+|respond\\p{L}+|responde|contest\\p{L}+|puntuacion|comas?|gramatical|gramatica)
    (?:sentimiento|clasific\\p{L}+|tono|educad[oa]|cortes|formal|acort\\p{L}+|silabas?|oracion|frase)
    (?:cuantas|cuenta las) (?:veces|palabras|letras|lineas)
  `,
  names: `
    (?:rosa|cruz|sol|luz|paz|leon|segovia|chile|peru|granada|toledo|lima|valencia|colon|angel|mercedes|pilar|dolores|concha|blanca|alba|estrella|corea|china|japon|turquia|guinea|panama|java|python|go|oracle|windows|word|excel|discover|visa|apple|amazon)
  `,
};
