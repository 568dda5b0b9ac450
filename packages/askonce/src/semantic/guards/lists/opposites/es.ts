/** Spanish opposites and alternatives. Own compilation. The format is described in `opposites.ts`. */
export const es = `
  activ* habilit* encend* enciend* | desactiv* deshabilit* inhabilit* apag*
  compr* | vend*
  prest* | devolv* devuelv*
  aument* sub* suben increment* elev* crec* | disminu* baj* reduc* reduzc* decrec*
  maxim* | minim*
  mas | menos
  mejor mejores | peor peores
  bueno buena buenos buenas buen | malo mala malos malas mal
  conect* | desconect*
  instal* | desinstal*
  suscrib* | desuscrib*
  bloque* | desbloque*
  mostrar muestr* | ocult* esconde*
  subir | descargar descarg*
  importar | exportar
  agreg* anad* añad* | elimin* quit* borr*
  crear cre* | elimin* borr*
  abr* abier* apertura | cerr* cierr* cierre
  empez* empiez* comenz* comienz* inici* inicio | termin* acab* fin final finaliz*
  acept* aprob* aprueb* permit* | rechaz* deneg* denieg* prohib*
  inclu* | exclu*
  depos* deposit* ingres* | retir* retirada reintegro
  envi* mand* | recib*
  pag* | reembols* devoluc*
  gan* ganancia* beneficio* | perd* pierd* perdida* perdidas
  ingreso ingresos | gasto gastos
  credito | debito | prepago
  ahorr* | gast*
  diario diaria diariamente | semanal* | quincenal* | mensual* | trimestral* | semestral* | anual*
  basico basica | estandar | premium | profesional pro | avanzado avanzada | empresarial
  estudiante estudiantes | empresa empresas | particular particulares
  personal | empresarial comercial
  gratis gratuit* | pago pagado
  public* | privad*
  intern* | extern*
  nacional nacionales domestic* | internacional* extranjer*
  llegad* lleg* | sal* salida salidas
  entr* entrada | salida
  ida | vuelta
  antes | despues
  temprano | tarde
  primer* | ultim*
  proxim* siguiente | anterior
  viej* antigu* | nuev*
  joven jovenes | mayor mayores ancian*
  caliente calor calient* | frio fria frios frias enfri*
  grande grandes | pequeñ*
  alto alta altos altas | bajo baja bajos bajas
  largo larga | corto corta
  ancho ancha | estrech*
  rapid* | lent*
  fuerte fuertes | debil debiles
  facil faciles facilmente | dificil dificiles
  rico rica ricos | pobre pobres
  caro cara caros caras | barat* economic*
  segur* | peligros* inseguro
  sano sana saludable* | enferm* insalubre
  verdader* cierto | fals*
  correct* | incorrect* equivocad*
  legal legales | ilegal*
  posible | imposible
  permitid* | prohibid*
  disponible* | indisponible* agotad*
  activo activa | inactiv* pasiv*
  vivo viva | muert* mor* muer*
  hombre hombres chico chicos niño | mujer mujeres chica chicas niña
  el | ella
  padre | madre
  hijo hijos | hija hijas
  hermano hermanos | hermana hermanas
  marido esposo | mujer esposa
  adulto adultos adulta | niño niños niña niñas bebe bebes infantil
  perro perros | gato gatos
  comprador* cliente clientes | vendedor*
  emplead* | empleador* empresa
  inquilin* | propietari* casero
  remitente | destinatario
  mañana mañanas | tarde tardes | noche noches
  desayuno | almuerzo comida | cena
  lunes | martes | miercoles | jueves | viernes | sabado sabados | domingo domingos
  laborable laborables | festivo festivos
  enero | febrero | marzo | abril | mayo | junio | julio | agosto | septiembre | octubre | noviembre | diciembre
  primavera | verano | otoño | invierno
  norte | sur | este | oeste
  izquierd* | derech*
  arriba encima | abajo debajo
  dentro interior interiores | fuera exterior exteriores
  delante | detras
  positiv* | negativ*
  sumar suma | restar resta
  multiplic* | divid*
  entrada entradas | salida salidas
  leer lectura | escribir escritura
  online | presencial offline
  manual manualmente | automatic*
  temporal temporalmente | permanente*
  opcional* | obligatori*
  simple sencill* | complej* complicad*
  igual mismo | distint* diferente*
  ventaja ventajas | desventaja desventajas inconveniente*
  causa causas | consecuencia* efecto efectos | sintoma sintomas | tratamiento*
  bruto bruta | neto neta
  fijo fija | variable
  alquil* | compr*
  individual individuales | doble dobles | triple | matrimonial
  vegetarian* | vegan*
  blanco blanca | negro negra | rojo roja | azul | verde | amarill* | naranja | rosa | marron | gris
  dolar dolares | euro euros | libra libras | peso pesos | yen yenes | real reales | sol soles
  kilometro kilometros | milla millas
  android | iphone ios
  windows | mac | linux
  efectivo | tarjeta | transferencia
  dia dias | noche noches
  lleno llena | vaci*
  crudo cruda | cocid* cocinad*
  con_gas | sin_gas
  siempre | nunca
  todo todos todas | ninguno ninguna nada
  aprob* | suspend* repro*
  contrat* | desped* despid* cancel*
  cas* boda | divorci*
  tren | autobus bus | avion | barco | metro
  correo email | telefono | sms | chat
  movil | ordenador
`;

export const esNeighbours = `
  a hacia hasta para | desde
  sobre | bajo
`;
