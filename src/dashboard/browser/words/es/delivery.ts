import type * as english from "../en/delivery.ts";

export const waits: typeof english.waits = {
  underWay: "en curso",
  tenantPaused: "el envío está en pausa para el inquilino",
  endpointPaused: "su endpoint está en pausa",
  endpointDisabled: "su endpoint está desactivado",
  blockedKey: "detrás de una entrega muerta que bloquea su clave de orden",
  key: "detrás de una entrega anterior de su clave de orden",
  schedule: "programada",
  retry: "siguiente intento",
  breaker: "su endpoint falló demasiado y se le deja descansar",
  rateLimit: "el límite de ritmo de su endpoint está agotado",
  relay: "espera su turno",
};

export const tried: typeof english.tried = (what, when) => `${what}; se intenta ${when}`;

export const reasons: typeof english.reasons = {
  exhausted: "falló el último reintento",
  given_up: "ningún intento más serviría",
  poison: "sus consumidores murieron una y otra vez",
  gone: "el endpoint respondió 410",
  suppressed: "sus destinatarios no reciben correos por ahora",
  uncertain: "retenido, pues quizá se envió",
  endpoint_deleted: "se eliminó el endpoint",
  dismissed: "descartada por una persona",
  by_request: "cancelada por una persona",
  expired: "ya no debía enviarse",
  unsubscribed: "su destinatario se dio de baja del tema",
};

export const givenUpOn: typeof english.givenUpOn = "su endpoint desiste ante este código";

export const errors: typeof english.errors = {
  http_status: "La respuesta no fue 2xx.",
  redirect: "Las redirecciones no se siguen.",
  gone: "410: el endpoint quedó desactivado.",
  timeout: "No llegó una respuesta completa a tiempo.",
  uncertain: "Quizá se envió: mire en el proveedor.",
  dns: "No se encontró el nombre del servidor.",
  tls: "No se estableció una conexión segura.",
  refused: "La conexión fue rechazada.",
  connection_lost: "La conexión se cortó.",
  unreachable: "No se alcanzó el servidor.",
  network: "No se alcanzó el servidor, o dejó de responder.",
  loop_detected: "La URL es la API de un outbox. Dé otra URL al endpoint y reenvíe.",
  target_refused: "La URL no está permitida, o su nombre lleva a una dirección privada.",
  secret_unavailable: "Sus secretos no se abren: falta su clave en SECRET_KEYS. No se envió nada.",
  payload_invalid: "El contenido no es un correo.",
  payload_unknown: "El correo tiene campos que esta versión del Worker no conoce.",
  built_for_production: "ENVIRONMENT es development en un despliegue, que no envía correos. Esperan.",
  attachment_unavailable: "No se pudo leer un archivo del correo. No se envió nada.",
  attachment_changed:
    "Un archivo del correo ya no está en su bucket, o no es el que se confirmó. No se envió nada.",
  email_binding: "Falló el binding de correo.",
  platform_limit: "La invocación había hecho todas las llamadas que Cloudflare permite.",
  handler_threw: "El manejador lanzó un error.",
  gave_up: "El manejador desistió.",
  retry_asked: "El manejador pidió otro intento.",
  handler_answer: "La respuesta del manejador no era válida.",
  handler_unknown: "El Worker no tiene un manejador con este nombre.",
  chat_unknown: "El Worker no publica en chats: le falta la opción chats.",
  effects_refused: "La base de datos rechazó los efectos del manejador.",
  internal: "El canal falló de forma inesperada.",
};

export const acts: typeof english.acts = {
  replay: {
    verb: "Reenviar",
    ask: (n, one) => (one ? "¿Reenviar esta entrega?" : `¿Reenviar ${n} entregas?`),
    effect:
      "Se envía de nuevo con el mismo webhook-id: un receptor que descarta ids conocidos descarta lo que ya aceptó.",
    done: (n) => `Reenviadas: ${n}`,
  },
  cancel: {
    verb: "Cancelar",
    ask: (n, one) => (one ? "¿Cancelar esta entrega?" : `¿Cancelar ${n} entregas?`),
    effect:
      "No se envía nada más. Un intento en camino no se puede detener. Más tarde es posible un reenvío.",
    done: (n) => `Canceladas: ${n}`,
  },
  retry: {
    verb: "Reintentar ya",
    ask: (n, one) => (one ? "¿Reintentar ya esta entrega?" : `¿Reintentar ya ${n} entregas?`),
    effect: "El próximo intento se hace enseguida y no gasta nada del calendario de reintentos.",
    done: (n) => (n === "1" ? "1 entrega sale ya" : `${n} entregas salen ya`),
  },
  skip: {
    verb: "Saltar",
    ask: () => "¿Dejar seguir la clave de orden?",
    effect: "La entrega sigue muerta. Las de detrás se envían: se renuncia al orden.",
    done: (n) => `Saltadas: ${n}`,
  },
  dismiss: {
    verb: "Descartar",
    ask: () => "¿Descartar esta entrega muerta?",
    effect: "Queda cancelada. La clave de orden que bloquea sigue. Un reenvío puede recuperarla.",
    done: (n) => `Descartadas: ${n}`,
  },
  refused: (n, why) => `rechazadas: ${n} (${why})`,
  stopped: (left) => `detenido, faltan ${left}`,
  unsuited: (n) => `${n} de las seleccionadas quedan fuera: su estado no lo permite.`,
  none: "Ninguna de las entregas seleccionadas está en un estado que lo permita.",
  deleted: "El endpoint fue eliminado.",
  notWaiting: {
    underWay: "Se está intentando ahora.",
    key: "Espera detrás de una entrega anterior de su clave de orden.",
    schedule: "Está programada para más tarde.",
  },
  curl: "Copiar comando curl",
  curlOf: "comando curl, firmado con un secreto de prueba",
};

export const timeline: typeof english.timeline = {
  title: "Cronología",
  scale: "Escala",
  linear: "A escala",
  compressed: "Comprimida",
  now: "ahora",
  hint: "Señale el dibujo o recórralo con las flechas del teclado.",
  list: "Como lista",
  attempt: (n, after, result, took) => `intento ${n}, ${after} tras la confirmación: ${result} en ${took}`,
  next: (when) => `el siguiente ${when} después`,
  nextDue: (when) => `el siguiente ${when}`,
  planned: (n, when) => `intento ${n} previsto ${when}, si hace falta`,
  lasting: (what, took) => `durante ${took}: ${what}`,
  settled: (state, after) => `${state} ${after} tras la confirmación`,
};
