import type { audit as english } from "../en/audit.ts";

export const audit: typeof english = {
  title: "Auditoría",
  titleOf: (tenant) => `Auditoría de ${tenant}`,
  at: "Cuándo",
  operation: "Operación",
  caller: "Autor",
  callers: { operator: "operador", token: "token", app: "aplicación" },
  callerId: "Nombre o id del token",
  tenant: "Inquilino",
  subject: "Objeto",
  affected: "Afectados",
  address: "Dirección",
  request: "Petición",
  since: "Desde",
  until: "Hasta",
  rotated: "secreto rotado",
  none: "Nadie ha cambiado nada todavía",
  noneDetail: "Cambios de inquilinos, tokens, endpoints y tipos de evento, e intervenciones.",
};
