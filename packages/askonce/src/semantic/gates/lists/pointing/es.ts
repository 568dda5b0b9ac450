/** What points outside the question in Spanish. Own compilation, in folded spelling. */
import type { PointingWords } from './contract.ts';

export const spanish: PointingWords = {
  alone: `
    (?:da|di|trae|manda|envia|pon|quita|borra|haz|cambia|muestra)(?:me|te|se|le|nos)?l[oa]s?
    (?:y |pero |entonces |ok |vale )*(?:por que|por que no|como|como asi|cuando|donde|quien|cual|cuales|que|para que|cuanto|cuantos|cuanta|cuantas|hasta cuando|desde cuando|de que|con que|a donde|que mas|algo mas|quien mas|cual mas|y luego|y despues|y ahora que|y que|que paso|que sigue|que pasa|hay mas|otra|otro|otros|otras)(?: exactamente| entonces)?
    (?:continua|continue|sigue|siga|prosigue|adelante|mas|mas por favor|otra vez|de nuevo|repite|repita|repitelo|otro ejemplo|otro|otra|uno mas|una mas|mas ejemplos|mas detalles|con mas detalle|amplia|amplialo|desarrolla|elabora|explica|explica(?:lo|melo|me)?(?: (?:mas|mejor|otra vez|de nuevo))?|explicame mas|dime mas|cuentame mas|no entiendo|no lo entiendo|que quieres decir|resume|resumelo|resumen|traduce|traducelo|traduzcalo|mas corto|mas largo|mas simple|mas sencillo|reformula|reescribelo|corrigelo|hazlo(?: [a-z ]+)?|intentalo (?:de nuevo|otra vez)|por ejemplo|como cual|ejemplos|termina|terminalo)(?: por favor)?
    (?:si|no|vale|ok|claro|correcto|exacto|de verdad|en serio|verdad|perfecto|bien|bueno|genial|entiendo|listo|seguro|tal vez|quizas|de acuerdo)
    (?:estas?|esta usted) segur[oa](?: de (?:eso|ello|esto))?
    (?:es|era|no es) (?:asi|verdad|cierto|correcto|posible|seguro|legal|normal|todo|gratis|bueno|malo|suficiente)
    (?:el|la|los|las) (?:primer[oa]s?|segund[oa]s?|tercer[oa]s?|ultim[oa]s?|otr[oa]s?|anterior|anteriores|siguiente|mism[oa]s?|opcion [a-z0-9])
    (?:en|para|con|sin|a|de|desde|por|sobre) (?:[\\p{L}\\p{N}'-]+)(?: [\\p{L}\\p{N}'-]+)?
    (?:que|como|cuando|donde|quien|cual|cuanto|cuantos|cuantas) (?:[\\p{L}]{3,})(?<![aei]r|[aei]rse)
  `,
  followUps: `
    (?:y|e|pero|o|u|ademas|tambien|entonces|pues|sino)(?= )
    (?:y )?(?:que tal|que hay de|que hay con|que pasa con|que me dices de)(?! si (?:no|me|un|el)) (?:el|la|los|las|con|en|si|un|una|para)? ?
    que hay (?:de|con)(?= )
    lo mismo (?:para|con|pero|de|en)
    (?:en vez de eso|en su lugar|por otro lado|de lo contrario)
    (?:dame|dime|muestrame|cuentame|hay|tienes|sugiere)(?: [a-z]+)? (?:mas|otro|otra|otros|otras)(?: [a-z]+)?[?.! ]*$
  `,
  anywhere: `
    (?:ese|esos|esas|esa)(?=[?.! ]*$)
    (?:lo|el texto|el codigo|la respuesta|la pregunta|el mensaje|el ejemplo|la|las|los|el) (?:anterior|anteriores|de arriba|de abajo|mencionad[oa]s?|adjunt[oa]s?|susodich[oa]s?|antedich[oa]s?)(?! (?:a|al|del))
    (?:mencionad[oa]s?|indicad[oa]s?|descrit[oa]s?|dich[oa]s?|citad[oa]s?) (?:arriba|antes|anteriormente|abajo|mas arriba)
    (?:como|que|lo que) (?:dijiste|mencionaste|dijo|me dijiste|te dije|dije|explicaste|acabas de decir|has dicho|comentaste|escribiste|sugeriste)
    tu (?:ultima|anterior|primera) (?:respuesta|sugerencia|explicacion|frase)
    (?:mi|la) (?:ultima|anterior|otra) (?:pregunta|mensaje|consulta)(?! (?:del|de la))
    (?:cerca de (?:mi|aqui|nosotros)|por aqui(?: cerca)?|aqui|aqui cerca|por la zona)(?=[?.! ]*$)
    (?:el|la|los|las) (?:segund|primer|tercer|ultim)[oa]s?(?: (?:opcion|opciones|punto|ejemplo|parrafo|frase|respuesta))?[?.! ]*$
    (?:el|la|los|las) (?:otro|otra|otros|otras)[?.! ]*$
    en (?:esta|este|esa|ese) (?:imagen|foto|texto|video|articulo|codigo|tabla|grafico|documento|archivo|pagina|lista|frase|correo|cancion)
  `,
  pronouns: `
    (?:esto|eso|aquello|este|esta|estos|estas|ese|esa|esos|esas|aquel|aquella|ello|ellos|ellas|el|ella|lo|le|les)(?= (?:es|son|significa|quiere|funciona|funcionan|cuesta|hace|sirve|era|fue|tiene|puede|vive|murio|nacio|gano|dijo|hizo)(?![\\p{L}])|[?.!]*$)
    (?:esto|eso|aquello|ello|ellos|ellas)
  `,
  demonstratives: `
    (?:este|estos|ese|esa|esos|esas)
    (?<!distancia |altura |pais |hora |ciudad |cidade |donde |onde |como |que |cuando |quando |cual |qual |quien |quem )esta(?= [a-zñ]+(?:a|ad|ade|ion|ao|ez|ud|em|gem)(?![\\p{L}]))
    (?<!como |que |donde |tu )estas(?= [a-zñ]+(?:as|ades|iones)(?![\\p{L}]))
  `,
  exceptNouns: `
    (?:año|años|mes|semana|dia|dias|noche|mañana|tarde|momento|fin|verano|invierno|otoño|primavera|navidad|temporada|siglo|decada|mundo|vida|vez|tipo|clase|forma|manera|es|son|que|de|el|la|los|las|un|una|mi|tu|su|en|a|permitido|incluido|incluida|prohibido|cubierto|cubierta|disponible|abierto|abierta|cerrado|bien|mal|compuesto|formado|hecho|ubicado|ubicada|situado|considerado|relacionado|enfermo|embarazada|casado|muerto|mas|muy|no|lunes|martes|miercoles|jueves|viernes|sabado|domingo|trimestre|[a-z]+(?:ado|ada|ido|ida|ados|adas|idos|idas|ando|endo))
  `,
  verbs: `
    (?:significa|significan|funciona|funcionan|traduce|traducir|explica|explicar|resume|resumir|corrige|corregir|cuesta|cuestan|hace|hacen|sirve|sirven|ocurre|pasa|quiere|decir|dice|llama|llaman|usa|usar|hacer|escribe|escribir|arreglar|arregla|resolver|resuelve|verdad|cierto|correcto|posible|normal|legal|seguro|malo|bueno|comprar|ver|entender|evitar|piensas|opinas|explicame|traduceme|revisa|analiza|mejora|debo|debe|calcula|calcular|tiempo|dura|años|edad)
  `,
  expletives: `
    eso (?:que|de|si)
    esto (?:es|de que)
    (?:a|con|por|en|de) (?:el|la|los|las)(?= [\\p{L}])
    (?:es|no es|seria) (?:cierto|verdad|posible|normal|legal) que
  `,
  subjectless: `
    (?:cual|cuales|que|quien) (?:es|son|era|fue) (?:el |la |los |las )?(?:mejor|mejores|peor|peores|correct[oa]|diferencia|mas [a-z]+)
    (?:como|que|cuanto|cuando|donde|por que|para que|quien|cual|cuales|desde cuando|hasta cuando|de donde|a que hora) (?:lo |la |los |las |me |se |le )?(?:funciona|funcionan|cuesta|cuestan|significa|significan|sirve|sirven|es|son|era|fue|fueron|esta|estan|hace|hacen|dura|duran|tarda|tardan|llega|llegan|vale|valen|empieza|termina|pasa|ocurre|queda|hago|hacemos|uso|arreglo|instalo|cambio|cancelo|pago|compro|consigo|nacio|murio|vive|viene|sale|abre|abren|cierra|cierran|llama|llaman|dice|escribe|come|gano|hizo|empezo|tiene|tienen|puedo|pesa|mide)(?: (?:ahora|exactamente|aqui|eso|entonces|tanto))?
    (?:es|son|esta|estan|tiene|tienen|hay|puedo|se puede|funciona|funcionan|sirve|cuesta|vale) (?:gratis|posible|normal|legal|segur[oa]s?|car[oa]s?|barat[oa]s?|buen[oa]s?|mal[oa]s?|obligatori[oa]s?|peligros[oa]s?|disponible|disponibles|verdad|cierto|hacerlo|usarlo|cancelarlo|comprarlo|devolverlo|garantia|descuento|mas|otro|otra)
  `,
};
