import type * as english from "../en/common.ts";

export const common: typeof english.common = {
  now: "ahora",
  loading: "Cargando",
  copy: (of) => `Copiar ${of}`,
  copied: (of) => `Copiado: ${of}`,
  copyWord: "Copiar",
  dismissLine: "Quitar esta línea",
  unreachable: "No se pudo contactar con el outbox",
  unreachableDetail: "Compruebe la conexión; lo que se muestra puede ser antiguo.",
  request: "petición",
  asOf: (time) => `a las ${time}`,
  tryAgain: "Reintentar",
  mayHaveHappened: "Puede haberse hecho a pesar de todo. Repetirlo es seguro: se hace una sola vez.",
  close: "Cerrar",
  cancel: "Cancelar",
  stop: "Detener",
  working: "En curso …",
  typeToConfirm: (text) => `Escriba ${text} para confirmar`,
  ofTotal: (done, total) => `${done} de ${total}`,
  chooseAll: "Seleccionar todas las filas",
  choose: (row) => `Seleccionar ${row}`,
  pages: "Páginas de la lista",
  newest: "Más recientes",
  older: "Anteriores",
  filters: "Filtros",
  clearFilters: "Quitar filtros",
  any: "cualquiera",
  span: "Periodo",
  searchIn: (what) => `Buscar en ${what}`,
  raw: "Texto",
  largeJson: "Es grande: elija Texto para verlo.",
  entries: (n) => (n === 1 ? "1 entrada" : `${n} entradas`),
  more: "Mostrar más",
  fresh: (n) => `${n} nuevos`,
  asTable: "Como tabla",
  time: "Hora",
  lacks: (right) => `Su sesión no tiene el permiso «${right}»`,
  skip: "Ir al contenido",
  slowed: "Actualización ralentizada",
  pace: "Actualización en vivo",
  account: "Cuenta",
  language: "Idioma",
  theme: "Tema",
  roleIs: (role) => `Rol: ${role}`,
  signOut: "Cerrar sesión",
  noPage: "No existe la página",
  noPageDetail: "No hay ninguna página en esta dirección.",
};

export const nav: typeof english.nav = {
  label: "Páginas",
  menu: "Menú",
  overview: "Resumen",
  tenants: "Inquilinos",
  tenant: "Este inquilino",
  messages: "Mensajes",
  deliveries: "Entregas",
  failures: "Fallos",
  dead: "Entregas muertas",
  blocked: "Claves bloqueadas",
  endpoints: "Endpoints",
  types: "Tipos de evento",
  emails: "Correos",
  handlers: "Manejadores",
  tokens: "Tokens",
  acts: "Auditoría",
  system: "Sistema",
  activity: "Actividad",
  receiver: "Receptor",
};

export const states: typeof english.states = {
  pending: "pendiente",
  leased: "en curso",
  delivered: "entregada",
  dead: "muerta",
  cancelled: "cancelada",
};
export const outcomes: typeof english.outcomes = {
  delivered: "entregada",
  retry: "falló, se reintenta",
  dead: "falló definitivamente",
};
export const endpointStates: typeof english.endpointStates = {
  enabled: "activo",
  paused: "en pausa",
  disabled: "desactivado",
};
export const paces: typeof english.paces = { live: "En vivo", slow: "Cada 30 s", off: "No" };
export const themes: typeof english.themes = { system: "Como el sistema", light: "Claro", dark: "Oscuro" };
export const spans: typeof english.spans = {
  "1h": "1 h",
  "6h": "6 h",
  "24h": "24 h",
  "7d": "7 días",
  "30d": "30 días",
};

export const signIn: typeof english.signIn = {
  title: "Iniciar sesión",
  token: "Token de operador",
  hint: "El valor de OPERATOR_TOKEN. La sesión dura 8 horas.",
  submit: "Entrar",
  wrong: "Ese no es un token de operador.",
  ended: "Su sesión ha terminado. Inicie sesión de nuevo para volver a esta página.",
  missing: "No hay ningún token de operador. Configure uno y recargue esta página:",
};
