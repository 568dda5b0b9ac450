/**
 * What points outside the question, to an earlier turn, a text or a place, by language, in folded spelling. Own
 * compilation.
 */
export interface PointingWords {
  /** A whole sentence that says nothing alone: "why?", "continue". */
  readonly alone: string;
  /** The beginning of a follow-up: "what about". */
  readonly followUps: string;
  /** Anywhere: "the above", "your last answer". */
  readonly anywhere: string;
  /** Pronouns that need something before them in the question. */
  readonly pronouns: string;
  /** Before a noun: points whatever comes before. */
  readonly demonstratives: string;
  /** After a demonstrative: a time, or an idiom. */
  readonly exceptNouns: string;
  /** Words that cannot be what a pronoun stands for, besides function words: verbs that take one as their object. */
  readonly verbs: string;
  /** A pronoun that stands for nothing, or for what follows. */
  readonly expletives: string;
  /** A question word with nothing but a verb after it, where the subject may be left out. */
  readonly subjectless: string;
}

const en: PointingWords = {
  alone: `
    (?:but |so |and |then |ok |okay |hm+ )*(?:why|why not|how|how so|how come|when|where|who|which|which ones?|what|what for|how much|how many|how long|how far|how often|for what|since when|says who|where to|with what|what else|who else|anything else|something else|what more|any others?|are there (?:any )?others?|are there more|what then|now what|so what|then what|what next|what now|what happened|what happens next|and then|else)(?: exactly| then| though| is that| please)?
    (?:please )?(?:continue|go on|keep going|carry on|proceed|next|more|more please|elaborate|expand|go ahead|again|repeat|once more|one more|another|another one|another example|more examples|more details?|in more detail|try again|redo|retry|start over|undo|back|stop|resume|rephrase|shorter|longer|simpler|simplify|clarify|explain|explain more|explain further|explain again|explain better|explain why|summari[sz]e|translate|tell me more|give me more|show me more|say more|say it again|give (?:me )?(?:another|an|one more|some) examples?|for example|such as|like what|example|examples|i don't understand|i don't get it|i don't follow|what do you mean|meaning|and|or|finish|complete)
    (?:yes|no|yeah|yep|nope|ok|okay|sure|right|correct|wrong|really|seriously|true|false|maybe|exactly|indeed|great|good|fine|perfect|cool|nice|wow|hmm+|oh|agreed|absolutely|of course|not really|never ?mind|no thanks|yes please|yup|not quite|i see|got it|done)(?: (?:thanks|please|sure))?
    which ones?(?! of)(?:(?! or )[^?,:]){0,40}
    (?:are|r) you (?:sure|certain|serious|kidding)(?: about (?:that|this|it))?
    (?:is|was|isn't) (?:that|this|it) (?:so|right|correct|true|all|it|everything|wrong|good|bad|ok|okay|possible|safe|legal|normal|enough|free|worth it|real)
    (?:the )?(?:first|second|third|fourth|fifth|last|other|next|previous|former|latter|same|both|neither|all of them|none|option [a-z0-9]|number \\d+)(?: (?:one|ones|option))?
    (?:in|for|with|on|to|from|without|at|by|as|using|about|into) (?:[\\p{L}\\p{N}'-]+)(?: [\\p{L}\\p{N}'-]+)?
    (?:what|which|who|how|when|where) (?:[a-z]{2,})
    (?:make|do|write|say|put|try|rewrite|translate|explain|shorten|summari[sz]e|fix|change|convert|format|show|give|send|read|answer) (?:it|this|that|them|these|those)(?: (?:again|shorter|longer|simpler|better|in|to|into|as|more|for|please|a bit|with|less|like|out|down|up|so|instead|formal|funnier)(?![\\p{L}])[^?]*)?
  `,
  followUps: `
    (?:and|but|or|nor|also|plus|then)(?!(?:,? if (?:i|you|we)| so on| then| or ))(?= )
    (?:what|how)(?:'s)? about(?= )
    what if (?:it|they|he|she|this|that|not|so)(?= )
    (?:so|then|ok|okay|and) (?:what|how|why|is|does|do|can|should|which|when|where|who)(?: [a-z]+)? (?:it|that|this|they|he|she|them|those|these)(?![\\p{L}])
    (?:same|the same) (?:question|for|but|with|thing|as)
    (?:instead|otherwise|alternatively|similarly|likewise|rather)[, ]
    (?:any|some|what|which) (?:other|others|alternatives?|more)(?: (?:ones?|options?|ideas?|examples?|suggestions?|ways?|recommendations?|details?))?[?.! ]*$
    (?:give|show|tell|list|suggest|recommend|name)(?: me)? (?:some |a few |two |three |five |ten |\\d+ )?(?:more|another|others?|the rest|alternatives)(?: (?:ones?|options?|ideas?|examples?|suggestions?|like|of|about|details?|recommendations?))*[^?]{0,12}$
    (?:yes|no|ok|okay|right|thanks|great|sure),? (?:but|and|so|now|then|what|how|why|can|could|please)(?= )
  `,
  anywhere: `
    the (?:above|below|aforementioned|foregoing|previous (?:question|answer|one|example|message|response|point|text|code)|preceding|attached|attachment|enclosed)(?!(?: average| sea| zero| freezing| ground| the| a))
    (?:(?:mentioned|shown|listed|described|stated|said|discussed) (?:above|below|earlier|previously|before|attached|herein)
    (?:given|provided|written|as|see|text|code|image|picture|table|list|question|example|paragraph|passage) (?:above|below|attached))
    (?:above|below)[- ](?:mentioned|given|text|code|passage|paragraph|sentence|question|image|table|list|statement)
    (?:as|like) (?:mentioned|discussed|i said|you said|stated|before|you mentioned|you explained|we discussed|last time)
    did you (?:just )?(?:say|mention|suggest|recommend|write|tell me|mean)(?: (?:earlier|before|just now|about that|again))?(?=[?.! ]*$)
    you (?:just |already |previously )?(?:said|mentioned|told|wrote|gave|suggested|listed|recommended|explained|described|answered|provided|showed|sent|made|used|generated|created)(?: (?:me |us |that |it )?(?:earlier|before|above|previously|just now))
    (?:you|we) (?:just |already |previously )(?:said|mentioned|told|wrote|gave|suggested|listed|recommended|explained|discussed|talked)
    your (?:last|previous|first|earlier|own|second) (?:answer|reply|response|message|suggestion|point|example|sentence|explanation|code|question|statement|output|version)
    (?:my|our) (?:last|previous|earlier|first|other) (?:question|message|prompt|request|conversation|chat|point)
    the (?:first|second|third|fourth|fifth|last|other|next|same) (?:one|ones|option|point|example|answer|suggestion|item|paragraph|sentence|step|thing|method|approach)(?:,? (?:you|again|above|is|was|please|instead|in more detail|means?))?[?.! ]*$
    (?:near|around|close to|next to) (?:me|us|here)
    nearby(?=[?.! ]*$)
    (?:nearest|closest) (?:[a-z]+ ?){1,3}(?=[?.! ]*$)
    (?:(?:from|around|over|in|up|down|right|out|like) here|here)[?.!]*$
    (?:in|on|at) (?:this|these|those|that) (?:picture|photo|image|video|text|article|code|chart|graph|table|screenshot|document|file|page|passage|email|link|list|sentence|song|figure|diagram|snippet)(?!s? of| where| when| that| if)
  `,
  pronouns: `
    (?:it|its|it's|they|them|their|theirs|they're|he|him|his|he's|she|her|hers|she's|the former|the latter)
    (?:this|that|that's|thats|these|those|such)(?= (?:is|are|was|were|mean|means|work|works|happen|happens|cost|costs|do|does|look|sound|in|to|for|on|from|with|into|as|again|better|possible|correct|true|right|normal|safe|legal|ok|okay|good|bad|called|so|and|or|but|if|when|by|before|after|like|about|not|can|will|would|should|all|really|happening|still|please|included|free|available|vegan|real|fake|refundable|waterproof|[a-z]{3,}ed)(?![\\p{L}])|[?.!,;: ]*$|[,;?!.])
  `,
  demonstratives: `
    (?:this|these|those)
  `,
  exceptNouns: `
    (?:is|was|a|an|the|app|bank|company|site|website|service|store|shop|platform|hotel|restaurant|airline|way|world|kind|sort|type|point|much|many|day|days|age|time|times|year|years|year's|week|weekend|month|morning|evening|afternoon|season|summer|winter|spring|fall|century|decade|generation|life|earth|planet|moment|quarter|era|semester|november|december|january|february|march|april|may|june|july|august|september|october|monday|tuesday|wednesday|thursday|friday|saturday|sunday|christmas|who|whose|that|which|of|are|were|in|for|and)
  `,
  verbs: `
    (?:mean|means|meant|work|works|worked|working|explain|translate|summari[sz]e|rewrite|rephrase|fix|solve|say|said|tell|write|happen|happens|happened|cost|costs|use|used|using|make|made|look|looks|take|takes|took|think|know|buy|see|show|give|read|call|called|spell|pronounce|improve|correct|check|describe|analy[sz]e|simplify|shorten|expand|convert|compare|find|help|understand|avoid|prevent|stop|prove|implement|run|test|define|continue|repeat|change|apply|handle|like|want|need|try|true|right|wrong|ok|okay|safe|legal|normal|good|bad|correct|possible|enough|different|better|live|born|die|died|old|tall|big|far|long|much|many|often|invented|invent|discovered|created|made|wrote|start|started|end|ended|come|came|eat|come|feel|sound|affect|differ|exactly|still|always|often|calculate|calculated|pay|do|done|cause|causes|caused|built|located|founded|married|famous|important|available|popular|bigger|located|open|opened|closed|free|expensive|hard|easy|worth|fit|belong|compatible|included|covered|refundable|waterproof|vegan|sell|sold|ship|deliver|return|cancel|get|won|win|lose|lost|leave|left|arrive|real|fake)
  `,
  expletives: `
    (?:is|was|isn't|wasn't|will|would|could|might|does|should|can|makes?|made|find|found|think|thinks|believe|consider|has|had|be|been|becoming|become) it(?:'s| is| be| been| seem| seems| take| takes| cost| costs| matter| feel| look| sound| make| mean| hurt| help| still| always| really| ever| even| just| so| too| very| all| not| considered| getting| more| have| look| actually| generally| a| an| the| any| okay| ok| to)* [^,?]*(?:to|that|if|for|when|whether|how|[a-z]{3,}ing|without|of|who|as|because|being|like|in|on|at|after|before|during|with|from)(?![\\p{L}])
    (?:is|was|isn't|if|when|how (?:long|much|many|hard|easy|far|often|difficult|expensive|safe|common|likely|important|bad|good|normal)|why|what)(?: (?:is|does|would|did|will|was|has|can|might))* it (?:just me|take|takes|cost|costs|possible|legal|illegal|safe|normal|ok|okay|bad|good|worth|true|important|necessary|hard|easy|difficult|common|like|feel|mean|hurt|rain|rains|snow|dark|late|early|cold|hot|better|best|called|that|be|been|so|to|required|considered|matter|said|wise|recommended|advisable|rude|weird|wrong|healthy|dangerous|harmful|cheaper|compulsory|mandatory|enough|too late|humanly|ethical|a good|a bad|the case|useful)(?: [^?]*)?(?:to|that|if|for|when|whether|like|or|[a-z]{3,}ing|in|on|of|with|without|at|during|as|after|before|from|who|inside|under)(?![\\p{L}])
    it(?:'s| is| was| would be| will be| can be| may be) (?:[a-z]+ ){1,3}(?:to|that|if|when|for)(?![\\p{L}])
    (?:it|that|this|what) (?:is|was|'s)? ?(?:said|known|true|possible|believed|called|raining|snowing|time|like (?:to|being|living|in|working))
    (?:what|that|this) it (?:is|was|takes|means|feels|looks) (?:like )?(?:to|like)
    (?:all|so|such|now|given|the fact|in order|provided|assuming|say|mean|means|know|think|believe|sure|afraid|feel|sign|signs|proof|prove|way|reason|times?|things?|people|those|something|anything|everything|someone|one|ones|tell|see|true|possible|likely|ensure|wish|hope|idea|shows?|argue|claim) that
    that (?:the|a|an|i|you|we|my|your|there|is|are|can|will|people|most|has|have|was|were|some|no|all|would|do|does|help|helps|could|should|make|makes|contain|contains|start|starts|end|ends|allow|allows|work|works|need|use|uses|give|gives|cause|causes|come|comes|offer|offers|deal|accept|sell|take|takes|go|goes|does|don't|doesn't|aren't|isn't|can't|won't)(?![\\p{L}])
    those (?:who|that|of|with|in|from)
    (?:do|why do|did|when did|how do|what do) they (?:call|say|make|put|teach|use)(?: [a-z]+)+
    such (?:as|a|an|that)
    (?:call|make|made|do|get|got) it (?:a|when|if|to|in|big|past|through|as)
    (?:his|her|their) or (?:her|his)
    (?:he|him|his) or (?:she|her|hers)
  `,
  subjectless: '(?!)',
};

const es: PointingWords = {
  alone: `
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
    (?:este|esta|estos|estas|ese|esa|esos|esas)
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

const pt: PointingWords = {
  alone: `
    (?:e |mas |entao |ok |ta )*(?:por que|por que nao|porque|como|como assim|quando|onde|quem|qual|quais|o que|que|para que|pra que|quanto|quantos|quanta|quantas|ate quando|desde quando|de que|com que|o que mais|algo mais|mais alguma coisa|quem mais|qual mais|e depois|e agora|e dai|e entao|o que aconteceu|tem mais|outro|outra|outros|outras)(?: exatamente| entao)?
    (?:continue|continua|continuar|prossiga|siga|adiante|mais|de novo|outra vez|novamente|repita|repete|outro exemplo|mais um|mais uma|mais exemplos|mais detalhes|com mais detalhes|elabore|desenvolva|(?:me )?expli(?:ca|que)(?:-me)?(?: (?:melhor|de novo|novamente|outra vez|mais))?|fale mais|me conte mais|conte mais|nao entendi|nao entendo|o que voce quer dizer|resuma|resume|resumo|traduza|traduz|mais curto|mais longo|mais simples|simplifique|reformule|reescreva|corrija|faca (?:isso|de novo|mais)(?: [a-z ]+)?|tente (?:de novo|novamente|outra vez)|por exemplo|tipo o que|exemplos|termine)(?: isso| por favor)?
    (?:sim|nao|ok|claro|certo|correto|exato|serio|e mesmo|verdade|perfeito|bom|otimo|legal|entendi|entendo|pronto|talvez|de acordo|beleza|ta bom|isso|isso mesmo)
    (?:voce )?(?:tem|esta|ta) (?:certeza|certo disso|segur[oa])(?: (?:disso|disto))?
    (?:e|era|nao e|isso e) (?:assim|verdade|mesmo|certo|correto|possivel|seguro|legal|normal|tudo|gratis|bom|ruim|suficiente)
    (?:o|a|os|as) (?:primeir[oa]s?|segund[oa]s?|terceir[oa]s?|ultim[oa]s?|outr[oa]s?|anterior|anteriores|proxim[oa]s?|mesm[oa]s?|opcao [a-z0-9])
    (?:em|no|na|para|com|sem|de|do|da|desde|por|sobre) (?:[\\p{L}\\p{N}'-]+)(?: [\\p{L}\\p{N}'-]+)?
    (?:que|como|quando|onde|quem|qual|quanto|quantos|quantas) (?:[\\p{L}]{3,})(?<![aeio]r)
  `,
  followUps: `
    (?:e|mas|ou|alem disso|tambem|entao|porem) (?!(?:possivel|preciso|verdade|necessario|permitido|normal|legal|seguro|obrigatorio|proibido|bom|ruim|melhor|perigoso|crime|verdadeiro|comum|facil|dificil|caro|recomendado|aconselhavel|vantajoso) )
    (?:e )?(?:quanto a|quanto ao|e se|que tal|e quanto)(?= )
    (?:a )?mesma (?:coisa|pergunta) (?:para|com|mas|em)
    o mesmo (?:para|com|mas|em|vale)
    (?:em vez disso|no lugar disso|caso contrario)
    (?:me de|de-me|me diga|me mostra|mostre|tem|ha|sugira|cite)(?: [a-z]+)? (?:mais|outro|outra|outros|outras)(?: [a-z]+)?[?.! ]*$
  `,
  anywhere: `
    (?:o|o texto|o codigo|a resposta|a pergunta|a mensagem|o exemplo|a|as|os) (?:anterior|anteriores|acima|abaixo|mencionad[oa]s?|anexad[oa]s?|em anexo|supracitad[oa]s?)(?! (?:a|ao|da|do|de))
    (?:mencionad[oa]s?|indicad[oa]s?|descrit[oa]s?|dit[oa]s?|citad[oa]s?|text[o]|imagem|codigo|lista|tabela) (?:acima|antes|anteriormente|abaixo)
    (?:acima|abaixo)(?=[?.! ]*$)
    (?:como|que|o que) (?:voce )?(?:disse|mencionou|falou|me disse|explicou|acabou de dizer|sugeriu|escreveu|citou)
    sua (?:ultima|anterior|primeira) (?:resposta|sugestao|explicacao|frase)
    (?:minha|a) (?:ultima|anterior|outra) (?:pergunta|mensagem)
    (?:perto de (?:mim|aqui|nos)|por aqui(?: perto)?|aqui|aqui perto|na regiao)(?=[?.! ]*$)
    (?:o|a|os|as) (?:segund|primeir|terceir|ultim)[oa]s?(?: (?:opcao|opcoes|ponto|exemplo|paragrafo|frase|resposta))?[?.! ]*$
    (?:o|a|os|as) (?:outro|outra|outros|outras)[?.! ]*$
    n(?:esta|este|essa|esse) (?:imagem|foto|texto|video|artigo|codigo|tabela|grafico|documento|arquivo|pagina|lista|frase|email|musica)
  `,
  pronouns: `
    (?:isto|isso|aquilo|disso|disto|nisso|nisto|daquilo|ele|ela|eles|elas|dele|dela|deles|delas|nele|nela)
  `,
  demonstratives: `
    (?:este|esta|estes|estas|esse|essa|esses|essas|deste|desta|destes|destas|desse|dessa|neste|nesta|nesse|nessa)
  `,
  exceptNouns: `
    (?:ano|anos|mes|semana|dia|dias|noite|manha|tarde|momento|fim|final|verao|inverno|outono|primavera|natal|temporada|seculo|decada|mundo|vida|vez|tipo|forma|maneira|sentido|e|sao|que|de|o|a|os|as|um|uma|meu|minha|seu|em|no|na|incluido|incluida|proibido|coberto|coberta|disponivel|aberto|aberta|fechado|bem|mal|composto|feito|localizado|localizada|situado|gravida|doente|casado|mais|muito|nao|segunda|terca|quarta|quinta|sexta|sabado|domingo|trimestre|certo|[a-z]+(?:ado|ada|ido|ida|ados|adas|idos|idas|ando|endo|indo))
  `,
  verbs: `
    (?:significa|significam|funciona|funcionam|traduz|traduza|traduzir|explica|explique|explicar|resume|resuma|resumir|corrige|corrija|corrigir|custa|custam|faz|fazem|serve|servem|ocorre|acontece|quer|dizer|diz|chama|chamam|usa|usar|fazer|escreve|escreva|escrever|consertar|resolver|resolve|verdade|certo|correto|possivel|normal|legal|seguro|ruim|bom|comprar|ver|entender|evitar|acha|pensa|revise|analise|melhore|devo|deve|calcula|calcular|tempo|dura|mora|nasceu|morreu|vive|ganhou|disse|fez|anos)
  `,
  expletives: `
    isso (?:que|de|e que)
    (?:e|nao e|seria) (?:verdade|possivel|normal|legal) que
    (?:ele|ela) (?:mesm[oa]|proprio)
  `,
  subjectless: `
    (?:qual|quais|que|quem) (?:e|sao|era|foi) (?:o |a |os |as )?(?:melhor|melhores|pior|piores|corret[oa]|cert[oa]|diferenca|mais [a-z]+)
    (?:como|o que|que|quanto|quando|onde|por ?que|para que|quem|qual|quais|desde quando|ate quando|de onde|a que horas) (?:eu |se |me |o |a )?(?:funciona|funcionam|custa|custam|significa|significam|serve|servem|e|sao|era|foi|foram|esta|estao|faz|fazem|dura|duram|demora|demoram|chega|chegam|vale|valem|comeca|termina|acontece|aconteceu|fica|ficam|faco|fazemos|uso|conserto|instalo|mudo|cancelo|pago|compro|consigo|nasceu|morreu|mora|vive|vem|sai|abre|abrem|fecha|fecham|chama|chamam|diz|escreve|come|ganhou|fez|comecou|tem|pesa|mede|posso)(?: (?:agora|exatamente|aqui|isso|entao|tanto|mesmo))?
    (?:e|sao|esta|estao|tem|ha|posso|pode|funciona|funcionam|serve|custa|vale) (?:gratis|possivel|normal|legal|segur[oa]s?|car[oa]s?|barat[oa]s?|bo[am]s?|ruim|obrigatori[oa]s?|perigos[oa]s?|disponivel|disponiveis|verdade|certo|faze-lo|usar|cancelar|garantia|desconto|mais|outro|outra)
  `,
};

const ru: PointingWords = {
  alone: `
    (?:а |и |но |ну |так |тогда )*(?:почему|почему нет|зачем|как|как так|как это|когда|где|куда|откуда|кто|кто еще|что|что еще|какой|какая|какие|какое|который|которые|сколько|чей|чем|для чего|с чего|в смысле|и что|что дальше|что потом|а дальше|а потом|а еще|что случилось|что произошло|есть еще|еще что-нибудь|другой|другая|другие|а если нет)(?: именно| тогда| же| это)?
    (?:продолжай|продолжайте|продолжи|продолжить|дальше|далее|еще|еще раз|еще один|еще пример|еще примеры|повтори|повторите|снова|заново|подробнее|поподробнее|более подробно|больше|больше деталей|расскажи (?:еще|подробнее|больше)|расскажите (?:еще|подробнее|больше)|поясни|поясните|объясни(?:те)?(?: (?:еще раз|снова|подробнее|проще|лучше|иначе))?|попроще|покороче|подлиннее|подробней|проще|короче|длиннее|кратко|сократи|упрости|перефразируй|перепиши|исправь|переведи|переведите|резюмируй|попробуй (?:еще раз|снова)|не понял|не поняла|не понимаю|что ты имеешь в виду|что вы имеете в виду|например|пример|примеры|приведи(?:те)? (?:пример|примеры|еще пример)|закончи|стоп)(?: пожалуйста| это| его| ее)*
    (?:да|нет|ок|окей|хорошо|ладно|точно|правда|серьезно|верно|неверно|правильно|неправильно|понятно|ясно|отлично|супер|круто|может быть|возможно|наверное|согласен|согласна|конечно|ага|угу|неа)
    (?:ты |вы )?(?:уверен|уверена|уверены)(?: в этом)?
    (?:это|так) (?:так|правда|верно|правильно|все|точно|возможно|нормально|законно|безопасно|опасно|бесплатно|реально|хорошо|плохо)(?: ли)?
    (?:правда|верно|так|это так) ли(?: это)?
    (?:перв|втор|трет|последн|друг|предыдущ|следующ|остальн)(?:ый|ая|ое|ые|ий|ья|ье|ьи|ой|ее|яя|ие|ую|юю|ого)(?: вариант| пункт| способ)?
    (?:на|в|во|для|с|со|без|к|из|по|про|о|об|от|до) (?:[\\p{L}\\p{N}'-]+)(?: [\\p{L}\\p{N}'-]+)?
    (?:кто|что|когда|где|как|сколько|куда|откуда|почему|зачем) (?:[\\p{L}]{3,})(?<!ть|ться|ти|чь)
  `,
  followUps: `
    (?:а|и|но|или|либо|также|тоже|зато|кроме того|тогда)(?= )
    (?:а )?(?:что насчет|как насчет|как же|что если|что по поводу|а если|если нет)(?= )
    (?:то же|тоже) самое (?:для|с|но|про|на)
    (?:вместо этого|в таком случае|в противном случае)
    (?:дай|дайте|покажи|назови|приведи|предложи|есть|есть ли)(?: [а-я]+)? (?:еще|другие|другой|другое|больше)(?: [а-я]+)?[?.! ]*$
  `,
  anywhere: `
    (?:выше|ниже)(?:указанн|приведенн|упомянут|описанн|изложенн)[а-я]+
    (?:указанн|приведенн|упомянут|описанн|сказанн|написанн|текст[а-я]*|код[а-я]*|пример[а-я]*)[а-я]* (?:выше|ниже|ранее|раньше|вначале)
    (?:как|что) (?:ты|вы) (?:сказал|сказала|сказали|говорил|говорили|упомянул|упомянули|написал|написали|предложил|предложили|объяснил|объяснили)
    (?:ты|вы) (?:только что|ранее|раньше|уже|выше) (?:сказал|сказали|упомянул|упомянули|говорил|написал|писал)[аи]?
    (?:тво|ваш)[а-я]+ (?:последн|предыдущ|прошл|перв)[а-я]+ (?:ответ|сообщени|предложени|объяснени)[а-я]*
    (?:мо)[а-я]+ (?:последн|предыдущ|прошл|друг)[а-я]+ (?:вопрос|сообщени)[а-я]*
    (?:предыдущ)[а-я]+ (?:ответ|вопрос|сообщени|пример|пункт|текст|шаг)[а-я]*
    (?:рядом со мной|недалеко от меня|поблизости|рядом|здесь|тут|неподалеку|возле меня)(?=[?.! ]*$)
    (?:перв|втор|трет|последн)(?:ый|ая|ое|ом|ой|ую|ий|юю|ем)(?: вариант[а-я]*| пункт[а-я]*| пример[а-я]*| способ[а-я]*)?[?.! ]*$
    (?:на|в) (?:этом|этой|данном|данной|прикрепленн[а-я]+) (?:фото|картинке|изображении|тексте|видео|статье|коде|таблице|графике|документе|файле|странице|списке|предложении|письме|песне)
  `,
  pronouns: `
    (?:это|этого|этому|этим|он|она|оно|они|его|ее|их|ему|ей|им|ними|ним|ней|них|нем|нее|него|нему)
  `,
  demonstratives: `
    (?:этот|эта|эти|эту|этой|этого|этих|этим|этом|этому|тот|та|те|ту)
  `,
  exceptNouns: `
    (?:год[а-я]*|недел[а-я]*|месяц[а-я]*|день|дня|дни|дней|момент|час|раз|вечер|утро|утром|вечером|выходн[а-я]*|лет[оаеу]*|зим[а-я]*|весн[а-я]*|осен[а-я]*|сезон[а-я]*|век[а-я]*|мир[а-я]*|жизн[а-я]*|случа[а-я]*|свет[а-я]*|период[а-я]*|врем[а-я]*|же|ли|которы[а-я]*|кто|что|самы[а-я]*|или|и|не|связи|отношении)
  `,
  verbs: `
    (?:значит|означает|работает|работают|стоит|стоят|переведи|переведите|перевести|объясни|объясните|объяснить|сократи|исправь|исправить|сделать|делать|делают|делается|называется|происходит|случилось|нужно|надо|можно|нельзя|правда|верно|правильно|возможно|нормально|законно|безопасно|опасно|сказать|сказал|написать|использовать|понять|решить|починить|купить|найти|думаешь|думаете|зовут|лет|родился|родилась|умер|умерла|живет|жил|жила|выглядит|помогает|влияет|отличается|отличаются|длится|занимает|произошло|изобрел|придумал|создал|написал|поделать|читается|пишется|переводится|такое|будет|бывает)
  `,
  expletives: `
    (?:правда ли это,? что|это правда,? что|верно ли,? что|это связано с|это из-за)
    (?:что|кто) это (?:такое|такой|такая|такие|за) [\\p{L}]+
    [-—:] это(?![\\p{L}])
    это [\\p{L}]+ (?:или|чтобы|если)(?= )
  `,
  subjectless: `
    (?:какой|какая|какое|какие|что|кто|который|которая) (?:из них |из этого )?(?:лучше|хуже|правильн[а-я]+|дешевле|дороже|больше|меньше|быстрее|самый [а-я]+)
    (?:как|что|сколько|когда|где|почему|зачем|кто|какой|какая|какое|какие|откуда|куда|до какого|во сколько) (?:это |он |она |они |его |ее |их |мне |я )?(?:работает|работают|стоит|стоят|значит|означает|делает|делают|длится|занимает|находится|находятся|начинается|заканчивается|произошло|случилось|пользоваться|использовать|сделать|установить|отменить|оплатить|купить|родился|родилась|умер|умерла|живет|придет|приедет|открывается|открываются|закрывается|закрываются|открывается|называется|выглядит|весит|выиграл|победил|написал|изобрел|будет|был|была|было|были|есть|такое|получить|делать)(?: это| его| ее| их| сейчас| именно| здесь)?
    (?:бесплатно|возможно|безопасно|законно|опасно|нормально|дорого|обязательно|сложно|больно|вредно|полезно|есть гарантия|есть скидка|можно|нужно)(?: ли)?(?: это| его| ее)?
  `,
};

const he: PointingWords = {
  alone: `
    (?:ו|אבל |אז |טוב )*(?:למה|למה לא|מדוע|איך|איך זה|איך כן|מתי|איפה|לאן|מי|מי עוד|מה|מה עוד|מה זה|מה זאת אומרת|מה הכוונה|איזה|איזו|אילו|כמה|בשביל מה|ממתי|עד מתי|עם מה|ומה עכשיו|מה עכשיו|מה הלאה|ואז|מה קרה|יש עוד|אחר|אחרת|אחרים|ואם לא|עוד משהו)(?: בדיוק| אז)?
    (?:המשך|תמשיך|תמשיכי|המשיכי|להמשיך|הלאה|עוד|שוב|עוד פעם|עוד אחד|עוד אחת|עוד דוגמה|עוד דוגמאות|עוד פרטים|חזור|תחזור על זה|חזור על זה|פרט|תפרט|הרחב|תרחיב|הסבר|תסביר|תסביר שוב|תסביר יותר|ביתר פירוט|ספר עוד|ספר לי עוד|תגיד עוד|סכם|תסכם|תרגם|תרגם את זה|קצר יותר|ארוך יותר|פשוט יותר|קצר|תקצר|תקן|תקן את זה|נסח מחדש|נסה שוב|לא הבנתי|לא מבין|לא מבינה|לדוגמה|למשל|דוגמה|דוגמאות|תן דוגמה|תן לי דוגמה|סיים|תסיים)(?: בבקשה| את זה)*
    (?:כן|לא|אוקיי|בסדר|טוב|נכון|לא נכון|באמת|ברור|מעולה|סבבה|יופי|הבנתי|אולי|בטח|מסכים|מסכימה|אחלה)
    (?:אתה |את )?(?:בטוח|בטוחה)(?: בזה)?
    (?:זה|האם זה) (?:נכון|ככה|כך|הכל|אפשרי|חוקי|בטוח|נורמלי|מסוכן|בחינם|חינם|אמיתי|טוב|רע|מספיק)
    ה?(?:ראשון|ראשונה|שני|שנייה|שלישי|שלישית|אחרון|אחרונה|אחר|אחרת|קודם|קודמת|הבא|הבאה)(?: (?:בבקשה))?
    [בלעמו]-?(?:[א-ת]{3,})(?: [א-ת]+)?
    (?:מי|מתי|איפה|איך|כמה|למה|מה) (?!ל)(?:[א-ת]{3,})
  `,
  followUps: `
    (?:אבל|או|גם|וגם|בנוסף|אז)(?= )
    ו-?(?:מה|איך|למה|מתי|איפה|כמה|אם|מי|איזה|איזו|האם|ב|ל|על|עם|לגבי|בעברית|באנגלית|בספרדית|ברוסית|בשביל|עבור|השני|השנייה|הראשון|אחרי|לפני)(?![א-ת]) ?
    (?:מה|ומה) (?:לגבי|בנוגע|עם|בקשר)(?= )
    (?:אותו דבר|אותה שאלה|כנ"ל) (?:ל|עם|אבל|ב|על)[א-ת]*
    (?:במקום זה|אחרת|לחלופין)
    (?:תן|תני|הראה|יש|תציע|הצע)(?: [א-ת]+){0,2} (?:עוד|אחר|אחרת|אחרים|אחרות|נוסף|נוספת)(?: [א-ת]+)?[?.! ]*$
  `,
  anywhere: `
    (?:הנ"ל|דלעיל|לעיל|להלן|שלמעלה|שלמטה|המצורף|המצורפת|המצורפים|האמור|האמורה|שהוזכר|שהוזכרה|הקודם שלך|הקודמת שלך|האחרונה שלך|מצורפת|בתמונה המצורפת)
    (?:כמו ש|מה ש)(?:אמרת|הזכרת|כתבת|הצעת|הסברת|אמרתי|סיפרת)
    (?:אמרת|הזכרת|כתבת|הצעת) (?:קודם|לי|למעלה|מקודם|לפני)
    (?:התשובה|ההודעה|ההצעה) (?:האחרונה|הקודמת)(?: שלך)?
    (?:השאלה|ההודעה) (?:הקודמת|האחרונה)(?: שלי)?
    (?:לידי|קרוב אליי|בסביבה|באזור שלי|באזור|כאן|פה|לידינו|בקרבתי|בסביבתי)(?=[?.! ]*$)
    (?:ה(?:ראשון|ראשונה|שני|שנייה|שלישי|שלישית|אחרון|אחרונה|קודם|קודמת))[?.! ]*$
  `,
  pronouns: `
    [בלמכשהו]?(?:זה|זאת|זו|אלה|אלו)
    (?:אותו|אותה|אותם|אותן|שלו|שלה|שלהם|שלהן|בו|לו|ממנו|ממנה|עליו|עליה)
    (?<=(?:כמה|איך|איפה|מתי|למה|מאיפה|היכן|האם|בן כמה|בת כמה) )(?:הוא|היא|הם|הן)
  `,
  demonstratives: `
    (?:הזה|הזאת|הזו|האלה|האלו|ההוא|ההיא|ההם)
  `,
  exceptNouns: `
    (?:של|ש|אשר)
  `,
  verbs: `
    (?:אומר|אומרת|עובד|עובדת|עובדים|עולה|עולים|תרגם|תרגמי|לתרגם|הסבר|תסביר|להסביר|סכם|לסכם|תקן|לתקן|קורה|קרה|נכון|אפשרי|חוקי|בטוח|נורמלי|מסוכן|להגיד|אומרים|כותבים|לכתוב|משתמשים|להשתמש|עושים|לעשות|לפתור|להבין|לקנות|למנוע|חושב|חושבת|נקרא|נקראת|נראה|לוקח|נמשך|נולד|נולדה|מת|מתה|גר|גרה|בן|בת|המציא|כתב|משמעות|פירוש|קוראים|את)
  `,
  expletives: `
    מה זה (?!אומר|עושה|נותן|היה|קורה|משנה|כולל)[א-ת"'-]+
    (?:האם )?זה (?:אפשרי|נכון|מותר|אסור|חוקי|בטוח|כדאי|בסדר|תקין|נורמלי|בריא|מסוכן|טוב|רע|הגיוני|משנה|עוזר|לוקח|עולה|כואב)(?: [א-ת]+)? (?:ל|ש|אם|כש)[א-ת]+
    (?:כמה זמן|כמה) זה (?:לוקח|עולה) ל[א-ת]+
    (?:דבר|ביום|בזמן|מי|כל|עם|בכל|יום|לכן|מאז|כמו|אחרי|לפני|יותר מ|בגלל) (?:זה|זו|אלה)
  `,
  subjectless: `
    (?:מה|איזה|איזו|מי) (?:מהם |מביניהם |מהן )?(?:עדיף|עדיפה|יותר טוב|יותר טובה|הכי טוב|הכי טובה|יותר זול|נכון|ההבדל|טוב יותר|טובה יותר)
    (?:כמה|איך|איפה|מתי|מה|למה|מאיפה|עד מתי|היכן|באיזו שעה) (?:זה |הוא |היא |הם )?(?:עולה|עולים|עובד|עובדת|עובדים|אומר|אומרת|נמצא|נמצאת|נמצאים|קורה|קרה|מתחיל|מתחילה|נגמר|נגמרת|לוקח|לוקחת|נמשך|עושה|עושים|מבטלים|משלמים|מגיע|מגיעה|פתוח|פותחים|סוגרים|נפתח|נסגר|נולד|נולדה|מת|מתה|גר|גרה|שוקל|נראה|קוראים|משתמשים|מתקינים|מפעילים|קונים)(?: (?:את זה|זה|אותו|אותה|עכשיו|בדיוק|כאן|פה))?
    (?:זה )?(?:בחינם|אפשרי|בטוח|חוקי|מסוכן|יקר|זמין|פתוח|יש הנחה|יש אחריות|כדאי|מותר|אסור)
  `,
};

export const pointingWords: ReadonlyMap<string, PointingWords> = new Map([
  ['en', en],
  ['es', es],
  ['pt', pt],
  ['ru', ru],
  ['he', he],
]);
