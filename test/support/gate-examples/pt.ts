/** Questions as people ask them, and the gate that keeps each out. */
import type { Examples } from './contract.ts';

export const portuguese: Examples = {
  fresh: `
    Como está o tempo agora?
    Qual é a cotação do dólar hoje?
    Que horas são em Lisboa?
    Quais são as últimas notícias?
    Vai chover amanhã?
    Quem ganhou o jogo de ontem?
    Qual é o preço do bitcoin neste momento?
    O que está passando na TV hoje à noite?
    Qual é a versão mais recente do Android?
    Que dia é hoje?
    Quando sai o próximo ônibus?
    A loja está aberta agora?
    Quem é o técnico atual do Flamengo?
    Quais eventos há este fim de semana?
    Quanto está o euro?
    Como está o trânsito na marginal?
    Qual é a previsão do tempo para o Porto?
    Quem está ganhando o jogo?
    Qual é a taxa Selic atual?
    Quais filmes estão em cartaz esta semana?
  `,
  acts: `
    Transfira 100 reais para a Maria.
    Mande 100 reais para a Maria.
    Cancele a minha assinatura, por favor
    Você pode enviar um e-mail para o João?
    Bloqueie meu cartão
    Reserve uma mesa para dois
    Exclua a minha conta
    Quero cancelar o meu pedido
    Pode me reservar um voo para Lisboa?
    Me envia a fatura por e-mail
    Coloque um alarme para as sete
    Apague as luzes da sala
    Compre dois ingressos para o show
    Faça um pix de 50 reais para o Pedro
    Poderia alterar meu endereço de entrega?
    Me lembre de ligar para a mãe
    Preciso que você cancele a minha reserva
    Gostaria de agendar uma consulta
    Adicione leite à lista de compras
    Por gentileza, desbloqueie a minha conta
    Aumente o limite do meu cartão
  `,
  points: `
    Esse é melhor?
    Como funciona?
    E em espanhol?
    O que isso significa?
    Por quê?
    Continue
    E o segundo?
    Explique de novo
    Traduza isso
    Quanto custa?
    Este produto está na garantia?
    Me dê outro exemplo
    Quantos anos ele tem?
    Resuma o texto acima
    Mais curto, por favor
    Mas por que não?
    O que é isto?
    Isso é verdade?
    Onde nasceu?
    Como você disse antes, o que acontece depois?
    Qual é o melhor dos dois acima?
    Que tal a outra?
  `,
  personal: `
    Qual é o meu saldo?
    Onde está o meu pedido?
    Quando chega a minha encomenda?
    Quanto dinheiro tenho na conta?
    Meu pagamento foi aprovado?
    Qual é o status do meu pedido?
    Mostre minhas últimas transações
    Minha conta está bloqueada?
    Quanto eu devo?
    Cadê meu pedido?
    Me diga o meu saldo
    Quero saber o status do meu reembolso
    Quantos pontos eu tenho?
    Quando vence a minha fatura?
    Tenho mensagens novas?
    O meu pedido já foi enviado?
    Status do meu pedido
    Qual o saldo da minha conta?
    Quanto gastei este mês?
    Poderia me informar o saldo da minha conta?
  `,
  none: `
    Como altero o endereço de entrega do meu pedido?
    O que faço para mudar o endereço de envio de um pedido?
    Posso trocar um produto sem a nota fiscal?
    É possível fazer a troca se eu não tiver a nota fiscal?
    Qual é o horário de funcionamento aos sábados?
    Que horas vocês abrem no sábado?
    Esqueci minha senha, como recupero?
    Como faço para redefinir a minha senha?
    Quais documentos são necessários para abrir uma conta?
    Que documentos preciso apresentar para abrir uma conta?
    Como cancelo a minha assinatura?
    De que forma posso encerrar a minha assinatura?
    Posso levar animais no hotel?
    O medicamento pode ser tomado com álcool?
    Qual é a capital da França?
    Explique como funciona uma bomba de calor
    Escreva um poema sobre o outono
    Traduza "bom dia" para o inglês
    Resuma o enredo de Dom Casmurro
    Compare Python e Java
    Quanto tempo leva uma transferência bancária?
    Vocês aceitam cartão?
    O que é bitcoin?
    É legal gravar uma ligação?
    Meu gato está espirrando, o que devo fazer?
    Por que chove tanto em Belém?
    Quem escreveu Os Lusíadas?
    Qual é a melhor maneira de aprender um idioma?
    Quantos planetas há no sistema solar?
    Faça uma lista dos planetas
    Como emagrecer?
    O seguro cobre roubo?
    Quanto custa o envio de 3 kg?
    Posso consultar meu saldo por telefone?
    Vocês têm frete grátis?
    É preciso pagar para cancelar?
    E-mail é um meio seguro?
    Onde está localizada Lisboa?
    Qual é o tempo de entrega?
    Qual é a temperatura de ebulição da água?
    Quanto tempo demora para chegar o pedido padrão?
    Onde encontro a minha fatura?
    Como rastreio o meu pedido?
  `,
};
