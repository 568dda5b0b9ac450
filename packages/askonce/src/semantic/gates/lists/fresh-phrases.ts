/**
 * What makes an answer one of this moment, by language, in folded spelling: words for now, today and this week; news;
 * the weather, the time, prices and scores as they are. Own compilation.
 */

/** `phrases` keep a question out, except where one of `except` is all that there is. */
export interface FreshPhrases {
  readonly phrases: string;
  /** What only looks fresh, such as an electric current. */
  readonly except: string;
}

const en: FreshPhrases = {
  phrases: `
    (?:right|just|as of|until|till|up to|even) now
    now
    nowadays
    (?:today|todays|today's|tonight|tonight's|tomorrow|tomorrow's|yesterday|yesterday's)
    (?:these|this) days?
    this (?:very )?(?:moment|minute|instant|hour|morning|afternoon|evening|night|week|weekend|month|quarter|semester|season|year|spring|summer|autumn|fall|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|october|november|december|christmas|easter)(?:'s)?
    (?:next|last|past|coming|upcoming|current) (?:few |couple of )?(?:moment|minute|hour|morning|night|evening|day|week|weekend|month|quarter|semester|season|year|spring|summer|autumn|fall|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?(?:'s)?
    at (?:the|this) (?:very )?(?:moment|present|minute|time|point in time)
    at present
    as of (?:now|today|this|yet)
    so far (?:this|today)
    (?:current|currently|presently)
    (?:the )?(?:latest|newest|most recent)
    recent (?:news|events?|developments?|changes?|updates?|results?|scores?|headlines?)
    (?:up to date|up-to-date|up to the minute|real time|real-time)
    upcoming
    (?:breaking|latest|today's|local|world|any|the|recent|sports?|tech|business|daily|morning|evening|good|top|big|headline|international|national|political|financial|some|read|tell me|hear|check|play|give me|get|show|what's|whats|whats in|what's in) news
    news (?:about|on|from|in|of|today|for|update|updates|headlines|story|stories|regarding|please|alert|alerts|briefing)
    news(?=[?.! ]*$)
    (?:headlines|trending)
    (?:the )?weather (?:like|in|for|at|on|outside|forecast|report|today|tomorrow|now|here|there|near|going|be|looking|conditions|update|over|around)
    (?:what|how)(?:'s| is|s)(?: the)? weather
    (?:tell|give|show|check|get|know)(?: me)?(?: about)? the weather
    forecast (?:for|in|today|tomorrow)
    temperature (?:outside|today|here|now|tonight|tomorrow)
    (?:what's|what is|whats|how's|how is) the temperature (?:in|at) (?!the)[a-z]+
    (?:what's|what is|whats|current|tell me) the (?:outside |outdoor )?temperature(?: (?:outside|today|here))
    (?:is|was|will) it (?:be )?(?:going to )?(?:rain|raining|snow|snowing|sunny|cloudy|windy|hot|cold|warm|humid|foggy|storming|hailing|chilly|freezing)(?: (?:outside|here|in|today|there|on|at))
    (?:is|will) it (?:going to )?(?:rain|raining|snow|snowing|sunny|cloudy|windy|humid|foggy|storm)
    (?:do|will|should) i need (?:an umbrella|a jacket|a coat|sunscreen|a raincoat)
    (?:what|what's|whats|tell me|give me|do you have|check|show)(?: me)?(?: is)?(?: the)? (?:exact |correct |local )?(?:time|date)(?: (?:is it|please|now|here|right|there))
    (?:what|what's|whats) (?:the|is the|'s the) (?:time|date|day)(?: (?:in|at|of the week))
    what (?:time|day|date|month|year)(?: of the week)? (?:is it|it is|is today)
    (?:what|how much|check|get|show|tell me|give me|whats)[^?]{0,25} (?:stock|share|gold|silver|oil|gas|petrol|bitcoin|ethereum|crypto|btc|eth|spot|fuel|diesel) price
    ^(?:stock|share|gold|silver|oil|gas|petrol|bitcoin|ethereum|crypto|btc|eth|spot|fuel|diesel) prices?
    prices? (?:of|for) (?:bitcoin|ethereum|btc|eth|gold|silver|crude|crude oil|oil|petrol|gasoline|gas|[a-z]+ (?:stock|shares?))
    how much (?:is|are|does|do) (?:a |one |1 )?(?:bitcoin|btc|ethereum|eth|dollar|euro|pound|yen|gold|silver|[a-z]+ (?:stock|shares?|coin))s?(?: (?:worth|trading|going|cost))
    (?:trading|priced) at
    (?:what is|what's|whats|how much is|check|get|show|tell me|know|need|want|give me)(?: me)? the (?:[a-z]+ )?(?:exchange|conversion|mortgage|inflation|unemployment|interbank)[ -]rates?
    (?:who|who's|whos) (?:is |are )?(?:winning|leading|ahead|playing)
    (?:what's|what is|whats|tell me|check) the (?:score|traffic|status)
    (?:how's|how is|hows|is there|any|check|avoid|heavy) (?:the )?traffic(?: (?:on|in|like|at|near|jam|now|report|conditions))
    (?:when|what time)(?:'s| is| does| do| are)? the next [a-z]+
    next (?:bus|train|flight|plane|ferry|game|match|episode|race|election|eclipse|full moon|launch|holiday|tram|metro|stop|concert|show|meeting)
    (?:still )?(?:open|closed|available|live|online|down|playing|airing|showing|on tv|in stock|out of stock|on sale) (?:now|today|tonight|yet|currently)
    (?:live|real-time) (?:score|scores|updates?|results?|price|prices|traffic)
    (?:is|are) .{1,40} (?:in stock|sold out)
    (?:minutes|hours|days|weeks|months) ago
    (?:two|three|four|five|six|a few|few|several|\\d+) (?:minutes|hours|days|weeks|months) from now
    (?:last|past) (?:\\d+|two|three|four|five|six|seven|ten|few|couple of) (?:minutes|hours|days|weeks|months)
  `,
  except: `
    (?:electric|electrical|alternating|direct|ac|dc|ocean|air|water|eddy|leakage|short circuit|induced|line|high|low|base|gate|drain|sea|gulf|maximum|of|through|rms|fault|peak|starting|load|voltage and|voltage,?|constant|dark|reverse|more|less|the same|rip|convection|and|or|displacement|end|surge|inrush|magnetising|magnetizing) currents?
    current (?:flow|flows|flowing|in|through|and|or|is|of|density|densities|transformer|transformers|accounts?|assets?|liabilit(?:y|ies)|ratio|affairs|divider|source|sources|carrying|passes|passing|lags|leads|electricity|voltage|gain|mirror|limiter|meter|rating|draw|yield|bush)
    (?:fake|no|bad|good|great) news
    (?:in|over|within|during|for) (?:the )?(?:next|last|past|coming) (?:few|several|couple of|\\d+|two|three|four|five|six|ten|many) (?:years|months|decades|weeks|days)
    (?:last|next|past) (?:day|week|month|year|season|hour|minute|moment)s? of
    (?:last|past|next) (?:few|\\d+) years
    news ?(?:channels?|papers?|website|websites|sites?|apps?|anchors?|readers?|sources?|reporters?|agency|agencies|organi[sz]ations?|media|outlets?|feed|feeds|letter|reading|reporting|industry|corporation|24|group)
    now (?:that|and then|a days)
    (?:from|by|and|before|up until|since) now(?: on)
    (?:in )?today's (?:world|society|age|youth|generation|life|times|era|day and age)
    weather (?:predicted|forecasted|formed|measured|controlled|made|recorded)
    (?:what|how) .{0,30}weather (?:affect|affects|work|works|is like)
    (?:exchange|interest|conversion) rates? (?:work|works|policy|policies|mean|means|calculated|determined|set|affect|affects|between)
  `,
};

const es: FreshPhrases = {
  phrases: `
    (?:ahora(?: mismo)?|ahorita|hoy|hoy en dia|actualmente|actual|actuales|mañana|ayer|anoche|anteayer|pasado mañana|recientemente|ultimamente)
    (?:en|a) (?:este|estos|esta) (?:mismo |mismos )?(?:momento|momentos|instante|instantes|dia|dias|hora)
    (?:de|por el) momento
    (?:este|esta|estos|estas) (?:mismo |misma )?(?:semana|mes|año|fin de semana|mañana|tarde|noche|dia|dias|trimestre|semestre|temporada|verano|invierno|otoño|primavera|lunes|martes|miercoles|jueves|viernes|sabado|domingo|navidad|curso)
    (?:la|el|los|las) (?:semana|mes|año|fin de semana|lunes|martes|miercoles|jueves|viernes|sabado|domingo|temporada) (?:que viene|proxim[oa]|pasad[oa]|actual|entrante)
    (?:proxim[oa]s?) (?:\\d+ )?(?:semanas?|mes|meses|año|años|dias?|horas?|minutos?|fin de semana|tren|trenes|autobus|vuelo|partido|eclipse|bus|metro|elecciones|temporada|concierto|capitulo|episodio|lunes|martes|miercoles|jueves|viernes|sabado|domingo)
    (?:lo |las? |los? |el )?(?:ultim[oa]s?|mas recientes?) (?:noticias?|hora|novedad|novedades|version|versiones|modelo|modelos|datos|resultados?|actualizacion|actualizaciones|tendencias|cifras|episodio|album)
    mas recientes?
    (?:noticias?|titulares|novedades|tendencias del dia)
    (?:que tal|como)(?: (?:esta|va|estara|sera|sigue))? (?:el )?(?:tiempo|clima)(?= (?:en|hoy|ahora|por|este|esta|mañana|de hoy)|[?.! ]*$)
    que (?:tiempo|clima|temperatura) (?:hace|hay|hara|habra|tenemos|hizo)
    (?:el )?(?:pronostico|prevision) (?:del tiempo|meteorologic[oa]|del clima|para)
    temperatura (?:hoy|ahora|actual|afuera|exterior|hay|hace)
    (?:el )?clima (?:hoy|ahora|para hoy|de hoy|para mañana)
    (?:va a|esta|estara|seguira) (?:llover|lloviendo|nevar|nevando|hacer (?:frio|calor|sol)|soleado|nublado)
    (?:llueve|llovera|nevara|nieva|hace (?:frio|calor|sol|viento)|hara (?:frio|calor|sol))
    (?:que|dime la|sabes la|a que) (?:hora|dia|fecha|mes|año) (?:es|son|estamos|tenemos)
    (?:cual es la|dime la) (?:hora|fecha)(?: actual| de hoy|[?.! ]*$)
    (?:precio|cotizacion|valor) (?:de|del|de la|de las) (?:el )?(?:bitcoin|ethereum|btc|oro|plata|petroleo|gasolina|dolar|euro|peso|acciones|accion|luz|gasoil|diesel|crudo|criptomonedas?)
    (?:a cuanto|a como|cuanto) (?:esta|vale|cotiza|cuesta|cotizan|estan) (?:el|la|un|una|hoy|las) (?:dolar|euro|bitcoin|oro|accion|acciones|gasolina|peso|libra|barril|btc|luz)
    (?:cual es|dime|a cuanto esta|como esta) el (?:tipo|tasa) de (?:cambio|interes actual)
    (?:cotiza|cotizando|en directo|en vivo|en tiempo real)
    (?:quien|como) va (?:ganando|el partido|el marcador)
    (?:quien gano|como quedo|como van|resultado de(?:l)?) (?:el |la )?(?:partido|final|juego|clasico|madrid|barcelona|barca|elecciones|carrera)
    (?:como esta|hay|estado de(?:l)?) (?:el |mucho )?trafico
    (?:esta|estan|sigue|siguen) (?:abiert|cerrad|disponible)(?:o|a|os|as|s)? (?:ahora|hoy|todavia|aun)
    hace (?:un|una|unos|unas|dos|tres|\\d+) (?:minutos?|horas?|dias?|semanas?|mes|meses|momento|rato)
    dentro de (?:un|una|unos|unas|dos|tres|\\d+) (?:minutos?|horas?|dias?|semanas?|mes|meses)
  `,
  except: `
    (?:la|una|por la|de la|cada|toda la|las \\d+ de la|ultima|primera hora de la|a media) mañana
    (?:sociedad|mundo|vida|era|epoca|humano|arte|español) actual(?:es)?
    hoy por hoy
    por que (?:llueve|nieva|hace (?:frio|calor|sol|viento))
    cuando (?:llueve|nieva|hace (?:frio|calor))
    (?:agencias?|paginas?|sitios?|canal|canales|periodicos?) de noticias
    noticias falsas
  `,
};

const pt: FreshPhrases = {
  phrases: `
    (?:agora(?: mesmo)?|neste (?:exato )?(?:momento|instante)|nesse (?:exato )?momento|hoje(?: em dia)?|atualmente|actualmente|atual|actual|atuais|actuais|amanha|ontem|anteontem|depois de amanha|recentemente|ultimamente)
    (?:no|de|ao|para o) momento
    (?:este|esta|estes|estas|nesta|neste|desta|deste|essa|esse|nessa|nesse|dessa|desse) (?:semana|mes|ano|fim de semana|final de semana|manha|tarde|noite|dia|dias|trimestre|semestre|temporada|verao|inverno|outono|primavera|segunda|terca|quarta|quinta|sexta|sabado|domingo|natal)
    (?:semana|mes|ano|fim de semana|segunda|terca|quarta|quinta|sexta|segunda-feira|terca-feira|quarta-feira|quinta-feira|sexta-feira|sabado|domingo|temporada) (?:que vem|passad[oa]|proxim[oa]|atual)
    (?:proxim[oa]s?|ultim[oa]s?) (?:\\d+ )?(?:semanas?|mes|meses|ano|anos|dias?|horas?|minutos?|fim de semana|trem|comboio|onibus|autocarro|voo|jogo|partida|eclipse|metro|eleicoes|eleicao|temporada|show|episodio|segunda|terca|quarta|quinta|sexta|sabado|domingo|feriado)
    (?:ultim[oa]s?|mais recentes?) (?:noticias?|novidades?|versao|versoes|modelos?|dados|resultados?|atualizac(?:ao|oes)|tendencias|numeros|episodio|album)
    mais recentes?
    (?:noticias?|manchetes|novidades)
    (?:como|que tal) (?:esta|vai estar|estara|ficara|ta|anda) (?:o )?(?:tempo|clima)
    que tempo faz
    (?:a )?previsao (?:do tempo|meteorologica|para)
    temperatura (?:hoje|agora|atual|la fora|esta fazendo)
    (?:o )?(?:clima|tempo) (?:hoje|la fora|agora)
    (?:vai|esta|ta|estara) (?:a )?(?:chover|chovendo|nevar|nevando|fazer (?:frio|calor|sol)|fazendo (?:frio|calor|sol)|ensolarado|nublado|frio|quente|sol)
    (?:chove|chovera|faz (?:frio|calor|sol))
    (?:que|qual) (?:e a )?(?:horas?|dia|data) (?:sao|e|estamos|hoje)
    (?:qual e a|qual a|me diga a|me diz a|me diga as) (?:horas|hora|data)(?: atual| de hoje|[?.! ]*$)
    que dia e
    (?:preco|cotacao|valor) (?:do|da|de|das) (?:bitcoin|ethereum|btc|ouro|prata|petroleo|gasolina|dolar|euro|real|acoes|acao|diesel|criptomoedas?|etanol|gas)
    (?:quanto|a quanto) (?:esta|vale|custa|ta|estao) (?:o|a|um|uma|as) (?:dolar|euro|bitcoin|ouro|acao|acoes|gasolina|libra|barril|btc|real)
    (?:qual e|qual|como esta|me diga) (?:a|o) (?:taxa de cambio|cambio|taxa selic)
    (?:ao vivo|em tempo real|em direto|em alta)
    (?:quem|como) esta (?:ganhando|vencendo|o jogo|o placar|a ganhar)
    (?:quem ganhou|quanto foi|quanto esta|resultado d[oa]) (?:o |a )?(?:jogo|final|partida|classico|flamengo|palmeiras|corinthians|benfica|porto|eleicao|corrida)
    (?:como esta|ha|tem) (?:o |muito )?(?:transito|trafego)
    (?:esta|estao|ainda esta) (?:abert|fechad|disponive)(?:o|a|os|as|l|is) (?:agora|hoje|ainda)
    (?:ha|faz|daqui a|dentro de) (?:um|uma|uns|umas|dois|duas|tres|\\d+) (?:minutos?|horas?|dias?|semanas?|mes|meses)
  `,
  except: `
    (?:sociedade|mundo|vida|era|epoca) atual
    (?:por que|porque|quando) (?:chove|neva|faz (?:frio|calor|sol))
    (?:sites?|agencias?|canal|canais|jornais) de noticias
    noticias falsas
  `,
};

const ru: FreshPhrases = {
  phrases: `
    (?:сейчас|теперь|сегодня|сегодняшн(?:ий|яя|ее|ие|его|ей|юю)|ныне|нынешн(?:ий|яя|ее|ие|его|ей|юю|ем|их)|завтра|завтрашн(?:ий|яя|ее|ей|его)|вчера|вчерашн(?:ий|яя|ее|ей|его)|послезавтра|позавчера|недавно|недавн(?:ие|их)|сию минуту)
    (?:в|на) (?:данный|этот|настоящий|текущий|нынешний) (?:момент|день|час)
    (?:в|на) (?:настоящее|данное|ближайшее) время
    (?:на|в|за|до) (?:этой|этом|этих|эту|этот|этой же|следующей|следующем|прошлой|прошлом|текущей|текущем|будущем|прошлую|следующую|прошлый|ближайшие|последние|последнюю|предстоящие|эти) (?:неделе|неделю|году|год|месяце|месяц|выходных|выходные|квартале|сезоне|дни|часы|дня|семестре|понедельник|вторник|среду|четверг|пятницу|субботу|воскресенье|раз)
    (?:этим|прошлым|следующим) (?:летом|утром|вечером|вечер|годом)
    (?:этого|текущего|нынешнего|прошлого|следующего) (?:года|месяца|сезона)
    сегодня
    (?:текущ(?:ий|ая|ее|ие|его|ей|ую|ем|их)|актуальн(?:ый|ая|ое|ые|ого|ой|ую|ых)|действующ(?:ий|ая) курс)
    (?:последн(?:ие|их|ий|яя|юю|ее)|свеж(?:ие|их|ий|ая)|нов(?:ейший|ейшая|ейшие|ейшую)) (?:новост[ьией]+|верси[яиюей]+|данны[ехй]+|событи[яйе]+|результат[ыов]*|обновлени[еяй]+|модел[ьией]+|выпуск|номер|альбом|курс|серия|сери[июя]|новинки)
    (?:новост(?:и|ей|ям|ях|ь)|сводк[аиу]|что нового)
    что (?:сейчас )?происходит(?: в мире| в стране| сейчас| в новостях)?(?=[?.! ]*$)
    (?:какая|какой|как|что с|прогноз|узнать|скажи|покажи)(?: сегодня| там| на улице| будет| сейчас)? (?:погод[аыуойе]+)
    погод[аыуе] (?:в|на|за|сегодня|завтра|там)
    прогноз (?:погоды|на)
    (?:какая|сколько)(?: сейчас)? (?:температура|градусов) (?:на улице|за окном|воздуха|сейчас|сегодня)
    (?:идет|пойдет|будет|идет ли|будет ли|пойдет ли)(?: ли)?(?: завтра| сегодня)? (?:дождь|снег|жарко|холодно|тепло|ветер)
    который(?: сейчас)? час
    сколько(?: сейчас)? (?:времени|время)(?: сейчас)?(?: (?:в|на) [а-я -]+)?(?=[?.! ]*$)
    (?:какое|какой|какая)(?: сейчас| сегодня)? (?:число|день недели|день|дата|год)(?: сейчас| сегодня)?
    (?:какая|какой|каков|какова|каковы|какие|узнать|скажи|покажи|сколько)(?: [а-я]+)? (?:курс|цена|стоимость|котировк[иа]|цены) (?:на )?(?:биткоин[а]?|биткойн[а]?|доллар[а]?|евро|валют[ы]?|золот[оа]|нефт[ьи]|рубл[яь]|юан[яь]|эфириума|акци[ийюя]+|бензин[а]?|криптовалют[ыа]?|газ[а]?)
    (?:сколько|почем) (?:стоит|стоят) (?:сейчас )?(?:биткоин|биткойн|доллар|евро|золото|нефть|акци[ия]|юань|бензин|баррель)
    (?:какой|каков|узнать) курс
    (?:кто|как) (?:выигрывает|ведет|побеждает|сыграл[аи]?)
    (?:какой|каков) счет (?:матча|игры|в матче|на табло)
    (?:прямой эфир|в прямом эфире|онлайн-трансляция|в реальном времени)
    (?:пробки|есть ли пробки|какие пробки)(?: на дорогах| в)?
    (?:когда|во сколько) (?:будет )?(?:следующ(?:ий|ая|ее)|ближайш(?:ий|ая|ее)) [а-я]+
    (?:открыт[аоы]?|работа(?:ет|ют)|закрыт[аоы]?)(?: ли)? (?:сейчас|сегодня|еще)
    (?:минут[уы]?|час(?:а|ов)?|дн(?:я|ей)|недел[юиь]|месяц(?:а|ев)?) назад
    через (?:\\d+|один|два|три|пару|несколько) (?:минут|час|дн|недел|месяц)[а-я]*
  `,
  except: `
    (?:текущ(?:ий|его|ему) ремонт|текущ(?:ие|их) активы|текущ(?:ие|их) расход(?:ы|ов))
    (?:почему|зачем|отчего|когда|если) (?:идет|пойдет|бывает) (?:дождь|снег)
    новостн(?:ой|ые) сайт(?:ы)?
  `,
};

const he: FreshPhrases = {
  phrases: `
    [ולשכמב]{0,2}(?:עכשיו|כעת|כרגע|היום|הלילה|הערב|מחר|מחרתיים|אתמול|שלשום|אמש|לאחרונה|נכון להיום|נכון לעכשיו|נכון לרגע זה|בימינו|עדכני|עדכנית|עדכניים|העדכני|העדכנית|העדכניים|הנוכחי|הנוכחית|הנוכחיים|הנוכחיות|נוכחי|נוכחית|עתה)
    (?:ברגע|בזמן|בשעה|ביום|בתקופה) (?:זה|הזה|זו|הזו|הזאת|אלה)
    (?:בימים|בימים) (?:אלה|אלו|האלה)
    [בהלמשו]{0,2}(?:שבוע|חודש|שנה|סופש|סוף שבוע|סוף השבוע|רבעון|עונה|קיץ|חורף|בוקר|ערב|יום) (?:הזה|הזאת|הזו|זה|הבא|הבאה|הקרוב|הקרובה|שעבר|שעברה|הנוכחי|הנוכחית|האחרון|האחרונה)
    [בהלמש]{0,2}(?:השבוע|החודש|השנה|הבוקר|אשתקד|הקיץ)
    [הו]?(?:חדשות|החדשות|מבזק|מבזקים|כותרות|הכותרות)(?: (?:היום|האחרונות|בנושא|על))?
    ה?(?:גרסה|עדכון|עדכונים|דגם|דגמים|נתונים|תוצאות|אירועים|מהדורה|גרסת|התפתחויות) ה?(?:אחרון|אחרונה|אחרונות|אחרונים)
    (?:חדשות|מה חדש)
    (?:מה|איך)(?: יהיה| היה)? (?:מזג[ -]?ה?אוויר|מזג[ -]?ה?אויר|הטמפרטורה|התחזית)(?= (?:ב|ל|היום|מחר|עכשיו|בחוץ|בסוף)|[?.! ]*$| [בל][א-ת]+)
    מזג[ -]?ה?אווי?ר (?:ב|היום|מחר|ל)[א-ת]*
    (?:תחזית|התחזית)(?: (?:מזג האוויר|ל[א-ת]+|ב[א-ת]+))?
    (?:יורד|ירד|יהיה|יורדת|צפוי|האם ירד)(?: היום| מחר)? (?:גשם|שלג|חם|קר)
    (?:חם|קר) בחוץ
    (?:כמה מעלות|איזו טמפרטורה|כמה חם|כמה קר) (?:יש בחוץ|בחוץ|היום|עכשיו|יהיה|יהיו|תהיה)
    מה (?:השעה|התאריך|היום בשבוע)
    (?:איזה|באיזה) (?:יום|תאריך)(?: (?:היום|אנחנו|זה))?
    (?:מה|מהו|כמה)(?: עומד)? (?:שער|השער|מחיר|המחיר) (?:של )?(?:ה)?(?:דולר|יורו|אירו|ביטקוין|ביטקוינים|זהב|נפט|מניה|מניית|מניות|דלק|בנזין|אתריום|שקל)
    (?:שער|מחיר) (?:של )?(?:ה)?(?:דולר|יורו|אירו|ביטקוין|זהב|נפט|מניה|מניית|דלק|בנזין|אתריום)
    (?:כמה|בכמה) (?:שווה|עולה|עומד|נסחר|נסחרת) (?:ה)?(?:דולר|יורו|ביטקוין|זהב|מניה|מניית|מניות)(?: [א-ת]+)?
    (?:מי|איך) (?:מוביל|מובילה|מנצח|מנצחת|ניצח|ניצחה)(?: במשחק| בבחירות)
    (?:מה|איך) (?:התוצאה|הפקקים|התנועה|מצב התנועה|תוצאות המשחק)
    (?:יש )?פקקים
    (?:מתי|באיזו שעה) (?:ה)?(?:אוטובוס|רכבת|טיסה|משחק|פרק|בחירות) (?:הבא|הבאה|הקרוב|הקרובה)
    (?:בזמן אמת|בשידור חי|עדיין פתוח|פתוח עדיין)
    לפני (?:דקה|שעה|יום|יומיים|שבוע|שבועיים|חודש|חודשיים|\\d+ (?:דקות|שעות|ימים|שבועות|חודשים))
    בעוד (?:דקה|שעה|יום|יומיים|שבוע|שבועיים|חודש|\\d+ (?:דקות|שעות|ימים|שבועות|חודשים))
  `,
  except: `
    (?:ארוחת|שעות) ה?(?:בוקר|ערב|צהריים|לילה)
    (?:סדר|אור|אמצע|חצות|שעות) ה?(?:יום|לילה|היום|הלילה)
    (?:שם|הקומה|הפעם|המילה|האות) ה?אחרונה?
    (?:למה|מדוע|כש|כאשר) ?יורד (?:גשם|שלג)
    אתרי חדשות
  `,
};

export const freshPhrases: ReadonlyMap<string, FreshPhrases> = new Map([
  ['en', en],
  ['es', es],
  ['pt', pt],
  ['ru', ru],
  ['he', he],
]);
