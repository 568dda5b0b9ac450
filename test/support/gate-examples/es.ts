/** Questions as people ask them, and the gate that keeps each out. */
import type { Examples } from './contract.ts';

export const spanish: Examples = {
  fresh: `
    ¿Qué tiempo hace ahora mismo?
    ¿Cómo está el tiempo en este momento?
    ¿Cuál es el tipo de cambio actual del dólar?
    ¿Qué hora es en Madrid?
    ¿Qué noticias hay hoy?
    ¿Va a llover mañana?
    ¿A cuánto está el euro hoy?
    ¿Cuál es el precio del bitcoin?
    ¿Quién ganó el partido de anoche?
    ¿Qué películas hay en cartelera esta semana?
    ¿Cuáles son las últimas noticias?
    ¿Está abierto el museo hoy?
    ¿Qué día es hoy?
    ¿Cuándo sale el próximo tren a Sevilla?
    ¿Cuál es la última versión de Android?
    ¿Cómo va el partido?
    ¿Hay mucho tráfico en la M-30 ahora?
    ¿Qué eventos hay este fin de semana?
    ¿Quién es el entrenador actual del Betis?
    ¿Qué temperatura hace en Bogotá?
  `,
  acts: `
    Transfiera 100 euros a María
    Envíame la factura por correo
    ¿Puedes enviar un mensaje a Juan?
    Cancela mi suscripción, por favor
    Resérvame una mesa para dos
    Bloquea mi tarjeta
    Elimine mi cuenta
    Quiero cancelar mi pedido
    ¿Podrías reservarme un vuelo a Lima?
    Transfiérele 50 euros a Ana
    Pon una alarma a las siete
    Apaga las luces del salón
    Compra dos entradas para el concierto
    Págale a Luis 20 euros
    Por favor, cambie mi dirección de envío
    Recuérdame llamar a mamá
    Necesito que canceles mi reserva
    Haz una transferencia de 200 euros a Pedro
    Mándale un correo a mi jefe
    Me gustaría reservar una habitación
    Añade leche a la lista de la compra
  `,
  points: `
    Dámelo
    ¿Es mejor ese?
    ¿Cómo funciona?
    ¿Y en inglés?
    ¿Qué significa eso?
    ¿Por qué?
    Continúa
    ¿Y el segundo?
    ¿Qué tal el otro?
    Explícamelo otra vez
    Traduce esto
    ¿Cuánto cuesta?
    ¿Está incluido este producto en la garantía?
    Dame otro ejemplo
    ¿Cuántos años tiene él?
    Resume lo anterior
    Más corto, por favor
    Pero ¿por qué no?
    ¿Qué es esto?
    ¿Es eso verdad?
    ¿Dónde nació?
    Como dijiste antes, ¿qué pasa después?
    ¿Cuál es mejor?
  `,
  personal: `
    ¿Cuál es mi saldo?
    ¿Dónde está mi pedido?
    ¿Cuándo llega mi paquete?
    ¿Cuánto dinero tengo en mi cuenta?
    ¿Se ha procesado mi pago?
    ¿Cuál es el estado de mi pedido?
    Muéstrame mis últimas transacciones
    ¿Está bloqueada mi cuenta?
    ¿Cuánto debo?
    ¿Ha llegado mi transferencia?
    Dime mi saldo
    Quiero saber el estado de mi reembolso
    ¿Cuántos puntos tengo?
    ¿Cuándo vence mi factura?
    ¿Tengo mensajes nuevos?
    ¿Me han cobrado dos veces?
    ¿Mi pedido ya ha salido?
    Estado de mi pedido
    ¿Podría decirme cuál es mi saldo?
    ¿Cuánto he gastado este mes?
  `,
  none: `
    ¿De dónde sopla el viento del este?
    ¿Puedo devolver un producto sin el recibo?
    ¿Es posible hacer una devolución si no tengo el comprobante de compra?
    ¿Tienen envío gratis a partir de cierto importe?
    ¿Desde qué cantidad es gratuito el envío?
    ¿A qué hora sale el tren a Sevilla?
    ¿Qué alimentos son seguros durante el embarazo?
    ¿Cuál es el límite de retirada diario?
    ¿Cómo puedo cancelar mi suscripción?
    ¿Puedo cambiar mi dirección de entrega?
    He olvidado mi contraseña, ¿cómo la recupero?
    ¿Cómo hago una transferencia?
    ¿Cuál es la capital de Francia?
    Explica cómo funciona una bomba de calor
    Escribe un poema sobre el otoño
    Traduce "buenos días" al inglés
    Resume la trama de Hamlet
    Compara Python y Java
    ¿Qué documentos necesito para abrir una cuenta?
    ¿Cuánto tarda una transferencia bancaria?
    ¿Aceptan pagos con tarjeta?
    ¿Qué es el bitcoin?
    ¿Cómo se elimina una cuenta?
    ¿Es legal grabar una llamada?
    Mi gato estornuda, ¿qué debo hacer?
    ¿Por qué llueve tanto en Galicia?
    ¿Quién escribió el Quijote?
    ¿Se puede pagar en efectivo?
    ¿Cuál es la mejor manera de aprender un idioma?
    ¿Cuántos planetas hay en el sistema solar?
    Haz una lista de los planetas
    ¿Cómo adelgazar?
    ¿Qué ver en Granada?
    ¿El seguro cubre el robo?
    ¿Cubre el seguro dental las ortodoncias?
    ¿Cuánto cuesta el envío de 3 kg?
    ¿Puedo consultar mi saldo por teléfono?
    ¿Dónde puedo ver el estado de un pedido?
    ¿Dónde está Granada?
    ¿A qué distancia está Sevilla de Madrid?
    ¿Cuál es la temperatura de ebullición del agua?
    ¿Qué tiempo de cocción necesita el arroz?
    ¿Cómo es el clima de los Andes?
    ¿Cómo rastreo mi pedido?
    ¿Dónde encuentro mi factura?
    ¿Está incluido el desayuno?
  `,
};
