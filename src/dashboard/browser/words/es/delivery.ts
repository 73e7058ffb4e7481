import type * as english from "../en/delivery.ts";

export const waits: typeof english.waits = {
  underWay: "en curso",
  tenantPaused: "el envío está en pausa para el inquilino",
  endpointPaused: "su endpoint está en pausa",
  endpointDisabled: "su endpoint está desactivado",
  blockedKey: "detrás de una entrega muerta que bloquea su clave de orden",
  key: "detrás de una entrega anterior de su clave de orden",
  schedule: "programada",
  retry: "se reintenta",
  breaker: "su endpoint falló demasiado, y se le deja en paz",
  rateLimit: "el límite de envíos de su endpoint está agotado",
  relay: "espera su turno",
};

export const reasons: typeof english.reasons = {
  exhausted: "falló el último reintento",
  given_up: "ningún otro intento serviría",
  poison: "sus consumidores murieron una y otra vez",
  gone: "el endpoint respondió 410",
  endpoint_deleted: "se eliminó el endpoint",
  dismissed: "descartada por una persona",
  by_request: "cancelada por una persona",
};

export const errors: typeof english.errors = {
  http_status: "La respuesta no fue 2xx.",
  redirect: "No se siguen redirecciones.",
  gone: "410: se desactivó el endpoint.",
  timeout: "No llegó una respuesta completa a tiempo.",
  dns: "No se encontró el nombre del host.",
  tls: "No se estableció una conexión segura.",
  refused: "La conexión fue rechazada.",
  connection_lost: "La conexión se cortó.",
  unreachable: "No se alcanzó el host.",
  network: "No se alcanzó el host, o dejó de responder.",
  loop_detected: "La URL es la API de un outbox. Dé otra URL al endpoint y reenvíe.",
  target_refused: "La URL no está permitida, o su nombre lleva a una dirección privada.",
  secret_unavailable:
    "Los secretos del endpoint no se pueden abrir: su clave no está en SECRET_KEYS. No se envió nada.",
  payload_invalid: "El contenido no es un correo.",
  payload_unknown: "El correo tiene campos que esta versión del Worker no conoce.",
  email_binding: "Falló el binding de correo.",
  platform_limit: "La invocación había hecho tantas llamadas como permite Cloudflare.",
  handler_threw: "El manejador lanzó un error.",
  gave_up: "El manejador desistió.",
  retry_asked: "El manejador pidió otro intento.",
  handler_answer: "La respuesta del manejador no era válida.",
  handler_unknown: "El Worker no tiene un manejador con ese nombre.",
  effects_refused: "La base de datos rechazó los efectos del manejador.",
  internal: "El canal falló de forma inesperada.",
};
