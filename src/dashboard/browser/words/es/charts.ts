import type { chart as english } from "../en/charts.ts";

export const chart: typeof english = {
  soFar: "hasta ahora",
  inAll: "en total",
  latest: "lo último",
  nothing: "No hay nada que mostrar",
  keys: "Izquierda y derecha mueven el cursor.",
  keysAndZoom: "Izquierda y derecha mueven el cursor; Enter muestra el tramo a su alrededor.",
  zoomOut: "Mostrar todo",
  flow: "Entregas",
  latency: "Desde la confirmación hasta la entrega",
  failures: "Intentos fallidos por clase",
  delivered: "entregadas",
  retried: "fallidos, se reintentan",
  dead: "muertas",
  p50: "mediana",
  p95: "95 %",
  p99: "99 %",
  classes: {
    redirected: "redirigidos (3xx)",
    refused: "rechazados (4xx)",
    throttled: "limitados (429)",
    failed: "con error (5xx)",
    timedOut: "sin respuesta a tiempo",
    unreached: "sin conexión",
    other: "otros",
  },
  flowFound: (delivered, failed, dead) =>
    [
      delivered === "1" ? "1 entregada" : `${delivered} entregadas`,
      failed === "1" ? "1 intento fallido" : `${failed} intentos fallidos`,
      dead === "1" ? "1 muerta" : `${dead} muertas`,
    ].join(", "),
  mostAt: (time) => `la mayoría de los fallos, ${time}`,
  slowest: (p95, time) => `Lo más lento, ${time}: el 95 % en ${p95}`,
  noLatency: "No se entregó nada",
  failed: (n, kind) =>
    n === "1" ? `1 intento fallido: ${kind}` : `${n} intentos fallidos, en su mayoría: ${kind}`,
  noFailure: "Ningún intento falló",
  atLeast: "Como mínimo: hay tanto que no se ha contado todo.",
  fromHistogram: "Los percentiles se leen de un histograma.",
  until: (time) => `Contado hasta las ${time}.`,
};
