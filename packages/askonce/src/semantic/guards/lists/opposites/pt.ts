/** Portuguese opposites and alternatives. Own compilation. The format is described in `opposites.ts`. */
export const pt = `
  ativ* habilit* lig* acend* | desativ* desabilit* deslig* apag*
  compr* | vend*
  emprest* | devolv*
  aument* sub* suba elev* cresc* | diminu* baix* reduz* reduc* decresc*
  maxim* | minim*
  mais | menos
  melhor melhores | pior piores
  bom boa bons boas bem | mau ma maus mal ruim
  conect* | desconect*
  instal* | desinstal*
  inscrev* assin* | desinscrev* cancel*
  bloque* | desbloque*
  mostr* exib* | ocult* escond*
  enviar carregar | baixar descarregar
  importar | exportar
  adicion* acrescent* | remov* exclu* apag* elimin*
  criar cri* | exclu* apag* elimin*
  abr* abert* | fech* encerr*
  comec* inici* inicio | termin* acab* fim final finaliz*
  aceit* aprov* permit* | recus* neg* proib* rejeit*
  inclu* | exclu*
  deposit* | sac* saque levant* retir*
  envi* mand* | receb*
  pag* | reembols* estorn*
  ganh* lucro lucros | perd* prejuizo perda perdas
  receita receitas | despesa despesas
  credito | debito | pre-pago
  poup* economiz* | gast*
  diario diaria diariamente | semanal* | quinzenal* | mensal* | trimestral* | semestral* | anual*
  basico basica | padrao | premium | profissional pro | avancado avancada | empresarial
  estudante estudantes | empresa empresas | particular
  pessoal | empresarial comercial
  gratis gratuit* | pago
  public* | privad*
  intern* | extern*
  nacional nacionais domestic* | internacional internacionais estrangeir* exterior
  chegad* cheg* | partid* part* saida saidas sai saem
  entrad* entrar | saida saidas sair
  ida | volta
  antes | depois apos
  cedo | tarde
  primeir* | ultim*
  proxim* seguinte | anterior
  velh* antig* | nov*
  jovem jovens | idos*
  quente calor aquec* | fri* esfri* arrefec*
  grande grandes | pequen*
  alto alta altos altas | baixo baixa baixos baixas
  longo longa comprid* | curto curta
  largo larga | estreit*
  rapid* | lent* devagar
  forte fortes | frac*
  facil faceis facilmente | dificil dificeis
  rico rica ricos | pobre pobres
  caro cara caros caras | barat* economic*
  segur* | perigos* insegur*
  saudavel saudaveis | doente* 
  verdadeir* certo | fals* errad*
  corret* | incorret* errad*
  legal legais | ilegal ilegais
  possivel | impossivel
  permitid* | proibid*
  disponivel disponiveis | indisponivel indisponiveis esgotad*
  ativo ativa | inativ* passiv*
  vivo viva | mort* morr*
  homem homens menino meninos rapaz | mulher mulheres menina meninas
  ele | ela
  pai | mae
  filho filhos | filha filhas
  irmao irmaos | irma irmas
  marido esposo | esposa
  adulto adultos adulta | crianca criancas bebe bebes infantil
  cachorro cachorros cao caes | gato gatos
  comprador* cliente clientes | vendedor*
  inquilin* | proprietari* senhorio
  remetente | destinatario
  manha manhas | tarde tardes | noite noites
  pequeno-almoco cafe | almoco | jantar
  segunda segunda-feira segundas | terca terca-feira tercas | quarta quarta-feira quartas | quinta quinta-feira quintas | sexta sexta-feira sextas | sabado sabados | domingo domingos
  util uteis | feriado feriados
  janeiro | fevereiro | marco | abril | maio | junho | julho | agosto | setembro | outubro | novembro | dezembro
  primavera | verao | outono | inverno
  norte | sul | leste | oeste
  esquerd* | direit*
  acima cima | abaixo baixo
  dentro interior | fora exterior
  frente | tras atras
  positiv* | negativ*
  somar soma | subtrair
  multiplic* | divid*
  ler leitura | escrever escrita
  online | presencial offline
  manual manualmente | automatic*
  temporari* | permanente* definitiv*
  opcional opcionais | obrigatori*
  simples | complex* complicad*
  igual mesmo | diferente*
  vantagem vantagens | desvantagem desvantagens
  causa causas | consequencia* efeito efeitos | sintoma sintomas | tratamento*
  bruto bruta | liquido liquida
  fixo fixa | variavel
  alug* | compr*
  solteiro individual | duplo dupla casal | triplo tripla
  vegetarian* | vegan*
  branco branca | preto preta | vermelh* | azul | verde | amarel* | laranja | rosa | marrom castanho | cinza
  dolar dolares | euro euros | libra libras | peso pesos | real reais | iene
  quilometro quilometros | milha milhas
  android | iphone ios
  windows | mac | linux
  dinheiro | cartao | transferencia | pix | boleto
  dia dias | noite noites
  cheio cheia | vazi*
  cru crua | cozid*
  sempre | nunca
  todo todos todas tudo | nenhum nenhuma nada
  aprov* | reprov*
  contrat* | demit* desped* cancel*
  cas* casamento | divorci*
  trem comboio | onibus autocarro | aviao | barco | metro
  email | telefone | sms | chat
  celular telemovel | computador
`;

export const ptNeighbours = `
  para ate | desde
  sobre | sob
`;
