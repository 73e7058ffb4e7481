import type { messages as english } from "../en/messages.ts";

export const messages: typeof english = {
  title: "Mensajes",
  id: "Mensaje",
  eventType: "Tipo de evento",
  orderingKey: "Clave de orden",
  committed: "Confirmado",
  deliveries: "Entregas",
  reach: "Enviado a",
  unmatched: "nadie",
  none: "No hay mensajes",
};
