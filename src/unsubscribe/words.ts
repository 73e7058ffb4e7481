/** Words of the pages that unsubscribe. `{topic}` and `{from}`: the topic, and who sends. */
const english = {
  title: "E-mails",
  ask: "Do you no longer want e-mails of the kind “{topic}” from {from}?",
  out: "You get no more e-mails of the kind “{topic}” from {from}. Those that were on their way may still arrive.",
  back: "You get e-mails of the kind “{topic}” from {from} again.",
  unsubscribe: "Unsubscribe",
  resubscribe: "I want them after all",
  unknown: "This link is not valid, or is not valid any more. Answer the e-mail that it came with instead.",
  tooMany: "That was too often. Try again in a minute.",
  failed: "That did not work just now. Try again in a minute.",
};
export type Words = typeof english;

const spanish: Words = {
  title: "Correos",
  ask: "¿Ya no quiere correos del tipo «{topic}» de {from}?",
  out: "Ya no recibirá correos del tipo «{topic}» de {from}. Los que estaban en camino aún pueden llegar.",
  back: "Volverá a recibir correos del tipo «{topic}» de {from}.",
  unsubscribe: "Darse de baja",
  resubscribe: "Sí los quiero",
  unknown: "Este enlace no es válido, o ya no lo es. Responda al correo con el que llegó.",
  tooMany: "Han sido demasiadas veces. Inténtelo de nuevo en un minuto.",
  failed: "No ha funcionado en este momento. Inténtelo de nuevo en un minuto.",
};

const LANGUAGES = { en: english, es: spanish };
export type Language = keyof typeof LANGUAGES;

/** Language that a browser prefers: https://www.rfc-editor.org/rfc/rfc9110#name-accept-language. Defaults to English. */
export function languageOf(accepted: string | null): Language {
  const ranges = (accepted ?? "").split(",").map((range) => {
    const [tag = "", ...parameters] = range
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const weight = parameters.find((one) => one.startsWith("q="))?.slice(2) ?? "1";
    return { language: tag.split("-")[0] ?? "", weight: Number(weight) };
  });
  const weightOf = (name: Language) =>
    Math.max(0, ...ranges.filter(({ language }) => language === name).map(({ weight }) => weight));
  return weightOf("es") > weightOf("en") ? "es" : "en";
}

export function wordsIn(language: Language): Words {
  return LANGUAGES[language];
}
