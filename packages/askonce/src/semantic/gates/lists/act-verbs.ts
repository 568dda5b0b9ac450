/**
 * Verbs that act on the world, by language, in folded spelling. Own compilation. Verbs whose whole effect is the answer
 * (explain, write, translate, summarise, describe, list, compare, find, show …) are none.
 */
export interface ActVerbs {
  /** As an imperative, at the start of a clause. */
  readonly imperatives: string;
  /** After a request; the infinitive, or what takes its place. */
  readonly infinitives: string;
  /** Asks somebody else to do it: before an infinitive, at the start of a clause. */
  readonly requests: string;
  /** Says that the asker wants it done: as a request, but only in a sentence that asks nothing. */
  readonly wishes: string;
  /** What may stand before an imperative. */
  readonly openings: string;
  /** What looks like an act and is none. */
  readonly except: string;
  /** An imperative is also a statement in the third person, so that one with a question mark does not count. */
  readonly isAmbiguous: boolean;
}

const object = String.raw`(?:an?|the|my|our|me|us|his|her|their|your|this|that|these|those|it|him|them|all|every|any|some|both|one|two|three|four|five|six|ten|another|more|everyone|everything|mom|mum|dad|money|funds|cash|[$€£₪¥#@]?\d[\d.,]*|[$€£₪¥])`;

const en: ActVerbs = {
  imperatives: `
    deploy (?:this |it )?(?:to|on) (?:production|prod|staging|live|the)(?= |[.!]|$)
    (?:reply|respond|write back) to (?!th)[a-z]+ (?:that|saying)(?= )
    (?:invite|add|remove|assign|grant|promote) [a-z]+(?: [a-z]+)? (?:access|permissions?|rights|to (?:the|my|our))(?= |[.!]|$)
    (?:would|do) you mind (?!telling|explaining|helping|sharing|giving|describing|clarifying|showing|listing)[a-z]+ing(?= )
    (?:transfer|send|wire|email|e-mail|mail|text|message|call|phone|dial|ring|book|order|reserve|schedule|reschedule|cancel|lock|unlock|block|unblock|freeze|unfreeze|charge|refund|pay|repay|post|ship|dispatch|deliver|deposit|withdraw|share|move|copy|close|open|change|update|upgrade|downgrade|renew|increase|decrease|raise|lower|reduce|double|boost|extend|reset|replace|rename|return|set|start|stop|pause|resume|play|skip|mute|unmute|record|print|scan|upload|download|install|uninstall|delete|remove|erase|wipe|clear|empty|add|put|enter|submit|file|report|register|enroll|enrol|subscribe|unsubscribe|invite|approve|reject|accept|decline|confirm|assign|forward|reply to|tweet|publish|deploy|restart|reboot|shut ?down|execute|launch|activate|deactivate|enable|disable|connect|disconnect|sync|save|archive|buy|purchase|sell|trade|invest|bid|donate|tip|hire|fire|order|reorder|restock|track|snooze|silence|dim|brighten|adjust|vacuum|clean|brew|heat|cool|water|feed|wake|remind|notify|alert|merge|revert|drop|ban|kick|grant|revoke|issue|redeem|apply|switch|turn|roll ?over|exchange|swap|void|dispute|waive|credit|debit|terminate|suspend|resend|release|escalate|create|log|sign|request|arrange|unfollow|follow|unlink|link|pair|pick|mark|flip|fix|allow|lend|shuffle|replay|hang) ${object}(?![\\p{L}\\p{N}])
    (?:transfer|send|wire|delete|erase|cancel|unsubscribe|deactivate|disable|uninstall|reserve|purchase|buy|freeze|unfreeze|unlock|lock|block|unblock|refund|schedule|reschedule|remind|snooze|dim|brighten|mute|unmute|activate|enable|renew|pay|redeem|resend|notify|email|reorder|deposit|withdraw|restart|reboot|shut ?down|play|pause|resume|skip|reset|increase|decrease|lower|raise|vacuum|brew) (?!(?:is|are|was|were|does|do|of|vs|versus|or|and|in|to|for|with|meaning|means|definition|from|fees?|limits?|times?|policy|policies|can|will|on|at|by|rate|rates|money online|culture|button|function|statement|command|key|keys|error|mode|store|groups?|dried|order status|instructions|process|options?|letter|request|form|template)(?![\\p{L}]))[\\p{L}\\p{N}$€£#"'@]
    (?:turn|switch|power|put|shut|lights?|volume|heating|heat|crank) (?:[a-z]+ ){0,4}(?:on|off|up|down)(?: |[.!]|$)
    (?:turn|switch) (?:on|off|up|down)(?= )
    (?:sign|log|check|count|opt) (?:me|us|him|her|my [a-z]+) (?:up|in|out|into|off)
    (?:place|make|cancel|put in|submit) (?:an?|the|my|another) (?:new )?(?:[a-z]+ )?(?:order|reservation|booking|appointment|payment|transfer|call|deposit|donation|purchase|bid|claim|complaint|withdrawal|trade)
    (?:set|start|create|add|make|cancel|delete|remove|stop|turn off|schedule) (?:an?|the|my|all|another)? ?(?:new )?(?:[a-z0-9:]+ ){0,3}(?:alarms?|timers?|reminders?|events?|meetings?|appointments?|playlists?|calendar entry|entry)
    (?:add|put|remove|take|delete) [^?]{1,60} (?:to|on|onto|from|off|in|into|of) (?:my|our|the|a) (?:[a-z]+ ){0,2}(?:list|lists|cart|basket|calendar|schedule|order|playlist|account|queue|group|contacts|wishlist|favou?rites|agenda|diary|wallet|team|channel|inbox)
    (?:get|call|hail|find|order|book|hire) me (?:an?|the) (?:taxi|cab|uber|lyft|ride|car|table|room|pizza|ticket|flight|hotel|appointment|driver)
    (?:remind|wake|alert|notify) (?:me|us|him|her|them|[a-z]+) (?:to|about|at|in|when|that|of|up|on|before|tomorrow|every)
    (?:let|inform|tell|ask|message|text|call|email|notify|remind) (?:mom|mum|dad|my [a-z]+|(?!me|us)[a-z]+ (?:and [a-z]+ )?(?:that|know|to call|i'm|im|i am|i'll))(?: |$)
    (?:post|tweet|share|publish) (?:[^?]{1,60}) (?:on|to|in) (?:my )?(?:facebook|twitter|instagram|linkedin|slack|x|social media|wall|feed|timeline|discord|reddit|tiktok)
    (?:move|copy|transfer|send|wire|take|pull|put|lend|pay|deposit|withdraw|shift|zelle|venmo) (?:[$€£₪¥]? ?\\d[\\d.,]*|[a-z]+ (?:dollars|bucks|euros|pounds)|(?:some |all |the )?(?:money|funds|cash))
    (?:make|brew|get|prepare) (?:the|me|me a|a|some|us) (?:cup of |pot of )?(?:coffee|tea|latte|espresso|breakfast)
    start (?:playing|recording|the|my|vacuuming|tracking|listening)
    stop (?:playing|the|my|payment|recording|all|charging|sending|talking|this)
    play (?:some|any|the|me|my|music|songs?|a|next|radio|video|jazz|rock|[a-z]+ by|[a-z]+ music|podcasts?|playlist)
    (?:increase|raise|reduce|lower|decrease|change|update|upgrade|extend|double|close|reset|renew|replace|unlock|activate|link|cancel|waive|dispute|redeem) (?:my|our|the)(?= )
    (?:unsubscribe|unenroll|remove|delete|take|add|include|enroll|register) (?:me|us)(?= )
  `,
  infinitives: `
    (?:transfer|send|wire|email|mail|text|message|call|phone|book|order|reserve|schedule|reschedule|cancel|lock|unlock|block|unblock|freeze|unfreeze|charge|refund|pay|post|ship|dispatch|deliver|deposit|withdraw|share|move|close|open|change|update|upgrade|downgrade|renew|increase|decrease|raise|lower|reduce|extend|reset|replace|rename|set|start|stop|pause|resume|play|skip|mute|record|print|upload|install|delete|remove|erase|wipe|clear|add|put|submit|file|report|register|enroll|subscribe|unsubscribe|invite|approve|reject|confirm|assign|forward|reply|tweet|publish|deploy|restart|reboot|shut down|activate|deactivate|enable|disable|connect|disconnect|save|archive|buy|purchase|sell|trade|invest|donate|hire|reorder|snooze|silence|dim|brighten|adjust|turn|switch|power|vacuum|clean|brew|remind|notify|alert|wake|merge|revert|ban|grant|revoke|issue|redeem|exchange|void|dispute|waive|credit|terminate|suspend|resend|escalate|sign me|log me|check me|make (?:a|an|the|my) (?:reservation|booking|appointment|payment|transfer|call|deposit|purchase|order)|place (?:a|an|the|my)|get me (?:a|an)|put (?:my|the|on|me|some|all|it|away|a|in|another)|take (?:me|\\d|the|off|out)|order|let (?!me|us)[a-z]+ know|ask (?!me|us)[a-z]+ to|tell (?:my [a-z]+|(?!me|us|my)[a-z]+) (?:that|to))
  `,
  requests: `
    (?:can|could|would|will|won't|can't|couldn't) (?:you|u|siri|alexa)(?: (?:please|kindly|just|also|maybe|possibly|quickly|go ahead and|now|help me|help me to|help us|immediately|pls))*
    would you mind
    (?:please |kindly )*(?:go ahead and|help me|help me to|be sure to|make sure to|don't forget to|remember to|try to|proceed to)
    (?:i|we)(?:'d|'ll| would| will)? (?:want|need|like|love|prefer|require|expect|ask) (?:you|someone|somebody) to
    is it possible for you to
    (?:are|r) you able to
    i (?:authorize|authorise|instruct|order|request|ask) you to
  `,
  wishes: `
    (?:i|we)(?:'d|'ll| would| will|d)? (?:also |just |really |like |now |still )*(?:want|wanna|need|like|love|wish|gotta|have|would like|am going|prefer|intend) to
    (?:i'm|im|i am) (?:going|planning|calling|writing|here|ready) to
    (?:let me|let's|lets)
    (?:may|can) i please
    it's time to
    my (?:goal|plan|intention|request) is to
  `,
  openings: `
    (?:please|pls|plz|kindly|just|now|ok|okay|yes|yeah|then|and|also|so|well|quickly|immediately|urgently|hey|go|alexa|siri|google|ok google|olly|hey google|assistant|jarvis|next|first|finally|no|sure|right|alright|for me|automatically)
  `,
  except: `
    (?:open|close|start|run|create|add|make|give|take|get|put|set|print|fix|change|move|remove|replace|return|write|save|merge|drop|sort|reverse|swap|clear|update|delete|insert|execute|link|follow|sign|mark|pick|share|report|request|log|apply|switch|flip|copy|record|call|exchange|clean|turn) (?:an? |the |some |me |us |all |\\d+ |two |three |five |ten |my )*(?:[a-z-]+ ){0,3}(?:examples?|overview|summary|poem|story|essay|list of|table (?:of|with|comparing|showing|in)|function|functions|class|script|code|program|query|regex|array|string|strings|variable|column|columns|row|rows|dictionary|tuple|number|numbers|integer|ideas?|reasons?|tips|steps|advice|explanation|definition|difference|differences|comparison|recipe|joke|slogan|title|paragraph|sentence|sentences|words?|letters?|quiz|question|questions|outline|plan for|guess|look|hints?|idea|description|synonyms?|translation|answer|comma|commas|bullet points|html|css|json|sql|python|javascript|java|c\\+\\+|excel|formula|equation|matrix|vector|element|elements|character|characters|substring|loop|constructor|details about|information|info|facts?|pros|cons|breakdown|walkthrough|tutorial|guide|diagram|chart|graph|logo|name for|names for|caption|captions|rhyme|song about|haiku|lines?)(?![\\p{L}])
    (?:get|give|make) (?:me|us) (?:an? |the |some )?(?:good|quick|brief|simple|short|list|top|best|more|few)
    (?:make|give|take|get|bring|create|pick) (?:me |us )?(?:sense|sure|up|it|this|that|something|anything|better|an argument|a case|a difference|the most|over|out|rid|into)(?![\\p{L}])
    (?:change|turn|switch|convert) (?:[$€£₪¥]?\\d|the following|this (?:text|sentence|paragraph|word|into))
    (?:set|call) (?:theory|of|it|out|off|for)(?![\\p{L}])
    can you (?!please|pls|kindly|help|just)[^?]* (?:your|yourself|someone|somebody|together|without|if|while|overnight|online|legally|anyone|people)(?![a-z'])
    return on (?:investment|equity|assets)
    (?:cancel|lock|block|play) ?(?:culture|down|chain|chains|station|store|offs?)(?![\\p{L}])
    (?:call|put|buy|sell|stop|limit|market|exchange|trade) (?:an?|the) (?:option|spread) (?:is|vs)
  `,
  isAmbiguous: false,
};

/** Spanish imperatives with the pronouns that are written as a part of them. */
const clitics = '(?:me|te|se|nos|os|le|les)?(?:l[oae]s?)?';

const es: ActVerbs = {
  imperatives: `
    (?:transfier[ae]|transferid|transfiri|envi[ae]|enviad|mand[ae]|mandad|pag[au]e?|paga|abon[ae]|ingres[ae]|deposit[ae]|retir[ae]|reserv[ae]|cancel[ae]|anul[ae]|borr[ae]|elimin[ae]|suprim[ae]|bloque[ae]|desbloque[ae]|congel[ae]|activ[ae]|desactiv[ae]|cierr[ae]|abr[ae]|abre|abra|compr[ae]|vend[ae]|contrat[ae]|renuev[ae]|actualiz[ae]|actualice|cambi[ae]|modifi(?:ca|que)|aument[ae]|sub[ae]|baj[ae]|reduzca|reduce|program[ae]|agend[ae]|confirm[ae]|rechaz[ae]|rechace|aprueb[ae]|aprob[ae]|acept[ae]|apunt[ae]|inscrib[ae]|registr[ae]|suscrib[ae]|da(?=me de)|pon|ponga|pong[ae]|quit[ae]|agre(?:ga|gue)|añad[ae]|apag[au]?e?|enciend[ae]|prend[ae]|sub[ae]|llam[ae]|telefone[ae]|avis[ae]|notifi(?:ca|que)|recuerd[ae]|record[ae]|despiert[ae]|publi(?:ca|que)|compart[ae]|sub[ae]|descarg[ae]|descargue|instal[ae]|reinici[ae]|reprodu(?:ce|zca)|toca|toque|paus[ae]|deten|detenga|par[ae]|devuelv[ae]|reembols[ae]|cobr[ae]|carg[au]?e?|pid[ae]|pide|solicit[ae]|encarg[au]?e?|mueve|mueva|traspas[ae]|asign[ae]|invit[ae]|responde|responda|reenvi[ae]|guard[ae]|imprim[ae]|reproduc[ae]|haz|haga|hag[ae]|deshabilit[ae]|habilit[ae]|restablec[ea]|restablezca|convoc[ae]|reprogram[ae]|pospon|posponga|silenci[ae]|emit[ae]|tramit[ae]|extiend[ae]|firm[ae]|ajust[ae]|aplica|aplique|sac[ae]|saque)${clitics} (?=\\S)
    (?:transfier[ae]|envi[ae]|mand[ae]|pag[au]e?|reserv[ae]|cancel[ae]|anul[ae]|borr[ae]|elimin[ae]|bloque[ae]|compr[ae]|pid[ae]|recuerd[ae]|despiert[ae]|activ[ae]|desactiv[ae]|apunt[ae]|suscrib[ae]|apag[au]?e?|enciend[ae]|reproduc[ea])(?:me|le|les|nos|te)?(?:l[oa]s?)?[.! ]*$
    (?:haz|haga|haced)(?:me|le)? (?:una?|el|la|mi) (?:transferencia|pago|reserva|pedido|compra|deposito|cita|llamada|bizum|ingreso|devolucion)
    (?:pon|ponga|ponme|programa|crea|agrega|añade)(?:me)? (?:una?|el|la|mi|otra)? ?(?:alarma|temporizador|recordatorio|musica|cancion|evento|reunion|cita|cronometro)
    da(?:me)? de (?:baja|alta)
    (?:sube|baja|apaga|enciende|prende) (?:el|la|las|los)(?= )
  `,
  infinitives: `
    (?:transferir|enviar|mandar|pagar|abonar|ingresar|depositar|retirar|reservar|cancelar|anular|borrar|eliminar|suprimir|bloquear|desbloquear|congelar|activar|desactivar|cerrar|abrir|comprar|vender|contratar|renovar|actualizar|cambiar|modificar|aumentar|subir|bajar|reducir|programar|agendar|confirmar|rechazar|aprobar|apuntar|inscribir|registrar|suscribir|dar de baja|dar de alta|poner|quitar|agregar|añadir|apagar|encender|prender|llamar|avisar|notificar|recordar|despertar|publicar|compartir|instalar|reiniciar|reproducir|detener|devolver|reembolsar|cobrar|cargar|pedir|solicitar|encargar|mover|traspasar|invitar|reenviar|imprimir|hacer una? (?:transferencia|pago|reserva|pedido|cita|compra|llamada|bizum)|reprogramar|posponer|restablecer|emitir|tramitar|sacar)(?:me|le|les|nos|te|se|lo|la|los|las|melo|mela|selo|sela)?
    (?:transfieras?|envies?|mandes?|pagues?|reserves?|canceles?|borres?|elimines?|bloquees?|desbloquees?|actives?|desactives?|cierres?|abras?|compres?|vendas?|renueves?|actualices?|cambies?|aumentes?|subas?|bajes?|programes?|agendes?|confirmes?|pongas?|quites?|agregues?|añadas?|apagues?|enciendas?|llames?|avises?|recuerdes?|publiques?|devuelvas?|pidas?|hagas? una? (?:transferencia|pago|reserva|pedido|cita))
  `,
  requests: `
    (?:me |le |nos |les |lo |la )?(?:puedes?|pueden|podrias?|podrian|podeis|podriais)(?: (?:usted|ustedes|por favor|ayudarme a))*
    (?:quiero|necesito|quisiera|me gustaria|deseo|te pido|le pido|os pido|le ruego|solicito|exijo|preciso) que (?:me |le |nos |les |se |lo |la |usted |ustedes )*
    (?:te|le|os|les) importaria
    (?:ayudame|ayudeme) a
    (?:serias?|seria usted) tan amable de
    (?:hazme|hagame) el favor de
    procede a
  `,
  wishes: `
    (?:yo )?(?:quiero|quisiera|necesito|deseo|me gustaria|queria|voy a|vamos a|tengo que|preciso|solicito|pretendo|queremos)
    hay que
  `,
  openings:
    '(?:por favor|porfa|ahora|ya|y|ok|vale|bueno|entonces|si|tambien|luego|urgente|urgentemente|inmediatamente|alexa|siri|google|oye|ahora mismo|anda|venga|no|rapido)',
  except: `
    (?:envia|manda|pon|haz|hazme|ponme|agrega|añade|pide|cambia|abre|haga|muestra|guarda|toca|quita|mandame|enviame|ponga)(?:me|nos|le)? (?:una? |el |la |los |las |unos |unas |algunos |\\d+ )*(?:[a-z]+ ){0,1}(?:ejemplos?|resumen|lista|poema|cuento|historia|ensayo|tabla|funcion|codigo|script|consulta|receta|chiste|texto|explicacion|comparacion|parrafo|frase|frases|palabra|palabras|esquema|cuestionario|ideas|preguntas|traduccion|redaccion|carta|descripcion|analisis)(?![\\p{L}])
    haz (?:que|como)
    para (?:que|el|la|los|las|un|una|mi|tu|su|cuando|viajar|hacer|comprar|[a-z]+r)(?= )
    (?:carga|marca|baja|subida|cobra|paga|compra|reserva|renta|cancela|cambia|incluye|toca|activa|alta|llama|pasta|firma|guarda|sube|abre) (?:de|federal|natural|el seguro|laboral|medica|online|maxima|minima|por internet|del|un|una)(?= .*\\?)
    (?:reserva|compra|carga|activa|marca|firma|paga|saca|cuenta|pide|toca) (?:de|del|federal|natural|maxima|minima|fraccionaria|electrica|digital|extra|online|por)(?![\\p{L}])
    (?:vendo|llama violeta)
  `,
  isAmbiguous: true,
};

const pt: ActVerbs = {
  imperatives: `
    (?:me )?(?:transfir[ae]|transfere|envi[ae]|mand[ae]|pag(?:ue|a)|deposit[ae]|saqu?[ae]|retir[ae]|reserv[ae]|cancel[ae]|anul[ae]|apagu?[ae]|exclu[ai]|exclua|exclui|elimin[ae]|remov[ae]|delet[ae]|bloquei[ae]|desbloquei[ae]|congel[ae]|ativ[ae]|activ[ae]|desativ[ae]|desactiv[ae]|fech[ae]|encerr[ae]|abr[ae]|compr[ae]|vend[ae]|contrat[ae]|renov[ae]|atualiz[ae]|troqu?[ae]|troca|mud[ae]|alter[ae]|modifi(?:ca|que)|aument[ae]|reduz(?:a)?|diminu[ai]|program[ae]|agend[ae]|marc[ae]|marque|remarque|remarca|desmarque|desmarca|confirm[ae]|rejeit[ae]|aprov[ae]|aceit[ae]|inscrev[ae]|registr[ae]|regist[ae]|cadastr[ae]|assin[ae]|coloqu[ae]|coloca|ponha|poe|bot[ae]|tir[ae]|adicion[ae]|acrescent[ae]|deslig[ae]|desligue|lig(?:a|ue)|acend[ae]|toqu[ae]|toca|telefon[ae]|avis[ae]|notifi(?:ca|que)|lembr[ae]|acord[ae]|publi(?:ca|que)|compartilh[ae]|partilh[ae]|post[ae]|baix[ae]|instal[ae]|reinici[ae]|reproduz(?:a)?|paus[ae]|par[ae]|devolv[ae]|reembols[ae]|estorn[ae]|cobr[ae]|pec[ae]|pede|solicit[ae]|encomend[ae]|mov[ae]|convid[ae]|respond[ae]|encaminh[ae]|salv[ae]|imprim[ae]|fac[ae]|faz|habilit[ae]|desabilit[ae]|redefin[ae]|adi[ae]|silenci[ae]|emit[ae]|estend[ae]|ajust[ae]|aplique|pix)(?:-me|-lhe|-lhes|-nos|-o|-a|-os|-as|-lo|-la)? (?=\\S)
    (?:transfira|envie|mande|pague|reserve|cancele|exclua|delete|bloqueie|compre|desligue|ligue|lembre|desative|ative|feche)(?:-me|-lhe|-o|-a)?[.! ]*$
    (?:faca|faz|faça)(?:-me)? (?:uma?|o|a|minha|meu) (?:transferencia|pagamento|reserva|pedido|compra|deposito|agendamento|ligacao|pix|saque|devolucao)
    (?:coloque|coloca|crie|cria|defina|define|programe|ajuste|poe|bota)(?:-me)? (?:um|uma|o|a|minha|outro)? ?(?:alarme|despertador|temporizador|lembrete|musica|evento|reuniao|cronometro)
    (?:aumenta|abaixa|baixa|diminui|apaga|acende|desliga|liga) (?:o|a|as|os)(?= )
    me (?:lembra|lembre|acorda|acorde|avisa|avise|transfere|manda|mande|envia|envie|liga|ligue)(?= )
  `,
  infinitives: `
    (?:transferir|enviar|mandar|pagar|depositar|sacar|retirar|reservar|cancelar|anular|apagar|excluir|eliminar|remover|deletar|bloquear|desbloquear|congelar|ativar|activar|desativar|fechar|encerrar|abrir|comprar|vender|contratar|renovar|atualizar|trocar|mudar|alterar|modificar|aumentar|reduzir|diminuir|programar|agendar|marcar|remarcar|desmarcar|confirmar|rejeitar|aprovar|inscrever|registrar|cadastrar|assinar|colocar|por|botar|tirar|adicionar|acrescentar|desligar|ligar|acender|tocar|avisar|notificar|lembrar|acordar|publicar|compartilhar|postar|baixar|instalar|reiniciar|reproduzir|pausar|parar|devolver|reembolsar|estornar|cobrar|pedir|solicitar|encomendar|mover|convidar|encaminhar|imprimir|fazer uma? (?:transferencia|pagamento|reserva|pedido|pix|compra|deposito|agendamento|ligacao)|redefinir|adiar|emitir)(?:-me|-lhe|-o|-a|-os|-as)?
    (?:transfira|envie|mande|pague|reserve|cancele|apague|exclua|elimine|remova|bloqueie|desbloqueie|ative|desative|feche|encerre|abra|compre|venda|renove|atualize|troque|mude|altere|aumente|reduza|programe|agende|marque|confirme|coloque|adicione|desligue|ligue|avise|lembre|publique|devolva|peca|faca uma? (?:transferencia|pagamento|reserva|pedido|pix))
  `,
  requests: `
    (?:(?:voce|voces|o senhor|a senhora|vc|alguem|tu) )?(?:pode|podes|podem|poderia|poderias|poderiam|consegue|consegues)(?: (?:me|nos|lhe|por favor|por gentileza|fazer o favor de|ajudar a))*
    (?:quero|preciso|gostaria|desejo|peco|solicito|queria) que (?:voce |voces |o senhor |a senhora |me |nos |se )*
    (?:se importaria de|importa-se de)
    (?:me ajude|me ajuda|ajude-me|ajuda-me) a
    (?:faca|faz)(?:-me)? o favor de
    (?:da|daria|tem como)(?: (?:para|pra))?(?: (?:voce|vc))?(?: me)?
  `,
  wishes: `
    (?:eu )?(?:quero|queria|preciso|precisava|desejo|gostaria de|gostava de|vou|vamos|tenho que|tenho de|solicito|pretendo|queremos|preciso de)
  `,
  openings:
    '(?:por favor|agora|ja|e|ok|bom|entao|sim|tambem|depois|urgente|urgentemente|imediatamente|alexa|siri|google|agora mesmo|ei|nao|vai|rapido|por gentileza)',
  except: `
    (?:envie|mande|manda|faca|faz|me faz|me manda|coloque|adicione|peca|troque|mude|abra|crie|salve|toque|tire|acrescente)(?:-me|-nos)? (?:um |uma |o |a |os |as |uns |umas |alguns |\\d+ )*(?:[a-z]+ ){0,1}(?:exemplos?|resumo|lista|poema|conto|historia|redacao|tabela|funcao|codigo|script|consulta sql|receita|piada|texto|explicacao|comparacao|paragrafo|frase|frases|palavra|palavras|esquema|questionario|ideias|perguntas|traducao|descricao|analise|carta)(?![\\p{L}])
    (?:para|pare) (?:que|o|a|os|as|um|uma|mim|meu|minha|quem|onde|viajar|[a-z]+r)(?= )
    (?:faz|faca) (?:sentido|mal|bem|sol|frio|calor|tempo|parte|diferenca|de conta|quanto)
    (?:reserva|compra|carga|marca|saque|troca|conta|liga|posta|assina|muda|para|cobra|tira|toca|acorda|saca|ativa) (?:de|do|da|dos|das|legal|federal|emergencial|online|natural|minima|maxima|extra|pela|por)(?![\\p{L}])
    pix (?:e|tem|funciona|para|cobra|pode|e)(?![\\p{L}])
    (?:da|tem como) (?:para|pra)? ?(?:pagar|comprar|trocar|cancelar|parcelar|mudar)(?=.*\\b(?:com|sem|no|na|pelo|pela|de)\\b)
    por (?:que|favor|causa|isso|exemplo|um|uma)
  `,
  isAmbiguous: true,
};

const ru: ActVerbs = {
  imperatives: `
    (?:отправь|отправьте|пошли|пошлите|вышли|вышлите|перешли|перешлите|закажи|закажите|удали|удалите|сотри|сотрите|очисти|очистите|заблокируй|заблокируйте|разблокируй|разблокируйте|заморозь|заморозьте|забронируй|забронируйте|зарезервируй|зарезервируйте|отмени|отмените|аннулируй|аннулируйте|купи|купите|продай|продайте|оплати|оплатите|заплати|заплатите|включи|включите|выключи|выключите|отключи|отключите|подключи|подключите|активируй|активируйте|деактивируй|деактивируйте|напомни|напомните|разбуди|разбудите|позвони|позвоните|набери|наберите|добавь|добавьте|закрой|закройте|открой|откройте|измени|измените|поменяй|поменяйте|смени|смените|обнови|обновите|продли|продлите|пополни|пополните|внеси|внесите|сними|снимите|верни|верните|перенеси|перенесите|увеличь|увеличьте|повысь|повысьте|подними|поднимите|снизь|снизьте|уменьши|уменьшите|сбрось|сбросьте|восстанови|восстановите|зарегистрируй|зарегистрируйте|подпиши|подпишите|отпиши|отпишите|запусти|запустите|останови|остановите|перезагрузи|перезагрузите|установи|установите|загрузи|загрузите|скачай|скачайте|опубликуй|опубликуйте|запости|поделись|поделитесь|пригласи|пригласите|подтверди|подтвердите|отклони|отклоните|одобри|одобрите|прими|примите|назначь|назначьте|запланируй|запланируйте|зачисли|зачислите|спиши|спишите|возмести|возместите|доставь|доставьте|привези|привезите|распечатай|распечатайте|сохрани|сохраните|приглуши|громче|тише|вызови|вызовите|оформи|оформите|выдай|выдайте|переоформи|переоформите|замени|замените|перечисли(?:те)? (?=\\d|деньги|средства|сумму|на сч|на карт)|отложи|отложите|сообщи(?:те)? (?=маме|папе|жене|мужу|ему|ей|им|банку|всем)|убери|уберите|настрой|настройте|зажги|потуши)(?![а-я])
    (?:переведи|переведите|скинь|скиньте|кинь|перекинь|перекиньте|перечисли|перечислите|закинь)(?: [^ ]+){0,6} (?:руб[а-я]*|р|доллар[а-я]*|евро|деньги|денег|средства|сумму|тысяч[а-я]*|тыс|шекел[а-я]*|гривен|₽|[$€₪]|на (?:мой |свой |сберегательный |накопительный |другой |ее |его )*(?:счет|карту|сч[её]т)|со счета|с карты|зарплату)
    (?:переведи|переведите|скинь|скиньте|перекинь|перекиньте) (?:[$€₪]? ?\\d)
    (?:поставь|поставьте|заведи|заведите|включи) (?:мне |на |музык|будильник|таймер|напоминан|песн|чайник|режим|на паузу)
    (?:запиши|запишите) (?:меня|нас|ребенка|маму|его|ее|на прием|к врачу|на)
    (?:сделай|сделайте) (?:перевод|заказ|бронь|бронирование|платеж|погромче|потише|громче|тише|возврат|ярче|темнее|теплее|звонок|запись на)
    (?:создай|создайте) (?:напоминание|событие|встречу|будильник|заявку|аккаунт|задачу)
    (?:напиши|напишите|ответь|ответьте) (?:маме|папе|жене|мужу|другу|боссу|начальнику|коллеге|[а-я]+[уеюи] (?:в|что|сообщение))
    (?:спишите|снимите) (?:с|деньги|\\d)
  `,
  infinitives: `
    перевести(?= \\d)
    (?:отправить|послать|выслать|переслать|заказать|удалить|стереть|очистить|заблокировать|разблокировать|заморозить|забронировать|зарезервировать|отменить|аннулировать|купить|продать|оплатить|заплатить|включить|выключить|отключить|подключить|активировать|деактивировать|напомнить|разбудить|позвонить|добавить|закрыть|открыть|изменить|поменять|сменить|обновить|продлить|пополнить|снять|вернуть|перенести|увеличить|повысить|поднять|снизить|уменьшить|сбросить|восстановить|зарегистрировать|записать (?:меня|нас)|записаться|подписать|отписать|запустить|остановить|перезагрузить|установить|опубликовать|пригласить|подтвердить|отклонить|одобрить|назначить|запланировать|зачислить|списать|возместить|доставить|привезти|распечатать|вызвать|оформить|выдать|заменить|поставить (?:будильник|таймер|напоминание|музыку)|перевести (?:\\d|деньги|средства|[а-я]+ рубл|на (?:счет|карту)|с карты|со счета|[$€₪])|скинуть|перечислить (?:\\d|деньги)|внести|сделать (?:перевод|заказ|бронь|платеж))
  `,
  requests: `
    (?:не )?(?:могли бы|мог бы|могла бы|можете|можешь|сможете|сможешь)(?: (?:ли|вы|ты|пожалуйста|мне|нам|помочь|прямо|для меня))*
    (?:я )?(?:прошу|попрошу|требую|просим|настоятельно прошу)(?: (?:вас|тебя|немедленно|срочно|просто))*
    (?:помоги|помогите)(?: (?:мне|нам|пожалуйста))*
    (?:мне|нам) (?:нужно|надо|необходимо),? чтобы (?:вы|ты)
    вас не затруднит
    будьте (?:добры|любезны)
  `,
  wishes: `
    (?:я |мы |мне |нам )*(?:хочу|хотел|хотела|хотел бы|хотела бы|хотим|хотели бы|бы хотел|бы хотела|хотелось бы|нужно|надо|необходимо|требуется|собираюсь|планирую|намерен|намерена|давай|давайте|желаю)(?: (?:бы|мне|срочно|просто|сейчас|вы|чтобы))*
  `,
  openings:
    '(?:пожалуйста|срочно|сейчас|теперь|и|а|ну|ок|окей|да|быстро|немедленно|алиса|сири|гугл|окей гугл|маруся|салют|тогда|еще|потом|также|мне|нам|просто|прямо сейчас|нет|давай)',
  except: `
    (?:добавь|добавьте|измени|измените|замени|замените|поменяй|удали|удалите|убери|уберите|исправь|сохрани|открой|закрой|отправь|подними)(?: (?:мне|все|в|к|из|этот|эту|один))* (?:код|коде|функци[а-я]*|текст[а-я]*|предложени[а-я]*|слов[а-я]*|строк[а-я]*|пример[а-я]*|скобк[а-я]*|запят[а-я]*|абзац[а-я]*|вывод|класс)
    (?:закрой|открой) (?:глаза|тему)
  `,
  isAmbiguous: false,
};

const he: ActVerbs = {
  imperatives: `
    (?:תעביר|תעבירי|תעבירו|העבר|העבירי|העבירו|תשלח|תשלחי|תשלחו|שלח|שלחי|שלחו|תזמין|תזמיני|תזמינו|הזמן|הזמיני|תבטל|תבטלי|תבטלו|בטל|בטלי|בטלו|תמחק|תמחקי|תמחקו|מחק|מחקי|מחקו|תחסום|תחסמי|תחסמו|חסום|חסמי|חסמו|תנעל|תנעלי|נעל|נעלי|תקפיא|תקפיאי|הקפא|הקפיאו|תשלם|תשלמי|תשלמו|שלם|שלמי|שלמו|תקנה|תקני|תקנו|קנה|קני|תמכור|תמכרי|מכור|תדליק|תדליקי|הדלק|הדליקי|תכבה|תכבי|כבה|כבי|תעדכן|תעדכני|תעדכנו|עדכן|עדכני|עדכנו|תשנה|תשני|תשנו|שנה|שני|תוסיף|תוסיפי|תוסיפו|הוסף|הוסיפי|הוסיפו|תסיר|תסירי|הסר|הסירו|תסגור|תסגרי|תסגרו|סגור|סגרי|סגרו|תפתח|תפתחי|תפתחו|פתח|פתחי|פתחו|תפקיד|תפקידי|הפקד|הפקידו|תמשוך|תמשכי|משוך|תחדש|תחדשי|תחדשו|חדש|חדשי|חדשו|תגדיל|תגדילי|תגדילו|הגדל|הגדילו|תעלה|העלה|תקטין|הקטן|תוריד|תורידי|הורד|הורידו|תתקשר|תתקשרי|התקשר|התקשרי|תזכיר|תזכירי|הזכר|הזכירי|תעיר|העיר אותי|תקבע|תקבעי|תקבעו|קבע|קבעי|קבעו|תשריין|שריין|תרשום|תרשמי|תרשמו|רשום|רשמי|תבצע|תבצעי|בצע|בצעי|בצעו|תפעיל|תפעילי|תפעילו|הפעל|הפעילו|תשבית|השבת|תנתק|נתק|תחבר|חבר|תנגן|תנגני|נגן|נגני|תעצור|עצור|תשתיק|השתק|תפרסם|תפרסמי|פרסם|תשתף|שתף|תאשר|תאשרי|תאשרו|אשר|אשרו|תדחה|דחה|תזיז|תחזיר|תחזירי|החזר|החזירו|תזכה|זכה אותי|תחייב|חייב את|תאפס|תאפסי|אפס|אפסו|תחליף|תחליפי|החלף|החליפו|תתקין|התקן|תתחיל|תפסיק|הפסק|תדפיס|הדפס|תשמור|שמור|תנפיק|הנפק|תבקש|תדווח|דווח|דווחו|תמלא|תרכוש|רכוש|תצרף|צרף)(?: [א-ת"'\\d₪$€])
    (?:שים|שימי|תשים|תשימי|הגדר|תגדיר|תגדירי|צור|תיצור|תכין|כוון|תכוון)(?: לי)? (?:שעון|תזכורת|טיימר|התראה|מוזיקה|שיר|אזעקה|פגישה|אירוע|פלייליסט|שעון מעורר)
  `,
  infinitives: `
    (?:ש)?(?:להעביר|לשלוח|להזמין|לבטל|למחוק|לחסום|לנעול|להקפיא|לשלם|לקנות|למכור|להדליק|לכבות|לעדכן|לשנות|להוסיף|להסיר|לסגור|לפתוח|להפקיד|למשוך|לחדש|להגדיל|להעלות|להקטין|להוריד|להתקשר|להזכיר|להעיר|לקבוע|לשריין|לרשום|לבצע|להפעיל|להשבית|לנתק|לחבר|לנגן|לעצור|להשתיק|לפרסם|לשתף|לאשר|לדחות|להחזיר|לזכות אותי|לאפס|להחליף|להתקין|להדפיס|להנפיק|לרכוש|לצרף|לדווח)
    ש(?:תעביר|תשלח|תזמין|תבטל|תמחק|תחסום|תנעל|תקפיא|תשלם|תקנה|תדליק|תכבה|תעדכן|תשנה|תוסיף|תסגור|תפתח|תחדש|תגדיל|תתקשר|תזכיר|תקבע|תרשום|תבצע|תפעיל|תחזיר|תאפס)(?:י|ו)?
  `,
  requests: `
    (?:האם )?(?:תוכל|תוכלי|תוכלו|אתה יכול|את יכולה|אתם יכולים|תואיל|מישהו יכול|התוכל)(?: (?:בבקשה|אולי|לי|לעזור לי))*
    (?:אני |אנחנו )?(?:רוצה|צריך|צריכה|מבקש|מבקשת|מבקשים|אבקש|דורש|דורשת|רוצים|אשמח)(?: (?:ממך|מכם|אותך))? (?=ש)
    (?:תעזור|תעזרי|עזור|עזרו) לי
    (?:אני )?(?:מבקש|מבקשת|אבקש)(?: (?:ממך|מכם|בבקשה))*
  `,
  wishes: `
    (?:אני |אנחנו )?(?:רוצה|צריך|צריכה|הייתי רוצה|רציתי|ברצוני|מעוניין|מעוניינת|אשמח|רוצים|צריכים|חייב|חייבת|עומד|עומדת)
    בוא
  `,
  openings: '(?:בבקשה|אנא|נא|עכשיו|מיד|דחוף|אוקיי|אז|טוב|כן|גם|מהר|אלכסה|סירי|גוגל|תכף|פשוט|לא)',
  except: `
    (?:שלח|תוסיף|הוסף|תשנה|תמחק|החלף|תחליף|תקבע|סגור|פתח|הסר|תסיר)(?: לי)? (?:את )?(?:ה)?(?:דוגמה|דוגמאות|רשימה|סיכום|שיר|סיפור|טבלה|פונקציה|קוד|משפט|מילים|מילה|טקסט|פסקה|רעיונות|מתכון)(?![\\p{L}])
    (?:חבר|חברי|שנה|שני|קני|פתח|אשר|חדש|רכוש|סגור|שמור|התקן|העיר|החזר|הסר|חייב|אפס|זכה|נגן|צרף|קבע) (?:של|טוב|כנסת|בלבד|הוא|היא|הם|אחת|שלמה|דברים|מס|זה|אחר|ב-|מ-)(?![\\p{L}])
  `,
  isAmbiguous: true,
};

export const actVerbs: ReadonlyMap<string, ActVerbs> = new Map([
  ['en', en],
  ['es', es],
  ['pt', pt],
  ['ru', ru],
  ['he', he],
]);
