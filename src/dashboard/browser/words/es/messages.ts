import type * as english from "../en/messages.ts";

export const messages: typeof english.messages = {
  title: "Mensajes",
  id: "Mensaje",
  eventType: "Tipo de evento",
  orderingKey: "Clave de orden",
  endpoint: "Endpoint",
  channel: "Canal",
  state: "Estado",
  committed: "Confirmado",
  deliveries: "Entregas",
  reach: "Enviado a",
  unmatched: "nadie",
  text: "Texto del contenido",
  since: "Desde",
  until: "Hasta",
  none: "Aún no hay mensajes",
  noneHint: "Envíe uno desde aquí o desde su código:",
  lookedThrough: (n) => `Mensajes revisados en esta página: ${n}, del más reciente al más antiguo.`,
  send: "Enviar un mensaje",
};

export const message: typeof english.message = {
  gone: "No existe el mensaje",
  goneDetail:
    "Nunca se confirmó aquí, o ya se eliminó: tras cerrarse, un mensaje se conserva 30 días, o 90 con una entrega muerta, si no se configura otra cosa.",
  sequence: "Secuencia",
  deliverAt: "No antes de",
  trace: "Id de traza",
  size: "Tamaño",
  acts: "Intervenciones",
  payload: "Contenido",
  subscribers: (type) =>
    `Ningún endpoint estaba suscrito a ${type} cuando se confirmó. Estos son los endpoints de ahora y sus tipos de evento:`,
  noEndpoints: "No hay endpoints.",
  everyType: "todos los tipos de evento",
  cancelLeft: "Cancelar las entregas sin cerrar",
  replayAll: "Reenviar las entregas cerradas",
  again: "Enviar como mensaje nuevo",
  attempts: (n) => (n === 1 ? "1 intento" : `${n} intentos`),
  noAttempt: "Aún no hay intentos.",
  recipients: "Destinatarios",
  statuses: {
    queued: "en cola",
    accepted: "aceptado",
    deferred: "aplazado",
    delivered: "recibido",
    expired: "caducado",
    failed: "fallido",
    uncertain: "incierto",
    suppressed: "suprimido",
    bounced: "rebotado",
    complained: "denunciado",
    cancelled: "cancelado",
  },
  bounces: { soft: "por ahora", hard: "definitivo" },
  olderAttempts: "Intentos anteriores",
  afterCommit: (time) => `${time} tras la confirmación`,
  afterReplay: "tras un reenvío",
  request: "Petición",
  response: "Respuesta",
  noAnswer: "sin respuesta",
  excerpt: "Comienzo de la respuesta",
  asOfNow: "Las cabeceras del endpoint son las de ahora.",
  sealed: "sellada",
  signed: "firmada con el secreto del endpoint, no se guarda",
  retriesLeft: (n) =>
    n === 0 ? "por última vez" : n === 1 ? "después queda 1 reintento" : `después quedan ${n} reintentos`,
  deletedEndpoint: "endpoint eliminado",
  email: "Correo",
  sensitive: {
    sealed: "Es confidencial: su contenido no se muestra, y se borra al terminar su entrega.",
    wiped: "Era confidencial: su contenido se borró al terminar su entrega, y no se puede reenviar.",
  },
  to: "Para",
  copies: "Cc",
  blindCopies: "Cco",
  from: "De",
  replyTo: "Responder a",
  expiresAt: "No después de",
  attachments: "Adjuntos",
  topic: "Tema",
  headers: "Otras cabeceras",
  tags: "Etiquetas",
  subject: "Asunto",
  text: "Texto",
  html: "HTML",
  htmlHint: "Se muestra sin scripts y sin nada que haya que cargar, como imágenes.",
};

export const sentence: typeof english.sentence = {
  nobody: "No fue a nadie",
  delivered: (n, of) =>
    n !== of ? `Entregado a ${n} de ${of}` : n === "1" ? "Entregado" : `Entregado a los ${of}`,
  within: (told, took) => `${told} en ${took}`,
  others: (n) => `otros ${n}`,
  dead: (who, n) => `${who}: ${n === 1 ? "entrega muerta" : "entregas muertas"}`,
  cancelled: (who, n) => `${who}: ${n === 1 ? "entrega cancelada" : "entregas canceladas"}`,
  retry: (who, when) => `${who}: siguiente intento ${when}`,
  waits: (who, what) => `${who}: ${what}`,
  times: (result, n) => (n === 1 ? result : `${result}, ${n} veces`),
};

export const sending: typeof english.sending = {
  title: "Enviar un mensaje",
  payload: "Contenido",
  payloadHint: "Cualquier valor JSON, hasta 256 KiB.",
  notJson: (why) => `No es JSON: ${why}`,
  example: "Tomar el ejemplo del tipo de evento",
  orderingKeyHint: "Las entregas de un endpoint que la comparten salen en orden.",
  deliverAt: "No antes de",
  idempotencyKey: "Clave de idempotencia",
  idempotencyHint:
    "Un mensaje se confirma una sola vez por clave. Si queda vacía, este formulario tiene la suya.",
  only: "Solo a estos endpoints",
  onlyHint: "Sin elegir ninguno: a todos los endpoints suscritos al tipo de evento.",
  submit: "Enviar",
  done: (n) => `Confirmado. Entregas: ${n}`,
  each: (n) => `Confirmado, un correo para cada destinatario: ${n}`,
  duplicate: "Ya se confirmó antes con la misma clave de idempotencia. Aquí está.",
};

export const deliveries: typeof english.deliveries = {
  title: "Entregas",
  none: "Aún no hay entregas",
  noneHint: "Cada mensaje hace una para cada endpoint suscrito a su tipo de evento.",
  attempts: "Intentos",
  result: "Última respuesta",
  latest: "Último intento",
  selected: (n) => (n === "1" ? "1 seleccionada" : `${n} seleccionadas`),
};

export const emails: typeof english.emails = {
  title: "Correos",
  none: "Aún no hay correos",
  noneHint: "Envíe uno desde su código:",
  noEmail: "no es un correo",
  provider: "Respuesta del proveedor",
};

export const channels: typeof english.channels = {
  webhook: "webhook",
  email: "correo",
  handler: "manejador",
};
