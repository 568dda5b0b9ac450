/**
 * What asks for the value or the state of something of the asker's own, by language, in folded spelling. Own
 * compilation. How to do something with it ("how do I change my address"), whether it may be done ("can I"), and advice
 * ("what should I do") are general.
 */
export interface PersonalPhrases {
  /** At the start of a sentence. */
  readonly starts: string;
  /** Anywhere in a sentence. */
  readonly anywhere: string;
  /** A sentence that has one of these is general. */
  readonly general: string;
}

const en: PersonalPhrases = {
  starts: `
    am i (?:eligible|entitled|approved|covered|insured|qualified|overdrawn|verified|registered|logged in)(?: (?:yet|now|already))?[?.! ]*$
    (?:and |so |now )?(?:what|what's|whats|what're|which)(?: (?:is|are|was|were|will be))? (?:the |all (?:of )?)?(?:my|our) (?!(?:best|rights?|chances?|options?|approach|alternatives?|next step|strategy|mistakes?|first step|choices?|possibilit|dream|purpose|obligations?|legal|recourse|odds|guess|scope|liabilit)\\b)
    (?:what|what's|whats|which)(?: (?:is|are|was|were))? (?:the |all the |all )?(?:[a-z]+ ){0,3}(?:balances?|status|amount|total|sum|limit|due date|date|number|value|credit|money|funds|expir[a-z]+|minimum|payment|payments|transactions?|charges?|history|activity|items?|details|address|name|tracking|state|location|eta|apr|rate|mileage|points|spending|score|purchases?|bill|deadline|price|cost|size|color|progress|left|remaining|due|owed|owing|scheduled|next) (?:[a-z]+ )?(?:of|on|in|for|from|with|to|at|under) (?:my|our) (?!(?:age|case|opinion|area|country|life|situation|family|way|home|mind|head|height|weight)\\b)(?:[a-z-]+ )?(?:account|accounts|order|orders|card|cards|balance|subscription|plan|policy|loan|credit|package|delivery|shipment|parcel|claim|ticket|tickets|flight|booking|reservation|application|payment|payments|refund|bill|bills|statement|transaction|transactions|calendar|schedule|list|cart|basket|wallet|portfolio|appointment|profile|insurance|mortgage|rewards|points|salary|paycheck|inbox|transfer|purchase|membership|return|invoice|contract|license|licence|visa|savings|checking|bank|debit)
    (?:what|where|when|which|who)(?: [a-z]+){0,2} (?:my|our) [a-z' -]{1,40} (?:is|are|was|were|will (?:be|arrive|come)[a-z ]{0,15}|expires?|arrives?|ends?)(?: due| now| today| at| worth| set to)?[?.! ]*$
    how (?:much|many)(?: [a-z]+){0,3} (?:i|we) (?:have|owe|spent|earned|got|still owe)(?: (?:left|in|on|so far|to pay))*
    (?:is|are|was|were) (?:[a-z0-9' -]{1,40}) (?:on|in) my (?:calendar|schedule|list|to-do list|todo list|to do list|shopping list|cart|basket|agenda)
    is there (?:a|any|an) (?:problem|issue|hold|block|freeze|charge|limit|update|error)s? (?:with|on|to|in) (?:my|our)(?= )
    (?:where|where's|wheres)(?: (?:is|are|has|did|was|were|in the world is))? (?:the rest of )?(?:my|our) (?!(?:ideal)\\b)
    where (?:is|are|did|can i find|do i find|do i see) (?:the )?[a-z ]{0,20}(?:i ordered|i bought|i placed|i sent|i paid)
    (?:when|what time|what day|what date|how soon|by when) (?:is|are|was|were|will|does|do|did|should i expect|can i expect|would) (?:my|our)(?= )
    how (?:much|many)(?: [a-z -]{1,40})? (?:do|did|have|had|am|was|will) i (?:have|owe|got|get|spend|spent|earn|earned|made|make|save|saved|used|use|paid|pay|left|still|currently|due|been|received|going to owe|already|need to pay|accrued|accumulated|charged|withdraw|deposit)(?! to)
    how (?:much|many)(?: [a-z -]{1,40})? (?:is|are|remains?|was|were)(?: there)?(?: (?:left|available|remaining|due|owed|still|currently|sitting|saved|in))*(?: (?:on|in|of|for|from|to))? (?:the )?(?:my|our)(?= )
    how (?:much|many)(?: [a-z -]{1,40})? (?:did|does|has|have|will|is|are|was) (?:my|our)(?= )
    how(?:'s| is| are|s) (?:my|our) (?:account|order|application|claim|portfolio|stock|stocks|investment|investments|balance|credit|package|credit score|score|request|refund|schedule|day|calendar)
    how long (?:until|till|before|is it until|will it be until) (?:my|our)(?= )
    how long (?:do i have|have i (?:had|been)|did i)
    (?:did|has|have|had|was|were|hasn't|haven't|didn't|wasn't) (?:my|our)(?= )
    (?:did|have|do|am|was|had) i (?:already |still |ever |just |currently |actually )*(?:get|got|receive|received|paid|pay|have (?:any|enough|an?|money|the|overdue|unread|new|pending|more|something|anything|meetings|appointments|messages|emails)|missed?|miss|overdrawn|logged|approved|subscribed|enrolled|registered|charged|booked|scheduled|exceeded|behind|order|ordered|on time|late|been (?:charged|approved|paid|billed|overcharged)|spend|spent|set|verified|insured|over|on track|got|make|send|submit|sent|cancel|win|reach|hit|pass)(?! to)
    (?:is|are|isn't|aren't) (?:my|our) [a-z0-9' -]{1,50}(?:locked|blocked|active|activated|open|ready|shipped|on the way|on its way|on time|approved|paid|pending|delayed|canceled|cancelled|confirmed|overdrawn|due|overdue|expired|expiring|frozen|delivered|processed|processing|complete|completed|still|working|refunded|on hold|in transit|here|late|lost|up to date|charged|linked|verified|scheduled|booked|suspended|closed|disabled|declined|available yet|dispatched|arriving|coming|enough|on track|landed|posted|cleared|on|off|set|set up)(?: |[?.!,]|$)
    (?:will|would) (?:my|our) [a-z0-9' -]{1,40}(?:arrive|come|be (?:here|delivered|on time|ready|approved|late|delayed|refunded))
    (?:who|who's|whos)(?: (?:is|are|was|has|called|texted|emailed|messaged|sent))? (?:my|our|me)(?= )
    (?:my|our) [a-z0-9' #-]{1,40}(?:balance|status|order|history|number|details|limit|score|statement|schedule|appointments?|transactions?|expir[a-z]+|due date|tracking|total|points|calendar|bill|info|information|usage)[?.! ]*$
    (?:account|order|current|card|credit|loan|available|checking|savings|bank) (?:balance|status|limit|score|number)[?.! ]*$
    (?:balance|status|tracking)(?: (?:of|on|for|in) (?:my|our|the|order) .*)?[?.! ]*$
    any (?:update|updates|news|word|progress|new|messages?|emails?|mail|calls?|alerts?|reminders?|notifications?)(?: [a-z]+)? (?:on|about|regarding|with|for|from|in) (?:my|our|me)
    (?:any|do i have|have i got|got|are there) (?:any )?(?:(?:new|unread|missed|pending|upcoming|important|more) )+(?:messages?|emails?|mails?|notifications?|appointments?|meetings?|reminders?|alarms?|tasks|events|calls)
    (?:what|which|what's|whats)(?: [a-z]+){0,2} do i (?:have|owe)(?: (?:on|scheduled|planned|left|going|coming|today|tomorrow|next|booked|pending|open|available|[a-z]+day))?(?= (?:on|for|in|today|tomorrow|this|next|from|with|at|left|scheduled|planned)|[?.! ]*$)
    (?:what|which)(?: [a-z]+){0,2} (?:did|have|was|am) i (?:spend|spent|order|ordered|buy|bought|pay|paid|subscribed|scheduled|planned|missed?|being charged|charged|eat|eaten|watch|on)
    (?:what's|what is|whats|is (?:there )?anything) (?:on|in|next on|left on|coming up on|happening on) (?:my|our)(?= )
    when (?:did|do|was|will|am) i (?:last|have|next|due|supposed|order|ordered|buy|pay|paid|get my|receive my|charged|billed|meet|meeting|scheduled|paid)
  `,
  anywhere: `
    (?:show|tell|give|read|display|list|pull up|bring up|get|fetch|look up|check|view|see|find|retrieve|track|locate|know|share|send|verify|confirm|reveal|access|report|review|monitor|trace)(?: (?:me|us))?(?: (?:up|out|on|about|for))?(?: (?:what|where|when|how much|if|whether|which))?(?: (?:is|are|the|of|on|in|for|to|apr|rate|all|all of|of|what|a list of|details of|details for|any|out|status|current|recent|last|latest|new|list|date|balance|history|number|amount|total))* (?:my|our) (?:[a-z0-9'-]+ ){0,4}(?:balances?|orders?|accounts?|transactions?|payments?|bills?|schedule|calendar|appointments?|emails?|messages?|inbox|reminders?|lists?|tasks|status|history|statements?|limits?|score|portfolio|package|parcel|delivery|shipment|flights?|bookings?|reservations?|subscriptions?|policy|claims?|points|rewards|spending|purchases?|invoices?|expenses|tickets?|application|refund|profile|details|contacts?|usage|data|income|paycheck|salary|pto|vacation days|alarms?|events?|meetings?|notifications?|address|number|card|plan|loan|benefits|insurance|mileage|miles|notes|cart|location|due|arrive|expire)\\b
    (?:the )?(?:status|whereabouts|balance|tracking number|tracking|progress|eta|arrival) (?:of|on|for|in) (?:my|our)(?= )
    (?:status|update) (?:on|of|about|regarding) (?:my|our)(?= )
    where (?:it|my [a-z]+) is
    (?:haven't|havent|have not|hasn't|hasnt|has not|didn't|didnt|did not|never) (?:yet )?(?:received|arrived|got|gotten|come|get|receive|arrive|came|shown up|show up)(?: (?:my|it|yet|any|the|here))?[^?]{0,60}where (?:is|are)
    (?:money|balance|funds|credit|cash|minutes|data|points|miles|days|leave|vacation days|pto)(?: [a-z]+)? (?:do i have|have i got|is left|i have|i've got|are left)
    i (?:have|owe|still owe|spent) (?:in|on|left in|left on) my
  `,
  general: `
    how (?:do|can|could|should|would|may|must|might|to|are|does one|shall|did) (?:i|we|you|one|someone|people|a person)?(?! (?:have|owe|much))
    (?:can|could|may|might|should|shall|must|would) (?:i|we|you get|someone|my)(?! see my| have my)
    what (?:should|can|could|do|must|would|are|is) (?:i|we|the best|some|a good|the easiest|the fastest|the ways?|the reasons?) (?:do|say|need|use|try|write|tell|to|about|way|ways|for|reason|reasons|method)(?! have)
    what (?:to do|happens|would happen|will happen|if)
    why
    is it (?:ok|okay|possible|normal|safe|bad|good|legal|worth)
    how to
    what's the (?:best|easiest|fastest|right) way
    (?:cannot|can't|cant|couldn't|could not|can not|unable to|won't|didn't|is there (?:a|any) way|how long does it take|about to|(?:is|are) close to|if)
    i forgot
    (?:who|where) (?:do|should|can|could) (?:i|we)(?! (?:owe|have))
    (?:steps|process|procedure|best way|ways|documents|requirements|options)
    (?:proofread|grammar|essay|code|resume|cv|paragraph|sentence)
  `,
};

const es: PersonalPhrases = {
  starts: `
    (?:y )?(?:cual|cuales|que)(?: (?:es|son|era|fue|sera|eran|esta))? (?:el |la |los |las )?(?:(?:saldo|estado|numero|limite|fecha|importe|total|monto|balance|historial|situacion|puntuacion|direccion|plan|tarifa|deuda|credito|resumen|ultim[oa]s?|proxim[oa]s?)[a-z ]{0,30} (?:de|en|para|con) )?(?:mi|mis|nuestro|nuestra|nuestros|nuestras) (?!(?:mejor|opcion|opciones|derechos?|posibilidad|posibilidades|alternativas?)\\b)
    que (?:saldo|dinero|cantidad|deuda|credito|citas?|reuniones|mensajes|puntos|limite|plan|tarifa)(?: [a-z]+)? (?:tengo|me queda|me quedan|hay|debo)
    cuant[oa]s?(?: [a-z]+)?(?: [a-z]+)? (?:tengo|debo|me queda|me quedan|he gastado|gaste|gane|he ganado|he pagado|pague|llevo gastado|llevo|me han cobrado|me cobraron|hay en mi|queda en mi|queda de mi|me deben|he usado|use|me falta|me corresponden?)(?! que)
    cuant[oa]s?(?: [a-z]+)? (?:es|son|esta|vale|suma|asciende) (?:mi|mis)(?= )
    (?:donde|por donde)(?: (?:esta|estan|anda|va|quedo|ha quedado|se encuentra|se encuentran))? (?:mi|mis|nuestro|nuestra|nuestros)(?= )
    cuando (?:llega|llegara|llegaran|llegan|sale|vence|vencen|caduca|caducan|expira|recibire|recibo|cobro|me llega|me llegara|me pagan|me toca|tengo|es|sera|se entrega|entregan|fue|me ingresan|estara|viene|se renueva|me devuelven|me devolveran)(?: (?:mi|mis|la|el|las|los|a|de|con|pago|nuestro))?(?: (?:mi|mis|pedido|paquete|cita|proxima|nuestro|reembolso|dinero))
    (?:ha|han|se ha|se han|me ha|me han|me|se) (?:llegado|llego|enviado|envio|entregado|procesado|proceso|aprobado|aprobaron|confirmado|pagado|cobrado|cobraron|recibido|realizado|completado|rechazado|salido|devuelto|abonado|ingresado|acreditado|registrado|bloqueado|activado|cancelado|efectuado)[a-z ]{0,12}(?: (?:ya |bien |correctamente )*)?(?:mi|mis|nuestro|nuestra|el pago|la transferencia|el pedido|el dinero|el reembolso|la devolucion|la nomina|dos veces)
    (?:ya )?(?:llego|salio|entro|paso|se envio|se proceso|se aprobo|se realizo|se completo|se cobro) (?:ya )?(?:mi|mis|nuestro|el pago|el pedido)
    (?:esta|estan|sigue|siguen|va|fue|fueron) (?:mi|mis|nuestro|nuestra) [a-z ]{1,40}(?:bloquead|activ|list|enviad|aprobad|pagad|pendiente|confirmad|cancelad|vencid|entregad|procesad|camino|retras|cerrad|abiert|suspendid|rechazad|al dia|a tiempo|verificad|caducad|reembolsad|en curso)
    (?:esta|estan|sigue|siguen) (?:ya |todavia |aun )?(?:[a-z]+(?:ad|id)|list|activ|abiert|en camin)[oa]s? (?:mi|mis|nuestro|nuestra)(?= )
    (?:mi|nuestro) (?:[a-z]+ )?(?:pedido|pago|cuenta|tarjeta|transferencia|reembolso|paquete|reserva|vuelo|cita|solicitud|suscripcion)(?: [a-z]+)? (?:ya |todavia |aun |no )*(?:ha|se ha|esta|fue|llego|ha sido|salio)(?: [a-z]+)*\\?
    (?:mi|mis) (?:saldo|pedido|pedidos|balance|estado de cuenta|movimientos|citas|facturas|deuda|puntos|ultimos movimientos)[ a-z]{0,25}[?.! ]*$
    (?:saldo|estado)(?: (?:de|del|en) (?:mi|mis|la|el) [a-z ]+)?[?.! ]*$
    (?:tengo|hay)(?: (?:algun|alguna|algunos|algunas|nuevos?|nuevas?|pendientes))+ (?:mensaje|correo|cita|reunion|notificacion|pago|factura|alarma|recordatorio|multa|deuda|cargo)[a-z]*
    tengo (?:mensajes|correos|citas|reuniones|notificaciones|pagos|facturas|saldo|dinero|puntos|credito|suficiente|deudas|cargos)
    (?:hay novedades|alguna novedad|que hay|novedades) (?:sobre|de|con|en) (?:mi|mis)(?= )
    que (?:he|me) (?:comprado|gastado|pedido|han cobrado|cobraron|toca)
  `,
  anywhere: `
    (?:muestra|enseña|dime|diga|digame|dame|deme|lee|leeme|consulta|consultar|ver|saber|conocer|revisa|revisar|comprueba|comprobar|busca|mostrar|decirme|indicarme|rastrea|rastrear|localiza|verificar|lista|listame|muestreme|muestrame|enseñame|quiero|conseguir|proporcionarme|darme)(?: (?:me|cual es|cuanto es|donde esta|el|la|los|las|todos|todas|ultimos|ultimas|estado|saldo|historial|de|del|en|resumen|numero|importe))* (?:mi|mis|nuestro|nuestros|nuestras) (?:[a-z]+ ){0,2}(?:saldos?|pedidos?|cuentas?|transacciones|movimientos|pagos?|facturas?|agenda|calendario|citas?|correos?|mensajes|estado|historial|extractos?|limite|paquete|envio|vuelos?|reservas?|suscripcion|suscripciones|poliza|puntos|gastos|compras|recibos?|tareas|lista|listas|tarjetas?|deuda|nomina|datos|reembolso|recordatorios|notificaciones|tickets?|solicitud|perfil|direccion|plan|prestamo|contactos)
    (?:estado|situacion|seguimiento|saldo|numero de seguimiento|ubicacion) (?:actual )?(?:de|del|en) (?:mi|mis|nuestro)(?= )
    (?:donde esta|cuando llega) mi
    cuanto (?:dinero |saldo )?(?:tengo|debo|me queda)(?! que)
  `,
  general: `
    como(?! (?:va|van|esta|estan|sigue) (?:mi|mis|el estado))
    (?:puedo|podria|podemos|(?<!cuanto )debo|deberia|se puede|es posible|hace falta|conviene|puede)
    que (?:debo|puedo|tengo que|deberia|hago|hacer|necesito|pasa|ocurre|sucede|documentos|pasos)
    por que
    cual es (?:la mejor|el mejor)
    (?:olvide|he olvidado|se me olvido|perdi|he perdido|no recuerdo)
    me (?:duele|siento)
    de que (?:manera|forma)
    donde (?:puedo|encuentro|puede|se|esta la opcion|veo|consigo)
  `,
};

const pt: PersonalPhrases = {
  starts: `
    (?:e )?(?:qual|quais|que)(?: (?:e|sao|era|foi|sera|esta))? (?:o |a |os |as )?(?:(?:saldo|estado|status|situacao|numero|limite|data|valor|total|montante|historico|pontuacao|endereco|plano|fatura|divida|credito|resumo|extrato|ultim[oa]s?|proxim[oa]s?)[a-z ]{0,30} (?:de|da|do|das|dos|em|na|no|para|com|a|o) ?)?(?:a |o |as |os )?(?:meu|minha|meus|minhas|nosso|nossa|nossos|nossas) (?!(?:melhor|opcao|opcoes|direitos?|possibilidades?|alternativas?)\\b)
    que (?:saldo|dinheiro|compromissos|reunioes|mensagens|pontos|limite)(?: [a-z]+)? (?:tenho|me resta|me restam|devo)
    quant[oa]s?(?: [a-z]+)?(?: [a-z]+)? (?:tenho|eu tenho|devo|eu devo|me resta|me restam|gastei|eu gastei|ganhei|paguei|ja paguei|ja gastei|me cobraram|ha na minha|tem na minha|resta na minha|resta no meu|usei|falta pagar|sobrou|ainda tenho|ainda devo)(?! que| de)
    quant[oa]s?(?: [a-z]+)? (?:e|esta|foi|deu|veio|tem|ha|sobra|sobrou)(?: (?:o|a|de|no|na|em))* (?:meu|minha|meus|minhas)(?= )
    (?:onde|cade|por onde)(?: (?:esta|estao|anda|ficou|se encontra|foi parar|ta))? (?:o |a |os |as )?(?:meu|minha|meus|minhas|nosso|nossa)(?= )
    (?:onde esta|cade) o (?:pedido|pacote|produto) que (?:eu )?(?:fiz|comprei|encomendei)
    quando (?:chega|chegara|chegam|vai chegar|sai|vence|vencem|expira|recebo|receberei|vou receber|cai|e|sera|foi|tenho|entregam|sera entregue|renova|vem|meu|minha)(?: (?:o|a|os|as))?(?: (?:meu|minha|meus|minhas|consulta|reembolso|pedido|encomenda|proxim[oa]|salario|nosso))
    (?:o |a |os |as )?(?:meu|minha|meus|minhas|nosso|nossa) [a-z ]{1,40}(?:ja |ainda |nao )*(?:foi|foram|esta|estao|chegou|chegaram|saiu|passou|caiu|entrou|consta|venceu|vai chegar|deu certo|ta)\\b[^?]*\\?
    (?:ja )?(?:foi|foram|esta|estao|chegou|saiu|caiu|entrou|passou) (?:ja )?(?:[a-z]+ )?(?:o |a |os |as )?(?:meu|minha|meus|minhas|nosso|nossa)(?= )
    (?:o |a |os |as )?(?:meu|minha|meus|minhas) (?:saldo|pedido|pedidos|extrato|fatura|faturas|pontos|divida|compromissos|ultim[oa]s [a-z]+)[ a-z]{0,25}[?.! ]*$
    (?:saldo|status|extrato)(?: (?:da|do|de|na|no) (?:minha|meu|conta|pedido)[a-z ]*)?[?.! ]*$
    (?:eu )?(?:tenho|ha)(?: (?:algum|alguma|alguns|algumas|novos?|novas?))+ (?:mensage|email|e-mail|consulta|reuniao|reunioes|notificac|pagamento|fatura|alarme|lembrete|multa|divida|compromisso|debito|cobranca)[a-z]*
    (?:eu )?tenho (?:mensagens|emails|consultas|reunioes|notificacoes|pagamentos|faturas|saldo|dinheiro|pontos|credito|dividas|debitos)
    (?:alguma novidade|novidades|alguma atualizacao|o que tem|o que ha) (?:sobre|d[eoa]|n[oa]|com) (?:o |a )?(?:meu|minha)
    o que (?:eu )?(?:comprei|gastei|pedi)
  `,
  anywhere: `
    (?:mostre|mostra|mostrar|mostre-me|diga|diz|dizer|da|de|le|leia|consultar|consulta|consulte|ver|veja|saber|verificar|verifique|rastrear|rastreie|localize|liste|listar|informar|informe|quero|conferir|checar|conhecer|exiba|exibir|passar|passa|confirmar)(?:-me)?(?: (?:me|qual|quanto|onde|e|esta|o|a|os|as|todos|todas|ultimos|ultimas|status|saldo|extrato|historico|de|do|da|dos|das|em|na|no|estado|valor|numero))* (?:meu|minha|meus|minhas|nosso|nossa) (?:[a-z]+ ){0,2}(?:saldos?|pedidos?|contas?|transacoes|movimentacoes|pagamentos?|faturas?|agenda|calendario|compromissos?|consultas?|emails?|e-mails?|mensagens|status|historico|extratos?|limite|pacote|encomenda|entrega|voos?|reservas?|assinaturas?|apolice|pontos|gastos|compras|tarefas|lista|listas|cartao|cartoes|divida|salario|dados|reembolso|lembretes|notificacoes|solicitacao|perfil|endereco|plano|emprestimo|contatos|boletos?)
    (?:status|estado|situacao|andamento|rastreio|rastreamento|saldo|codigo de rastreio) (?:d[oa]s?|n[oa]|de) (?:o |a )?(?:meu|minha|meus|minhas)(?= )
    quanto (?:dinheiro |saldo )?(?:eu )?(?:tenho|devo|me resta)(?! que| de)
    saldo (?:da|na) (?:minha )?conta
  `,
  general: `
    (?:como|de que forma|de que maneira)(?! (?:esta|vai|anda|ta) (?:o |a )?(?:meu|minha|andamento))
    (?:posso|podemos|(?<!quanto |quanto eu )devo|deveria|e possivel|da para|da pra|preciso|poderia eu)(?! ver meu)
    (?:o )?que (?:devo|posso|faco|fazer|tenho que|preciso|acontece|documentos)
    por ?que
    qual (?:e )?(?:a melhor|o melhor)
    onde (?:posso|encontro|pode|se|vejo|consigo|eu)
    (?:esqueci|perdi|nao lembro)
  `,
};

const ru: PersonalPhrases = {
  starts: `
    (?:а |и )?(?:где|куда делся|куда пропал)(?: (?:сейчас|находится|же|там|застрял|застряла))? (?:мой|моя|мое|мои|наш|наша|наши)
    (?:какой|какая|какое|какие|каков|какова)(?: (?:у меня|сейчас|у нас))?(?: [а-я]+)? (?:мой|моя|мое|мои|наш|наша)
    (?:какой|какая|какое|какие|каков|каковы|что)(?: [а-я]+){0,3} (?:у меня|у нас)(?! (?:болит|может|есть право))(?: (?:на|в|по|за|остал|осталось|баланс|долг|тариф|лимит|план|встреч|задач|запис|сегодня|завтра|расписан)[а-я]*)?
    (?:какой|какая|какое|какие|каков)(?: [а-я]+){0,2} (?:баланс|остаток|статус|состояние|лимит|задолженность|срок|номер|сумма|долг|тариф|дата)(?: [а-я]+){0,3} (?:моего|моей|моих|моем|мой|моя|моему|моим|меня)
    сколько(?: [а-я]+){0,3} (?:у меня|у нас|я (?:должен|должна|потратил|потратила|заработал|заработала|заплатил|заплатила|накопил|накопила)|мне осталось|осталось у меня|на моем|на моей|на моих|мне начислено|мне должны|с меня списали|на мой|я еще должен)
    сколько(?: [а-я]+){0,2} (?:осталось|лежит|денег|накопилось|баллов)(?: [а-я]+){0,2}(?: (?:на счете|на счету|на карте|на балансе|у меня|на моем|по кредиту|на моей))
    (?:когда|во сколько)(?: [а-я]+){0,3} (?:мой|моя|мое|мои|мне|моего|моей|моему|мою|наш|у меня)(?! (?:лучше|стоит|можно|нужно|следует|надо))
    (?:прошел|прошла|прошло|прошли|пришел|пришла|пришло|пришли|поступил|поступила|поступили|отправлен|отправлена|отправили|доставлен|доставлена|доставили|одобрен|одобрена|одобрили|обработан|заблокирован|заблокирована|активен|активна|оплачен|оплачена|готов|готова|готово|готовы|подтвержден|подтверждена|выполнен|зачислен|зачислена|зачислили|вернули|дошел|дошла|дошли|принят|принята|списали|списан|отменен|отменена|открыт|закрыт|закрыта|задерживается|вылетел)(?: ли)?(?: уже)? (?:мой|моя|мое|мои|мне|наш|наша|у меня|мою|деньги|платеж|оплата|перевод|заказ|посылка)
    (?:мой|моя|мое|мои|наш) (?:[а-я]+ ){0,3}(?:уже |еще |не )*(?:прошел|прошла|пришел|пришла|пришло|отправлен|отправлена|доставлен|доставлена|одобрен|одобрена|обработан|заблокирован|заблокирована|активен|активна|оплачен|оплачена|готов|готова|подтвержден|подтверждена|зачислен|зачислена|дошел|дошла|в пути|принят|принята|отменен|отменена|вовремя)(?: [а-я]+)*\\?
    (?:мой|моя|мои|мое) (?:баланс|остаток|заказ|заказы|статус|счет|долг|бонусы|баллы|лимит|расписание|задачи|последние [а-я]+)[ а-я]{0,25}[?.! ]*$
    (?:баланс|остаток|статус)(?: (?:счета|карты|заказа|по карте|на карте|моего|моей|посылки|заявки)[ а-я]*)?[?.! №#\\d]*$
    (?:есть ли|есть)(?: у меня)? (?:новые |непрочитанные |какие-нибудь |какие-то )*(?:сообщения|письма|встречи|уведомления|долги|штрафы|задолженность|задолженности)
    (?:есть|имеется)(?: ли)? у меня(?= )
    у меня (?:есть|остались|имеются)(?: ли)? [^?]*\\?
    что (?:с|со|там с|слышно о|слышно по|по) (?:моим|моей|моими|моему|нашим|моем)
    (?:я|на кого) (?:записан|записана|уже оплатил|зарегистрирован|зарегистрирована|заблокирован)[^?]*\\?
  `,
  anywhere: `
    (?:покажи|покажите|показать|скажи|скажите|назови|назовите|проверь|проверьте|проверить|узнать|посмотри|посмотрите|посмотреть|выведи|выведите|найди|найдите|прочитай|прочти|отследи|отследить|дай|дайте|сообщи|сообщите|уточнить|подскажи|подскажите|прислать|хочу)(?: (?:мне|нам|все|список|какой|где|сколько|пожалуйста|последние|статус|баланс|состояние|остаток|историю|номер))* (?:мой|мою|мое|мои|моего|моей|моих|моем) (?:[а-я]+ ){0,2}(?:баланс|остаток|заказ|заказы|заказа|заказов|счет|счета|карты|карте|карту|операции|операций|платежи|платежей|платежа|переводы|расписание|календарь|встречи|письма|почту|сообщения|статус|историю|выписку|лимит|посылку|посылки|рейс|брони|бронь|подписки|подписку|полис|бонусы|баллы|расходы|покупки|счета|задачи|список|долг|зарплату|данные|напоминания|уведомления|заявку|заявки|профиль|тариф|кредит|кредита)
    (?:статус|состояние|баланс|остаток|местонахождение|трек-номер|судьба) (?:моего|моей|моих|по моему|по моей|на моем|на моей|на моих|у меня)
    (?:где (?:сейчас )?мой|когда прид[её]т мой)
  `,
  general: `
    (?:как|каким образом)(?! (?:там|дела|обстоят|поживает|идет|продвигается))
    (?:можно|могу|можем|нужно|надо|стоит|следует|должен|должна)(?: ли| я)?(?! узнать)(?<!я должен|я должна)
    что (?:делать|мне делать|нужно|будет|если|случится|значит)
    (?:почему|зачем|отчего)
    (?:забыл|забыла|потерял|потеряла)
    какие (?:документы|права|шаги)
    где (?:можно|я могу|найти|посмотреть|мне найти|взять|увидеть)
  `,
};

const he: PersonalPhrases = {
  starts: `
    (?:ו)?(?:מה|מהו|מהי|מהם|מהן|כמה|איזה|איזו)(?: [א-ת"'-]+){1,5} (?:שלי|שלנו)
    (?:מה|מהי|מהו) (?:ה?יתרה|ה?יתרת|מצב ה?חשבון|מצבי|יתרתי|ה?סטטוס)(?: [א-ת]+){0,3}
    (?:איפה|היכן|לאן)(?: [א-ת]+)?(?: [א-ת]+){0,3} (?:שלי|שלנו|שהזמנתי|שקניתי|שלחתי)
    איפה ה?(?:הזמנה|חבילה|משלוח|כסף|החזר|זיכוי)
    כמה (?:כסף|נקודות|ימי חופש|ימי חופשה|דקות|גיגה|הודעות|פגישות|חוב|אשראי|יתרה)(?: [א-ת]+){0,2} (?:יש לי|נשאר לי|נשארו לי|נותר לי|נותרו לי|צברתי|יש בחשבון|יש לנו|אני חייב|אני חייבת)
    כמה (?:אני|עוד אני) (?:חייב|חייבת|משלם|משלמת|מרוויח|מרוויחה)
    כמה (?:יש|נשאר|נותר|נשארו)(?: לי| בחשבון| בכרטיס| בחשבוני)+
    כמה (?:הוצאתי|בזבזתי|שילמתי|הרווחתי|חסכתי)
    (?:מתי|באיזו שעה|תוך כמה זמן)(?: [א-ת"'-]+){1,4} (?:שלי|שלנו|אליי|שהזמנתי)
    מתי (?:אקבל|אני מקבל|אני מקבלת|יגיע אליי|תגיע אליי|יש לי|נכנסת|נכנס לי)(?: [א-ת]+){0,3}
    (?:האם )?(?:ה)?[א-ת]+(?: [א-ת]+){0,2} (?:שלי|שלנו) (?:כבר |עדיין |לא )*(?:עבר|עברה|התקבל|התקבלה|אושר|אושרה|נשלח|נשלחה|הגיע|הגיעה|חסום|חסומה|נחסם|פעיל|פעילה|מוכן|מוכנה|בדרך|שולם|שולמה|בוצע|בוצעה|נקלט|נקלטה|בוטל|בוטלה|סגור|סגורה|פתוח|פתוחה|מאושר|מאושרת|זמין|בתוקף|מתעכב|מתעכבת|יצא|יצאה|הושלם|נסגר|מושהה|תקין|תקינה)
    (?:האם )?(?:כבר )?(?:עבר|עברה|התקבל|התקבלה|אושר|אושרה|נשלח|נשלחה|הגיע|הגיעה|נחסם|נחסמה|בוצע|נקלט|נקלטה|שולם|חויבתי|קיבלתי|זוכיתי|אושרתי)(?: [א-ת]+){0,3} ?(?:שלי|ההחזר|הזיכוי|התשלום|ההזמנה|החבילה|פעמיים)?[?.! ]*$
    (?:האם )?(?:יש לי|נשארו לי|קיבלתי) [^?]*\\?
    (?:ה)?(?:יתרה|סטטוס|מצב|הזמנה|הזמנות|חשבון|פגישות|תורים)(?: [א-ת]+){0,3} (?:שלי)[?.! ]*$
    (?:מה|איך)(?: (?:קורה|עם|המצב|מצב|מצבה|הסטטוס|עומד|עומדת)){1,3}(?: [א-ת]+){0,3} (?:שלי|שלנו)
    מה (?:קורה עם|מצב|סטטוס) ה?(?:הזמנה|משלוח|חבילה|תשלום|החזר|בקשה|תביעה|העברה)
  `,
  anywhere: `
    (?:תראה|תראי|הראה|הצג|תציג|תציגי|תגיד|תגידי|תבדוק|תבדקי|בדוק|ספר|תן|תני|לראות|לבדוק|לדעת|תמצא|מצא|הקרא|תקריא|עקוב|רשימת|לברר|להציג)(?: (?:לי|לנו|את|מה|כל|איפה|כמה|על|מהי|מהו))*(?: [א-ת"'-]+){1,4} (?:שלי|שלנו)
    (?:מצב|סטטוס|יתרת|מיקום|מספר המעקב של) (?:ה[א-ת]+ )?(?:[א-ת]+ )?(?:שלי|שלנו)
    (?:יתרת ה?(?:חשבון|עו"ש|כרטיס))
    (?:ההזמנה|החבילה|המשלוח) שלי\\?
  `,
  general: `
    (?:איך|כיצד|באיזה אופן|באיזו דרך)(?! (?:עומד|עומדת|מתקדם|מתקדמת|מצב))
    (?:אפשר|ניתן|אני יכול|אני יכולה|האם מותר|מותר|כדאי|צריך|צריכה|אני צריך|אני צריכה|עליי)
    מה (?:לעשות|עושים|עליי|אני צריך|אני צריכה|צריך|קורה אם|יקרה|כדאי|הדרך)
    (?:למה|מדוע)
    (?:שכחתי|איבדתי|אבד לי)
    (?:איפה|היכן|מהיכן|מאיפה) (?:אפשר|ניתן|אני יכול|אני יכולה|מוצאים|רואים|מקבלים|אמצא)
    אילו מסמכים
  `,
};

export const personalPhrases: ReadonlyMap<string, PersonalPhrases> = new Map([
  ['en', en],
  ['es', es],
  ['pt', pt],
  ['ru', ru],
  ['he', he],
]);
