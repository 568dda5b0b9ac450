/** How Portuguese questions open and close. Own compilation, in folded spelling. */
import type { Politeness } from './contract.ts';

export const portuguese: Politeness = {
  greetings: `
    (?:ola+|oi+|oie|opa|e ai|alo|hey|bom dia|boa tarde|boa noite|boas|saudacoes|salve)(?: (?:a todos|a todas|pessoal|gente|equipe|equipa|galera|amigos?|de novo|novamente|tudo bem|tudo bom|bom dia|boa tarde|boa noite))*
    (?:tudo (?:bem|bom|certo|joia)|como vai|como (?:voce )?esta|como (?:voces )?estao|como vao)(?: (?:com voce|contigo|por ai|voce|voces))?
    espero que (?:esteja|estejam|tudo esteja) (?:tudo )?bem
    (?:prezad|carissim|car)(?:o|a|os|as)(?: (?:senhor|senhora|senhores|equipe|equipa|todos))?
    (?:com licenca|desculpe|desculpa|desculpem|desculpe o incomodo|desculpe incomodar|perdao|licenca)
    (?:so )?(?:tenho |estou com |queria tirar |gostaria de tirar )?(?:uma|outra) (?:pergunta|duvida|perguntinha|duvidinha|questao)(?: (?:rapida|simples|curta|rapidinha))?
    (?:uma )?(?:rapida|pequena|breve) (?:pergunta|duvida|questao)
    (?:pergunta|duvida)(?: rapida)?(?=\\s*:)
    (?:posso|poderia|queria|gostaria de|quero) (?:fazer(?:-lhe|-te)? uma (?:pergunta|consulta)|perguntar (?:algo|uma coisa)|tirar uma duvida)
    (?:preciso de|me de uma) (?:sua |uma )?ajuda
    (?:voce |voces )?(?:pode|podem|poderia|poderiam|consegue) (?:me )?ajudar(?:-me)?
  `,
  thanks: `
    (?:muito |muitissimo )?(?:obrigad[oa]s?|obg|obgd|brigad[oa]|vlw|valeu|grat[oa])(?: (?:desde ja|pela (?:ajuda|atencao|resposta|sua ajuda|sua atencao)|por (?:tudo|sua ajuda|sua atencao|ajudar)|mesmo|a todos|antecipadamente))*
    desde ja(?:,)? (?:muito )?(?:obrigad[oa]|agradeco|grat[oa])
    (?:fico|ficarei|eu) (?:muito )?(?:grat[oa]|agradecid[oa])(?: desde ja)?
    (?:eu )?(?:agradeco|agradeceria)(?: (?:muito|desde ja|a (?:ajuda|atencao)|pela (?:ajuda|atencao)))*
    atenciosamente
    att
    (?:um )?(?:abraco|abracos|abs)
    (?:cordiais )?(?:saudacoes|cumprimentos)
    (?:tenha )?(?:um )?(?:bom|otimo|excelente) dia
  `,
  please: `
    (?:por favor(?:zinho)?|porfavor|pfv|pf|por gentileza|por obsequio|se faz favor|faz favor|faca o favor|fazendo favor|gentilmente)
    se (?:possivel|for possivel|puder|puderem|nao for (?:incomodo|muito incomodo|pedir muito)|nao se importar)
    (?:tenha|teria|faca) a (?:bondade|gentileza)(?: de)?
  `,
  asks: `
    (?:voce |voces |alguem |o senhor |a senhora )?(?:pode|podes|podem|poderia|poderias|poderiam|consegue|conseguiria|saberia|sabe|sabes|sabem)(?: (?:por favor|por gentileza))?(?: (?:me|nos))? (?:dizer|informar|explicar|indicar|falar|esclarecer|contar|confirmar|ajudar a entender)(?:-me|-nos)?(?: (?:por favor|por gentileza))?
    (?:eu )?(?:gostaria|queria|quero|preciso|desejo|adoraria|so queria|gostava)(?: de)? (?:saber|perguntar|entender|descobrir)
    (?:voce |voces |alguem |o senhor |a senhora )?(?:sabe|sabes|sabem|saberia)
    (?:me )?(?:diga|diz|fala|fale|informe|explica|conta|conte)(?:-me| para mim| pra mim)?
    me (?:pergunto|perguntava)
    (?:a )?minha (?:pergunta|duvida|questao) e
    (?:tem|faz) ideia(?: de)?
  `,
  requests: `
    (?:voce |voces )?(?:pode|podes|podem|poderia|poderias|poderiam)(?: (?:por favor|por gentileza))?(?: (?:me|nos))?
    (?:por favor|por gentileza)
  `,
  tellingVerbs: `
    (?:explicar|descrever|resumir|comparar|recomendar|sugerir|definir|esclarecer|listar)(?:-me|-nos)?
    (?:dar|mostrar|contar)-me
  `,
  questionWords: `
    (?:a|em|de|por|com|para|desde|ate|sobre|o|no|na|do|da)? ?(?:que|qual|quais|quem|quando|onde|quanto|quanta|quantos|quantas|aonde)
    como
    por que
  `,
  starts: `
    (?:a|em|de|por|com|para|desde|ate|o)? ?(?:que|qual|quais|quem|quando|onde|quanto|quanta|quantos|quantas|aonde)
    como
    (?:posso|pode|poderia|voce|voces|e possivel|tem|ha|existe|quero|queria|gostaria|preciso|por favor|meu|minha|eu|estou|sabe|me|da para|da pra)
  `,
  mentions: `
    (?:dizer|diz|digo|significa|significam|palavra|palavras|frase|traduzir|traduz|traducao|escrever|escreve|escrevo|pronuncia|responder|musica|letra|expressao|sinonimo|sinonimos|origem|fala|falar)
  `,
  bareClosings:
    '(?:por|porfavor|pfv|se possivel|se for|se faz|muito obrigad[oa]|obrigad[oa]|obg|obgd|vlw|desde)',
  leading:
    '(?:de|do|da|o|a|um|uma|com|sem|e|ou|apos|depois|antes|canta|cantou|diz|dizer|aparece|chamada|escreve|escrever|usa|usar)',
  works: `
    (?:traduz\\p{L}*|traduc\\p{L}+|reescrev\\p{L}+|reformul\\p{L}+|parafrase\\p{L}+|corrij\\p{L}+|corrig\\p{L}+|respond\\p{L}+|pontuacao|virgulas?|gramatical|gramatica)
    (?:sentimento|classifi\\p{L}+|tom|educad[oa]|formal|encurt\\p{L}+|silabas?|oracao|frase)
    (?:quantas|conte as) (?:vezes|palavras|letras|linhas)
  `,
  names: `
    (?:rosa|cruz|sol|luz|paz|leao|chile|peru|granada|lima|porto|faro|braga|viseu|para|acre|bahia|mercedes|pilar|graca|vitoria|gloria|coreia|china|japao|turquia|guine|java|python|go|oracle|windows|word|excel|discover|visa|apple|amazon)
  `,
};
