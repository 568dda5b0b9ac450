/** What points outside the question in Portuguese. Own compilation, in folded spelling. */
import type { PointingWords } from './contract.ts';

export const portuguese: PointingWords = {
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
    (?:esse|essa|este|aquele|aquela) (?:e|era|funciona|custa|serve)(?= )
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
    (?<!distancia |altura |pais |hora |ciudad |cidade |donde |onde |como |que |cuando |quando |cual |qual |quien |quem )esta(?= [a-zñ]+(?:a|ad|ade|ion|ao|ez|ud|em|gem)(?![\\p{L}]))
    (?:este|estes|estas|esse|essa|esses|essas|deste|desta|destes|destas|desse|dessa|neste|nesta|nesse|nessa)
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
