import type * as english from "../en/dead.ts";

const plural = (n: string, isOne: boolean, one: string, many: string) => (isOne ? one : `${n} ${many}`);
const of = (name: string) => (name ? ` de ${name}` : "");

export const dead: typeof english.dead = {
  title: "Entregas muertas",
  titleOfAll: "Entregas muertas de todos los inquilinos",
  groups: "Murieron igual",
  list: "Una por una",
  first: "primera",
  last: "última",
  example: "ejemplo",
  show: "Mostrar estas",
  endpoint: "Endpoint",
  channel: "Canal",
  channels: { webhook: "Webhook", email: "Correo", handler: "Manejador" },
  tenant: "Inquilino",
  reason: "Motivo",
  error: "Error",
  status: "Código",
  why: "Por qué",
  attempts: "Intentos",
  died: "Murió",
  act: "Acción",
  chosen: (n) => (n === "1" ? "1 seleccionada" : `${n} seleccionadas`),
  tooMany: (n) => `Se pueden seleccionar ${n} a la vez como máximo`,
  none: "No hay entregas muertas",
  noneDetail:
    "Una entrega que falla definitivamente queda aquí hasta que alguien la reenvía o la descarta. La API también las lista:",
  incomplete: "Solo se cuentan las 10.000 más recientes y se muestran los 100 grupos mayores.",
  incompleteOfAll: "Solo se cuentan las 3.000 primeras y se muestran los 100 grupos mayores.",
  moreGroups: (n) => `Mostrar ${n} grupos más`,
  counting: "Contando …",
  replay: {
    verb: "Reenviar",
    all: "Reenviar todas …",
    matching: "Reenviar las que coinciden …",
    title: (n, isOne, name) =>
      `¿Reenviar ${plural(n, isOne, "esta entrega muerta", "entregas muertas")}${of(name)}?`,
    effect: (isOne) =>
      `${isOne ? "Se intenta de nuevo" : "Se intentan de nuevo en el orden en que se confirmaron"}, con el mismo webhook-id: un receptor que ignora los ids conocidos ignora lo que ya aceptó.`,
    none: "Ya no hay nada muerto, o su endpoint se eliminó.",
    done: (n) => `Reenviadas: ${n}.`,
  },
  dismiss: {
    verb: "Descartar",
    all: "Descartar todas …",
    matching: "Descartar las que coinciden …",
    title: (n, isOne, name) =>
      `¿Descartar ${plural(n, isOne, "esta entrega muerta", "entregas muertas")}${of(name)}?`,
    effect: (isOne) =>
      `${isOne ? "Queda registrada como cancelada" : "Quedan registradas como canceladas"}, con todos los intentos, y las claves de orden bloqueadas siguen. Un reenvío aún es posible.`,
    none: "Ya no hay nada muerto.",
    done: (n) => `Descartadas: ${n}.`,
  },
  rate: (n, span) => `Salen como máximo ${n} por segundo: la última en unos ${span}.`,
  lastOut: (when) => `La última sale ${when}.`,
  idle: {
    disabled: (name) => `${name} está desactivado: lo reenviado espera.`,
    paused: (name) => `${name} está en pausa: lo reenviado espera.`,
  },
  wakes: {
    disabled: (name) => `Activar ${name} ahora`,
    paused: (name) => `Reanudar ${name} ahora`,
  },
  waked: (name) => `${name} está activo.`,
  stopped: (left) => `Detenido. Restantes: ${left}.`,
  left: (left) => `Restantes: ${left}.`,
  cameMeanwhile: (n) => `Mientras tanto murieron ${n} más.`,
  unanswered: (n) =>
    `Se perdió la respuesta a ${n === 1 ? "una petición" : `${n} peticiones`}: se ejecutó una sola vez y no está en esta cifra.`,
};

export const failures: typeof english.failures = {
  title: "Fallos",
  groups: "Fallaron igual",
  lastDay: "Las últimas 24 horas",
  list: "En orden de llegada",
  none: "No hay fallos",
  noneDetail:
    "Un intento que falla queda aquí, sea cual sea el final de su entrega. La API también los lista:",
  noneCounted: "Nada entre lo contado.",
  noneInSpan: "Ningún intento ha fallado en las últimas 24 horas.",
  attempt: "Intento",
  outcome: "Resultado",
  when: "Cuándo",
  deadLetters: "Entregas muertas",
  replay: "Reenviar sus entregas muertas …",
  pause: "Pausar",
  pauseTitle: (name) => `¿Pausar ${name}?`,
  pauseEffect:
    "No se le envía nada hasta que alguien lo reanude. Las nuevas entregas esperan y ninguna se pierde.",
  paused: (name) => `${name} está en pausa.`,
  isPaused: (name) => `${name} ya está en pausa`,
  isDisabled: (name) => `${name} ya está desactivado`,
};

export const blocked: typeof english.blocked = {
  title: "Claves bloqueadas",
  keyTitle: (key) => `Clave ${key}`,
  none: "No hay claves bloqueadas",
  noneDetail:
    "Con orden estricto, una entrega muerta retiene las posteriores de su clave hasta que alguien decide. La API también las lista:",
  key: "Clave de orden",
  since: "Bloqueada desde",
  waiting: "Esperan",
  head: "Cabeza muerta",
  keys: (n, isOne) => (isOne ? "1 clave" : `${n} claves`),
  line: "En fila detrás de ella",
  lineDetail: "En el orden en que salen.",
  lineMore: (n) => `Las primeras ${n}; siguen más.`,
  noLine: "Nada espera detrás de ella.",
  free: "Ya nada bloquea esta clave.",
  waitsFor: "Espera a",
  theHead: "la cabeza muerta",
  lastSaid: "La última respuesta",
  replayHead: "Reenviar la cabeza",
  replayTitle: "¿Intentar de nuevo la cabeza muerta?",
  replayEffect: "Las que están detrás siguen esperando hasta que se entregue. No se pierde ningún orden.",
  replayed: "La cabeza se intenta de nuevo.",
  skipHead: "Saltar la cabeza",
  skipTitle: "¿Dejar que la clave siga sin su cabeza?",
  skipEffect:
    "La siguiente entrega sale enseguida, y el receptor no ha tenido esta antes. La cabeza sigue muerta; si se reenvía después, llega tras las demás.",
  skipped: "Saltada: la clave sigue adelante.",
  dismissHead: "Descartar la cabeza",
  dismissTitle: "¿Apartar la cabeza muerta?",
  dismissEffect:
    "La siguiente entrega sale enseguida, y el receptor solo recibe esta si alguien la reenvía después.",
  dismissed: "Descartada: la clave sigue adelante.",
  skip: "Saltar",
  skipAll: "Saltar todas …",
  skipAllTitle: (n, isOne, name) =>
    `¿Saltar ${isOne ? "la cabeza muerta" : `${n} cabezas muertas`} de ${name}?`,
  skipAllEffect:
    "Cada una de estas claves sigue sin su cabeza, que el receptor no ha tenido. Las cabezas siguen muertas. Una clave cuya siguiente entrega también muere se bloquea otra vez.",
  skipAllNone: "Ninguna clave de este endpoint está bloqueada.",
  skippedAll: (n) => `Saltadas: ${n}.`,
  again: (n) => `Bloqueadas otra vez o desde entonces: ${n}.`,
  lenient: "Hacer flexible …",
  lenientVerb: "Hacer flexible",
  lenientTitle: (name) => `¿Renunciar al orden estricto de ${name}?`,
  lenientEffect:
    "Desde ahora, una entrega que muere deja pasar las posteriores de su clave. Todas sus claves bloqueadas siguen sin su cabeza, que sigue muerta.",
  isLenient: (name) => `${name} es flexible ahora: sus claves siguen adelante.`,
};
